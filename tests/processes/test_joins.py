"""Gateways in loops: an arrival is consumed exactly once (ENGINE.md 1.1)."""

from __future__ import annotations

import random

import pytest

from processes.faults import NoFlowTaken, StepBudgetExceeded
from tests.processes.diagrams import (
    ASK_BOTH,
    boundary,
    build,
    end,
    exclusive,
    flows,
    inclusive,
    parallel,
    process,
    start,
    timer,
    user,
)
from tests.processes.running import Run


def test_second_lap_waits_for_both_again() -> None:
    # given: a first lap in which both agreed
    run = Run(build(ASK_BOTH))
    run.complete("fill").complete("old_confirms").complete("new_confirms").complete("decide", again=True)
    # when: on the second lap only one of them answers
    run.complete("fill").complete("new_confirms")
    # then
    assert run.tasks() == ["old_confirms"]


def test_random_orders_of_three_laps_are_right_200_times_of_200() -> None:
    definition = build(ASK_BOTH)
    right = 0
    for seed in range(200):
        chance = random.Random(seed)
        run = Run(definition)
        done: list[str] = []
        while not run.execution.is_completed:
            path = chance.choice(run.tasks())
            done.append(path)
            run.complete(path, again=done.count("decide") < 3)
        laps = [done[at : at + 4] for at in range(0, len(done), 4)]
        right += len(laps) == 3 and all(
            lap[0] == "fill" and set(lap[1:3]) == {"old_confirms", "new_confirms"} and lap[3] == "decide"
            for lap in laps
        )
    assert right == 200


def test_surplus_token_waits_for_the_next_firing() -> None:
    # given: one branch is walked twice before the other arrives
    definition = build(
        process(
            "surplus",
            start()
            + parallel("three_ways", "join")
            + exclusive("merge")
            + user("left", "left_too", "right", "after")
            + end()
            + flows(
                "started > three_ways > left > merge > join > after > ended",
                "three_ways > left_too > merge",
                "three_ways > right > join",
            ),
        )
    )
    run = Run(definition).complete("left").complete("left_too")
    # when
    run.complete("right")
    # then: it fired once, and one token still stands at the join
    assert run.tasks() == ["after"]
    assert run.execution.position().active == {"join": 1, "after": 1}
    assert run.happened("entered").count("join") == 1


def test_two_flows_between_the_same_elements_are_two_arrivals() -> None:
    body = (
        start()
        + parallel("split", "join")
        + user("after")
        + end()
        + flows("started > split > join > after > ended")
        + '<bpmn:sequenceFlow id="second_way" sourceRef="split" targetRef="join"/>'
    )
    run = Run(build(process("twice", body)))
    assert run.tasks() == ["after"]
    assert run.happened("flow_taken").count("second_way") == 1


INCLUSIVE = process(
    "some_of_three",
    start()
    + user("choose")
    + inclusive("asked", "asked_to_gamma")
    + user("alpha", "beta", "gamma")
    + inclusive("answered")
    + user("decide")
    + exclusive("again", "again_to_ended")
    + end()
    + flows(
        "started > choose > asked > gamma > answered > decide > again > ended",
        "asked > alpha : choose.alpha",
        "asked > beta : choose.beta",
        "alpha > answered",
        "beta > answered",
        "again > choose : decide.again",
    ),
)


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"alpha": True, "beta": True}, ["alpha", "beta"]),
        ({"alpha": True, "beta": False}, ["alpha"]),
        ({}, ["gamma"]),
    ],
)
def test_inclusive_join_waits_for_what_was_asked(chosen: dict[str, bool], expected: list[str]) -> None:
    run = Run(build(INCLUSIVE)).complete("choose", **chosen)
    assert run.tasks() == expected
    for path in expected:
        assert "decide" not in run.tasks()
        run.complete(path)
    assert run.tasks() == ["decide"]


def test_inclusive_join_counts_each_lap_anew() -> None:
    run = Run(build(INCLUSIVE)).complete("choose", alpha=True, beta=True).complete("alpha").complete("beta")
    run.complete("decide", again=True).complete("choose", alpha=True, beta=True)
    assert run.complete("beta").tasks() == ["alpha"]
    assert run.complete("alpha").tasks() == ["decide"]


def test_inclusive_join_goes_on_when_the_other_token_takes_another_way() -> None:
    # given: after `beta` the token may go to the join or past it
    definition = build(
        process(
            "past_the_join",
            start()
            + parallel("split")
            + user("alpha", "beta", "after", "elsewhere")
            + exclusive("which_way", "which_way_to_elsewhere")
            + inclusive("join")
            + end()
            + flows(
                "started > split > alpha > join > after > ended",
                "split > beta > which_way > elsewhere > ended",
                "which_way > join : beta.joins",
            ),
        )
    )
    run = Run(definition).complete("alpha")
    assert run.tasks() == ["beta"]
    # when
    run.complete("beta", joins=False)
    # then
    assert run.tasks() == ["after", "elsewhere"]
    assert Run(definition).complete("alpha").complete("beta", joins=True).tasks() == ["after"]


def test_inclusive_join_knows_that_a_boundary_event_leads_to_it() -> None:
    definition = build(
        process(
            "late",
            start()
            + parallel("split")
            + user("alpha", "beta", "after")
            + boundary("too_late", "beta", timer("timeDuration", "P1D"))
            + inclusive("join")
            + end("beta_done")
            + end()
            + flows("started > split > alpha > join > after > ended", "split > beta > beta_done", "too_late > join"),
        )
    )
    run = Run(definition).complete("alpha")
    assert run.tasks() == ["beta"]
    assert run.fire("too_late").tasks() == ["after"]
    assert Run(definition).complete("alpha").complete("beta").tasks() == ["after"]


def test_flows_are_tried_in_the_order_of_the_file() -> None:
    definition = build(
        process(
            "order",
            start()
            + exclusive("which", "which_to_third")
            + end("first")
            + end("second")
            + end("third")
            + flows("started > which", "which > first : n > 10", "which > second : n > 5", "which > third"),
        )
    )
    ends = {n: Run(definition, n=n).execution.end_id for n in (11, 7, 1)}
    assert ends == {11: "first", 7: "second", 1: "third"}
    assert Run(definition).execution.end_id == "third"  # n is null, and null is not true


def test_no_true_flow_and_no_default_is_a_fault() -> None:
    definition = build(
        process("stuck", start() + exclusive("which") + end() + flows("started > which", "which > ended : n = 1"))
    )
    with pytest.raises(NoFlowTaken, match="which"):
        Run(definition, n=2)


def test_many_parallel_pairs_in_a_row_cost_nothing() -> None:
    names = [f"pair_{number}" for number in range(24)]
    body = start() + end()
    last = "started"
    for name in names:
        body += parallel(f"{name}_split", f"{name}_join")
        body += flows(f"{last} > {name}_split > {name}_join")
        body += f'<bpmn:sequenceFlow id="{name}_other" sourceRef="{name}_split" targetRef="{name}_join"/>'
        last = f"{name}_join"
    run = Run(build(process("pairs", body + flows(f"{last} > ended"))))
    assert run.execution.is_completed
    assert run.happened("entered").count("pair_23_join") == 1


def test_endless_loop_of_gateways_is_stopped() -> None:
    definition = build(
        process(
            "endless",
            start()
            + exclusive("merge")
            + exclusive("which", "which_to_merge")
            + end()
            + flows("started > merge > which > merge", "which > ended : false"),
        )
    )
    with pytest.raises(StepBudgetExceeded, match="10000 steps"):
        Run(definition)
