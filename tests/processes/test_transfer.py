"""The real transfer on the engine alone: its ways, and that age does not make it bigger (ENGINE.md 1.3, R-C-12)."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from kernel.errors import StateConflict
from tests.processes.running import NOW, Run
from tests.processes.transfer import VARIABLES, serviced, submitted, transfer

OLD = "old_employer_confirm/employer_confirm"
NEW = "new_employer_confirm/employer_confirm"
DISTRICT = "review/review_by_district"
CITY = "review/review_by_city"
OPINION = "材料齐全，同意调入。"


def _agreed(run: Run) -> Run:
    run.complete(OLD, decision="agree", opinion=OPINION).complete(NEW, decision="agree", opinion=OPINION)
    return serviced(run)


def _in_publicity() -> Run:
    run = _agreed(submitted()).complete(DISTRICT, decision="pass", opinion=OPINION)
    return serviced(run.complete(CITY, decision="not_pass", opinion=OPINION))


@pytest.mark.parametrize("order", [(OLD, NEW), (NEW, OLD)])
def test_transfer_reaches_its_end_in_both_orders(order: tuple[str, str]) -> None:
    run = submitted()
    for path in order:
        run.complete(path, decision="agree")
    serviced(run).complete(DISTRICT, decision="pass").complete(CITY, decision="pass")
    serviced(run).fire("review/publicity_timer")
    serviced(run)
    assert run.execution.is_completed
    assert run.execution.end_id == "closed"
    assert run.execution.variables()["outcome"] == "pass"
    assert run.tokens == 0


def test_disagreement_asks_both_again() -> None:
    run = submitted().complete(NEW, decision="agree").complete(OLD, decision="return")
    assert run.tasks() == ["fill_application"]
    assert "application_returned" in run.happened("entered")
    serviced(run.complete("fill_application", revision=2))
    assert run.tasks() == [NEW, OLD]


def test_withdrawal_at_the_employers_and_at_the_district() -> None:
    run = submitted().complete(OLD, decision="agree").send("withdraw_message")
    assert run.tasks() == ["fill_application"]
    run = _agreed(submitted()).send("withdraw_message")
    assert run.tasks() == ["fill_application"]
    assert run.execution.variables()["outcome"] == "withdrawn"
    run.send("delete_message")
    assert run.execution.end_id == "deleted"


def test_no_withdrawal_after_the_district_has_decided() -> None:
    run = _agreed(submitted()).complete(DISTRICT, decision="pass")
    assert run.execution.subscriptions() == []


def test_end_of_publicity_waits_for_an_open_appeal() -> None:
    run = _in_publicity().send("appeal_message").fire("review/publicity_timer")
    assert run.tasks() == ["review/appeal/review_appeal"]
    assert run.execution.subscriptions() == []
    run.complete("review/appeal/review_appeal", decision="uphold")
    assert run.tasks() == ["review/close_publicity"]
    variables = run.execution.variables(run.execution.service_tasks()[0].id)
    assert variables["appeal_decision"] == "uphold"
    assert variables["review_by_city"]["decision"] == "not_pass"


def test_employer_that_is_gone_is_skipped() -> None:
    run = submitted(old_employer_cancelled=True)
    assert run.tasks() == [NEW]
    assert "old_employer_confirm/note_skipped_employer" in run.happened("completed")


def test_answers_of_all_reviewers_stay_in_their_own_process() -> None:
    run = (
        _in_publicity().send("appeal_message", letter="no").complete("review/appeal/review_appeal", decision="dismiss")
    )
    serviced(run.fire("review/publicity_timer"), close_publicity={"final_decision": "not_pass"})
    assert run.execution.is_completed
    own = run.execution.variables()
    assert {name: own[name] for name in VARIABLES} == VARIABLES
    assert own.keys() - VARIABLES.keys() == {"fill_application", "outcome"}


def test_thousand_return_laps_keep_the_state_small_and_constant() -> None:
    run = submitted()
    sizes, tokens = [], set()
    for lap in range(1000):
        first, second = (OLD, NEW) if lap % 2 else (NEW, OLD)
        run.complete(first, decision="agree", opinion=OPINION)
        sizes.append(len(run.state))
        tokens.add(run.tokens)
        run.complete(second, decision="return", opinion=OPINION)
        serviced(run.complete("fill_application", revision=2))
        run.history.clear()
    assert max(sizes) <= 2048
    assert set(sizes) == set(sizes[:2])  # one size for each order
    assert len(tokens) == 1
    assert run.tasks() == [NEW, OLD]
    _agreed(run)
    assert run.tasks() == [DISTRICT]


def test_hundred_reminders_on_three_laps_each_once_and_none_after_close() -> None:
    run = submitted()
    sizes, tokens, fired = [], set(), Counter[tuple[str, int]]()
    at = NOW
    for lap in range(3):
        for _ in range(100):
            at += timedelta(days=3)
            for timer in run.execution.timers():
                fired[timer.id, timer.occurrence] += 1
                serviced(run.fire(timer.path, at))
                assert run.tasks() == [NEW, OLD]
                sizes.append(len(run.state))
                tokens.add(run.tokens)
        reminders = run.happened("completed").count("old_employer_confirm/remind_employer")
        assert reminders == 100 * (lap + 1)
        if lap < 2:
            serviced(run.complete(OLD, decision="return").complete("fill_application", revision=lap))
    assert len(fired) == 600
    assert set(fired.values()) == {1}
    assert max(sizes) <= 2048
    assert len(tokens) == 1
    last = [timer.id for timer in run.execution.timers()]
    _agreed(run)
    assert run.execution.timers() == []
    for timer_id in last:
        with pytest.raises(StateConflict):
            run.execution.fire(timer_id, at)


def test_state_stays_small_at_every_step_of_a_life() -> None:
    run = submitted()
    sizes = [len(run.state)]
    for path in (OLD, NEW, DISTRICT, CITY):
        run.complete(path, decision="pass" if path in (DISTRICT, CITY) else "agree", opinion=OPINION)
        sizes.append(len(serviced(run).state))
    sizes.append(len(run.send("appeal_message", letter=OPINION).state))
    assert max(sizes) <= 2048
    assert transfer().properties["title_en"]
