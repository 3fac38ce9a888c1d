"""Random processes: the same for the same seed, accepted by the validator, and rich enough to be worth a run."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from processes.definition import Definition
from processes.validation import validate
from tests.processes.validation.drawing import Known
from tests.reference import blocks as b
from tests.reference.generator import ALL, RandomProcess, random_answers, random_process
from tests.reference.walks import bodies_of, inside

SEEDS = range(80)


def test_seed_gives_the_same_process_for_ever() -> None:
    assert random_process(7) == random_process(7)
    assert random_process(7).xml != random_process(8).xml


def test_validator_accepts_every_process() -> None:
    for seed in SEEDS:
        drawn = random_process(seed)
        found = [(one.element_id, one.code) for one in validate(drawn.xml, Known()) if one.severity == "error"]
        assert found == [], f"seed {seed}"


def test_engine_builds_every_process() -> None:
    for seed in SEEDS:
        drawn = random_process(seed)
        definition = Definition.build(drawn.xml, drawn.key)
        assert drawn.tree.start in definition.elements


def test_size_is_about_what_was_asked() -> None:
    sizes = [sum(_kinds(random_process(seed, size=20)).values()) for seed in SEEDS]
    assert 30 < sum(sizes) / len(sizes) < 150


def test_every_kind_of_block_is_drawn() -> None:
    found = Counter[str]()
    for seed in SEEDS:
        found += _kinds(random_process(seed))
    kinds = (
        "User Service Count Milestone Catch Throw Stop Terminate Raise Sequence Choice EventChoice Parallel Inclusive Loop"
        " SubProcess Call Repeated Many Watched"
    )
    assert {kind: found[kind] for kind in kinds.split() if found[kind] < 3} == {}


def test_features_can_be_left_out() -> None:
    for seed in SEEDS:
        assert set(_kinds(random_process(seed, frozenset()))) <= {"User", "Sequence", "Milestone"}
        assert not {"Parallel", "Loop"} & set(_kinds(random_process(seed, ALL - {"parallel", "loop"})))
    with pytest.raises(ValueError, match="unheard_of"):
        random_process(1, frozenset({"unheard_of"}))


def test_answers_are_of_the_questions() -> None:
    asks = (b.Question("way", (1, None, 3)), b.Question("again", (True, False)))
    assert random_answers(asks, random.Random(1), finishing=True) == {"way": 3, "again": False}
    seen = {tuple(random_answers(asks, random.Random(seed)).items()) for seed in range(100)}
    assert len(seen) == 6


def _kinds(drawn: RandomProcess) -> Counter[str]:
    found = Counter[str]()
    waiting = [body for tree in drawn.trees.values() for body in bodies_of(tree)]
    while waiting:
        block = waiting.pop()
        found[type(block).__name__] += 1
        waiting += inside(block)
    return found
