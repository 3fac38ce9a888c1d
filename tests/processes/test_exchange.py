"""Messages and signals between instances, on both databases (RELIABILITY.md 2.7)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from kernel.clock import FixedClock
from store.unit_of_work import Database
from tests.processes.diagrams import (
    boundary,
    catching,
    end,
    event_sub,
    exclusive,
    flows,
    message,
    node,
    parallel,
    process,
    service,
    signal,
    start,
    throwing,
)
from tests.processes.house import House


def keyed(expression: str) -> str:
    return (
        "<bpmn:extensionElements><camunda:properties>"
        f'<camunda:property name="correlation_key" value="{expression}"/>'
        "</camunda:properties></bpmn:extensionElements>"
    )


def handing_over(*names: str) -> str:
    mappings = "".join(f'<camunda:in source="{name}" target="{name}"/>' for name in names)
    return f"<bpmn:extensionElements>{mappings}</bpmn:extensionElements>"


HEARER = process(
    "hearer",
    start()
    + node("receiveTask", "paid", keyed("order"), messageRef="payment_id")
    + service("ship")
    + end()
    + flows("started > paid > ship > ended"),
    messages=("payment",),
)
LATER = process(
    "later",
    start()
    + service("prepare")
    + catching("paid", keyed("order") + message("payment"))
    + service("ship")
    + end()
    + flows("started > prepare > paid > ship > ended"),
    messages=("payment",),
)
PAYER = process(
    "payer",
    start()
    + throwing(
        "pay",
        keyed("order")
        + f'<bpmn:messageEventDefinition messageRef="payment_id">{handing_over("cents")}</bpmn:messageEventDefinition>',
    )
    + end()
    + flows("started > pay > ended"),
    messages=("payment",),
)
STARTED = process(
    "ordering",
    node("startEvent", "ordered", message("order")) + service("pack") + end() + flows("ordered > pack > ended"),
    messages=("order",),
)
ALARMED = process(
    "alarmed",
    start()
    + parallel("split")
    + service("work", "note", "flee")
    + boundary("heard", "work", signal("alarm"), interrupting=False)
    + catching("awaited", signal("alarm"))
    + end()
    + flows("started > split > work > ended", "split > awaited > flee > ended", "heard > note > ended"),
    signals=("alarm",),
)
ALARMING = process(
    "alarming",
    start() + throwing("raise", signal("alarm")) + end() + flows("started > raise > ended"),
    signals=("alarm",),
)
BEGINS = process(
    "begins",
    start()
    + node("startEvent", "alarmed", signal("alarm"))
    + service("look")
    + end()
    + flows("started > look > ended", "alarmed > look"),
    signals=("alarm",),
)


@pytest.fixture
def house(database: Database, clock: FixedClock) -> House:
    return House(database, clock)


def test_message_reaches_the_instance_with_its_key(house: House) -> None:
    house.deploy(HEARER, PAYER)
    first, second = house.start("hearer", "H1", order="A"), house.start("hearer", "H2", order="B")
    house.start("payer", "P1", order="B", cents=100)
    house.run()
    assert house.at(first) == ["paid"]
    assert house.at(second) == ["ship"]
    assert house.variables(second)["payment"] == {"cents": 100}
    assert house.waiting() == [("payment", "A")]
    assert house.messages() == [("payment", "B", "consumed")]


def test_message_that_comes_early_is_kept_for_who_begins_to_wait(house: House, clock: FixedClock) -> None:
    house.deploy(HEARER)
    house.publish("payment", "A", "1", cents=1)
    clock.advance(seconds=1)
    house.publish("payment", "A", "2", cents=2)
    house.run()
    assert house.messages() == [("payment", "A", "buffered")] * 2
    first = house.start("hearer", "H1", order="A")
    assert house.variables(first)["payment"] == {"cents": 1}  # the oldest
    second = house.start("hearer", "H2", order="A")
    assert house.variables(second)["payment"] == {"cents": 2}
    third = house.start("hearer", "H3", order="A")
    assert house.at(third) == ["paid"]


def test_each_message_is_consumed_once_however_often_it_is_sent(house: House) -> None:
    house.deploy(HEARER)
    first, second = house.start("hearer", "H1", order="A"), house.start("hearer", "H2", order="A")
    assert house.publish("payment", "A", "1", cents=1)
    assert not house.publish("payment", "A", "1", cents=1)
    house.run()
    assert not house.publish("payment", "A", "1", cents=1)
    house.run()
    assert sorted([house.at(first), house.at(second)]) == [["paid"], ["ship"]]


def test_expired_message_is_consumed_by_nobody(house: House, clock: FixedClock) -> None:
    house.deploy(HEARER)
    house.publish("payment", "A", "1")
    house.run()
    clock.advance(days=31)
    assert house.at(house.start("hearer", "H1", order="A")) == ["paid"]


def test_business_key_counts_where_the_diagram_gives_none(house: House) -> None:
    plain = HEARER.replace(keyed("order").encode(), b"")
    house.deploy(plain)
    first, second = house.start("hearer", "H1"), house.start("hearer", "H2")
    house.publish("payment", "H2", "1")
    house.run()
    assert (house.at(first), house.at(second)) == (["paid"], ["ship"])


def test_message_starts_an_instance_when_nobody_waits(house: House) -> None:
    house.deploy(STARTED)
    house.publish("order", "O-1", "1", item="stone")
    house.publish("order", "O-2", "2", item="sand")
    house.publish("order", "O-1", "1", item="stone")
    house.run()
    found = house.instances("ordering")
    assert [house.at(one) for one in found] == [["pack"]] * 2
    assert {house.row(one).business_key: house.variables(one) for one in found} == {
        "O-1": {"order": {"item": "stone"}},
        "O-2": {"order": {"item": "sand"}},
    }


def test_signal_reaches_all_who_wait_and_begins_what_begins_with_it(house: House) -> None:
    house.deploy(ALARMED, ALARMING, BEGINS)
    waiting = [house.start("alarmed", f"W{number}") for number in range(3)]
    by_hand = house.start("begins", "B0")
    house.start("alarming", "A1")
    house.run()
    assert [house.at(one) for one in waiting] == [["flee", "note", "work"]] * 3
    assert [house.at(one) for one in house.instances("begins") if one != by_hand] == [["look"]]
    house.signal("alarm")  # the border hears it each time, the event in the flow is over
    house.run()
    assert house.at(waiting[0]) == ["flee", "note", "work"]


def test_signal_is_for_those_who_wait_when_it_is_thrown(house: House) -> None:
    house.deploy(ALARMED)
    house.signal("alarm")
    late = house.start("alarmed", "W1")
    house.run()
    assert house.at(late) == ["awaited", "work"]


def test_message_into_an_event_sub_process(house: House) -> None:
    handler = event_sub(
        "withdrawn",
        keyed("order") + message("withdraw"),
        service("undo") + end("undone") + flows("undo > undone"),
        "undo",
    )
    house.deploy(
        process(
            "guarded",
            start() + service("work") + end() + flows("started > work > ended") + handler,
            messages=("withdraw",),
        )
    )
    one = house.start("guarded", "G1", order="A")
    assert house.waiting() == [("withdraw", "A")]
    house.publish("withdraw", "A", "1")
    house.run()
    assert house.at(one) == ["undo", "withdrawn"]


def test_senders_and_waiters_at_once_lose_nothing(house: House) -> None:
    """A message and the beginning to wait for it, in any order and at once: consumed exactly once."""
    house.deploy(HEARER)
    numbers = range(20)
    with ThreadPoolExecutor(4) as pool:
        started = [pool.submit(house.start, "hearer", f"H{number}", order=f"K{number}") for number in numbers]
        for number in numbers:
            pool.submit(house.publish, "payment", f"K{number}", str(number), number=number)
        drains = [pool.submit(house.pump.drain) for _ in range(4)]
        ids = [one.result() for one in started]
        for one in drains:
            one.result()
    house.run()
    assert [house.at(one) for one in ids] == [["ship"]] * 20
    assert [house.variables(one)["payment"]["number"] for one in ids] == list(numbers)
    assert {status for _, _, status in house.messages()} == {"consumed"}


def test_choice_between_a_message_and_nothing_else(house: House) -> None:
    house.deploy(
        process(
            "choosing",
            start()
            + exclusive("which", "which_to_ended")
            + catching("paid", message("payment"))
            + end()
            + flows("started > which > ended", "which > paid : wait = true", "paid > ended"),
            messages=("payment",),
        )
    )
    house.publish("payment", "C2", "1")
    house.run()
    assert house.at(house.start("choosing", "C1", wait=False)) == ["completed"]
    assert house.at(house.start("choosing", "C2", wait=True)) == ["completed"]
