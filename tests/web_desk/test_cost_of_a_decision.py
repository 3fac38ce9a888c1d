"""What one decision through the inbox costs at the wire to PostgreSQL (DESIGN.md 6, "Hot path budget")."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from bench.wire import Tally, Wire
from kernel.clock import FixedClock
from kernel.settings import Settings
from tests.scenarios.case import CITY, DISTRICT, EMPLOYERS, Case
from tests.support.sample import build_on_copy
from tests.web_desk.conftest import Browser
from wiring import Services

MOST_STATEMENTS, MOST_ROUND_TRIPS = 8, 4


@pytest.fixture
def wire(postgresql_sample_url: str) -> Iterator[Wire]:
    with Wire(postgresql_sample_url) as wire:
        yield wire


@dataclass
class Cost:
    """What was asked of the database in a block; `statements` leaves out BEGIN and COMMIT."""

    tally: Tally = field(default_factory=Tally)
    statements: list[str] = field(default_factory=list)


@contextmanager
def counting(wire: Wire) -> Iterator[Cost]:
    cost, before = Cost(), wire.tally()
    wire.take_asked()
    yield cost
    cost.tally, cost.statements = wire.tally() - before, [each.sql for each in wire.take_asked()]


@pytest.fixture
def services(wire: Wire, tmp_path: Path, clock: FixedClock, system_clock: FixedClock) -> Iterator[Services]:
    settings = Settings(database_url=wire.url, var_dir=tmp_path / "var")
    built = build_on_copy(settings, clock=clock, system_clock=system_clock)
    yield built
    built.database.engine.dispose()


@pytest.mark.parametrize(
    ("officer", "element", "decision"),
    [
        ("e02_admin", EMPLOYERS["new"], {"decision": "agree"}),
        ("e02_admin", EMPLOYERS["new"], {"decision": "return", "opinion": "合同还没有签订。"}),
        ("district_chaoyang", DISTRICT, {"decision": "pass", "opinion": "材料齐全。"}),
        ("city_a", CITY, {"decision": "pass", "opinion": "同意。"}),
    ],
    ids=["agree", "disagree", "district", "city"],
)
def test_a_decision_keeps_to_its_budget(
    officer: str,
    element: str,
    decision: dict[str, str],
    wire: Wire,
    signed_in: Callable[[str], Browser],
    new_case: Callable[[], Case],
) -> None:
    browser = signed_in(officer)
    case = _waiting_at(element, new_case())
    task = case.task_id(element)

    with counting(wire) as cost:
        answer = browser.post(f"/inbox/tasks/{task}/decision", command_id="once", **decision)

    assert answer.status == 303
    handlers = 1 if element == CITY else 0  # opens the publicity: one statement that reads, one that writes
    assert cost.tally.commits == 1, cost.statements
    assert cost.tally.round_trips <= MOST_ROUND_TRIPS + handlers, cost.statements
    assert len(cost.statements) <= MOST_STATEMENTS + 2 * handlers, cost.statements


def test_a_task_that_another_system_completes_keeps_to_it_too(
    wire: Wire, services: Services, new_case: Callable[[], Case]
) -> None:
    case = _waiting_at(DISTRICT, new_case())
    task, officer = case.task_id(DISTRICT), case.actor("district_chaoyang")

    with counting(wire) as cost:
        services.applications.complete_task(task, {"decision": "pass", "opinion": "材料齐全。"}, by=officer)

    assert cost.tally.commits == 1
    assert cost.tally.round_trips <= MOST_ROUND_TRIPS - 1, "signing in is to cost one"
    assert len(cost.statements) <= MOST_STATEMENTS - 1, cost.statements


def test_a_repeated_decision_writes_nothing(
    wire: Wire, signed_in: Callable[[str], Browser], new_case: Callable[[], Case]
) -> None:
    browser = signed_in("district_chaoyang")
    case = _waiting_at(DISTRICT, new_case())
    address = f"/inbox/tasks/{case.task_id(DISTRICT)}/decision"
    assert browser.post(address, command_id="once", decision="pass", opinion="材料齐全。").status == 303

    with counting(wire) as cost:
        again = browser.post(address, command_id="once", decision="pass", opinion="材料齐全。")

    assert again.status == 303
    assert not any("UPDATE instance" in text for text in cost.statements)
    assert cost.tally.round_trips <= MOST_ROUND_TRIPS


def _waiting_at(element: str, case: Case) -> Case:
    case.applied(by="p04", to="E02")
    if element != EMPLOYERS["new"]:
        case.confirmed("new", by="e02_admin").confirmed("old", by="e01_admin").cleared()
    if element == CITY:
        case.completed(DISTRICT, by="district_chaoyang", decision="pass", opinion="材料齐全。")
    return case
