"""The engine against the token game: random processes, random orders, stored and loaded at every step.

`REFERENCE_CASES=500x20` plays 500 processes in 20 orders each; `REFERENCE_SEED=17` only the process of that seed.
"""

from __future__ import annotations

import os

from processes.definition import Definition
from tests.reference.generator import random_process
from tests.reference.playing import Differs, play

CASES = os.environ.get("REFERENCE_CASES", "40x5")
ONLY = os.environ.get("REFERENCE_SEED")
# Seeds that once differed, with the features that were drawn then: they are played for ever.
ONCE_WRONG: tuple[tuple[int, frozenset[str]], ...] = ()


def cases() -> tuple[list[int], int]:
    """The seeds to play and the number of orders of each."""
    seeds, orders = (int(number) for number in CASES.split("x"))
    return ([int(ONLY)] if ONLY else list(range(seeds))), orders


def test_engine_does_what_the_game_says() -> None:
    seeds, orders = cases()
    wrong: list[str] = []
    steps = 0
    for seed in seeds:
        drawn = random_process(seed)
        definition = Definition.build(drawn.xml, drawn.key)
        for order in range(orders):
            try:
                steps += play(drawn, definition, order)
            except Differs as problem:
                wrong.append(str(problem))
                break
    print(f"reference: {len(seeds)} processes, {len(seeds) * orders} orders, {steps} steps, {len(wrong)} differ")
    assert not wrong, f"{len(wrong)} differ:\n" + "\n\n".join(wrong[:5])
