"""The engine against the token game: random processes, random orders, stored and loaded at every step.

`REFERENCE_CASES=500x20` plays 500 processes in 20 orders each; `REFERENCE_SEED=17` only the process of that seed.
"""

from __future__ import annotations

import os
import random
from collections.abc import Sequence

from processes.definition import Definition
from tests.reference.generator import ALL, RandomProcess, random_process
from tests.reference.once_wrong import ONCE_WRONG
from tests.reference.playing import Differs, play

CASES = os.environ.get("REFERENCE_CASES", "40x5")
ONLY = os.environ.get("REFERENCE_SEED")


def process_of(seed: int) -> RandomProcess:
    """The process that is played for a seed.

    Their sizes differ, and each leaves out other features: where everything is drawn, nothing is drawn often enough to
    meet another of its kind.
    """
    chance = random.Random(seed)
    features = frozenset(feature for feature in sorted(ALL) if chance.random() < 0.6)
    return random_process(seed, features, size=6 + 5 * (seed % 5))


def test_engine_does_what_the_game_says() -> None:
    processes, orders = (int(number) for number in CASES.split("x"))
    drawn = [process_of(seed) for seed in ([int(ONLY)] if ONLY else range(processes))]
    assert not _differences(drawn, orders)


def test_what_differed_once_never_differs_again() -> None:
    assert not _differences(ONCE_WRONG, 20)


def _differences(processes: Sequence[RandomProcess], orders: int) -> str:
    wrong: list[str] = []
    steps = 0
    for drawn in processes:
        definition = Definition.build(drawn.xml, drawn.key)
        for order in range(orders):
            try:
                steps += play(drawn, definition, order)
            except Differs as problem:
                wrong.append(str(problem))
                break
    print(f"reference: {len(processes)} processes, {orders} orders of each, {steps} steps, {len(wrong)} differ")
    return "\n\n".join(wrong)
