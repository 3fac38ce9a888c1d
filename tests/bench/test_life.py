"""The diagram that the benchmark runs: readable like the others, and as long as the figures per step take it for."""

from __future__ import annotations

import pytest

from bench.engine import Stock, ours
from bench.life import DIAGRAM, KEY, LAP, TASKS, VARIABLES, answer
from processes.definition import Definition
from processes.execution import Execution
from processes.picture.geometry import read
from tests.house import layout_rules

RULES = (
    layout_rules.not_drawn, layout_rules.odd_sizes, layout_rules.overlaps, layout_rules.loose_flows,
    layout_rules.slanted_flows, layout_rules.short_flows, layout_rules.flows_through_shapes,
    layout_rules.crossing_flows, layout_rules.unreadable_words, layout_rules.odd_names, layout_rules.crooked_ways,
)  # fmt: skip


@pytest.fixture(scope="module")
def definition() -> Definition:
    return Definition.build({KEY: DIAGRAM.read_bytes()}, KEY)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_diagram_is_readable(rule):
    assert rule(read(DIAGRAM.read_bytes())) == []


def test_a_life_is_ten_tasks_for_us_and_for_the_stock_library(definition):
    ours(definition)
    Stock(DIAGRAM.read_bytes()).life()
    Stock(DIAGRAM.read_bytes()).stored_life()
    assert len(TASKS) == 10


def test_a_return_leads_once_around_and_leaves_no_trace_in_the_size_of_the_state(definition):
    execution = Execution.start(definition, VARIABLES)
    for element_id in TASKS[:5]:
        complete(execution, element_id, returns=True)
    sizes = set()
    for _ in range(20):
        for element_id in LAP:
            complete(execution, element_id, returns=True)
        sizes.add(len(execution.dump()))
    assert len(sizes) == 1
    for element_id in (*LAP, *TASKS[5:]):
        complete(execution, element_id)
    assert execution.is_completed


def complete(execution, element_id, *, returns=False):
    task = next(task for task in execution.user_tasks() if task.element.id == element_id)
    execution.complete(task.id, answer(element_id, returns=returns))
