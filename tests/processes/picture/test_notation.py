"""Every element is drawn as BPMN 2.0 draws it (chapters 7.2, 10 and 13: tasks, gateways, events, markers)."""

from __future__ import annotations

from typing import Any

import pytest
from lxml import etree

from kernel.texts import Language
from processes.definition import Definition
from processes.execution import Execution
from processes.picture import draw, icons, steps
from tests.processes.diagrams import end, flows, process, start, user
from tests.processes.picture.everything import EVERYTHING
from tests.processes.picture.laid_out import laid_out
from tests.rules.decision_files import decision_file

SVG = "{http://www.w3.org/2000/svg}"
HOLDERS = frozenset({"withdrawn", "questioned", "buying", "visits"})
ELSEWHERE = process("elsewhere", start() + user("work") + end() + flows("started > work > ended"))
FILES = {"everything": laid_out(EVERYTHING), "elsewhere": laid_out(ELSEWHERE)}
FOLDED = FILES | {"everything": laid_out(EVERYTHING, collapsed=HOLDERS)}
FILLED, OUTLINE = "gw full", "gw fine"


def drawn(files: dict[str, bytes] = FILES, **progress: Any) -> etree._Element:
    return etree.fromstring(draw(files, "everything", detail="full", **progress))


def group(picture: etree._Element, element: str) -> etree._Element:
    """The group of one element, found by its hint."""
    return next(one for one in picture.iter(f"{SVG}g") if one.findtext(f"{SVG}title") == element)


def icons_of(element: etree._Element) -> dict[str, str]:
    """The path of each icon inside a shape, with its class."""
    return {str(one.get("d")): str(one.get("class")) for one in element.iterfind(f"{SVG}g/{SVG}path")}


def rings(element: etree._Element) -> list[str]:
    return [str(one.get("class")) for one in element.iterfind(f"{SVG}circle")]


def steps_of(**progress: Any) -> dict[str, str]:
    return {step.name: step.state for step in steps(FILES, "everything", **progress)}


def test_the_diagram_of_everything_is_one_that_runs() -> None:
    decision = decision_file("window", "UNIQUE", ["days"], ["open"], [["-", "true"]])
    files = {"everything": EVERYTHING, "elsewhere": ELSEWHERE}
    definition = Definition.build(files, "everything", {"window": decision})

    assert [task.path for task in Execution.start(definition, {}).user_tasks()] == ["fill"]


@pytest.mark.parametrize(
    ("element", "icon", "class_"),
    [
        ("fill", icons.TASK_ICONS["userTask"], OUTLINE),
        ("check", icons.TASK_ICONS["serviceTask"], OUTLINE),
        ("count_up", icons.TASK_ICONS["scriptTask"], OUTLINE),
        ("decide", icons.TASK_ICONS["businessRuleTask"], OUTLINE),
        ("received", icons.TASK_ICONS["receiveTask"], OUTLINE),
        ("tell", icons.FILLED_TASK_ICONS["sendTask"], FILLED),
        ("sign", icons.TASK_ICONS["manualTask"], OUTLINE),
        ("vote", icons.MARKS["parallel"], "gw"),
        ("vote_in_turn", icons.MARKS["sequential"], "gw"),
        ("try_again", icons.MARKS["loop"], "gw"),
        ("undo_fill", icons.UNDOING_MARK, "gw"),
    ],
)
def test_a_task_says_what_it_is_and_how_often_it_is_done(element: str, icon: str, class_: str) -> None:
    assert icons_of(group(drawn(), element))[icon] == class_


def test_a_task_of_no_kind_has_no_icon() -> None:
    assert icons_of(group(drawn(), "think")) == {}


@pytest.mark.parametrize(
    ("element", "event"),
    [
        ("answered", "message"),
        ("expired", "timer"),
        ("signalled", "signal"),
        ("enough", "conditional"),
        ("from_near", "link"),
        ("reminded", "timer"),
        ("recalled", "message"),
        ("alarmed", "signal"),
        ("too_many", "conditional"),
        ("fill_undone", "compensate"),
        ("cancelled", "cancel"),
        ("late_visit", "escalation"),
        ("failed_visit", "error"),
        ("withdrawn_begun", "message"),
        ("questioned_begun", "timer"),
    ],
)
def test_what_is_waited_for_is_an_outline(element: str, event: str) -> None:
    assert icons_of(group(drawn(), element)) == {icons.EVENT_ICONS[event]: OUTLINE}


@pytest.mark.parametrize(
    ("element", "event"),
    [
        ("told", "message"),
        ("called", "signal"),
        ("raised", "escalation"),
        ("undone", "compensate"),
        ("to_far", "link"),
        ("stopped", "signal"),
        ("failed", "cancel"),
        ("message_end", "message"),
        ("escalation_end", "escalation"),
        ("compensation_end", "compensate"),
        ("error_end", "error"),
        ("terminated", "terminate"),
    ],
)
def test_what_is_thrown_is_filled(element: str, event: str) -> None:
    assert icons_of(group(drawn(), element)) == {icons.FILLED_EVENT_ICONS[event]: FILLED}


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("started", ["ring"]),
        ("message_end", ["ring thick"]),
        ("answered", ["ring", "ring"]),
        ("told", ["ring", "ring"]),
        ("noted", ["ring", "ring"]),
        ("recalled", ["ring", "ring"]),
        ("reminded", ["ring dashes", "ring dashes"]),
        ("late_visit", ["ring dashes", "ring dashes"]),
        ("withdrawn_begun", ["ring"]),
        ("questioned_begun", ["ring dashes"]),
    ],
)
def test_rings_say_where_an_event_stands_and_whether_it_interrupts(element: str, expected: list[str]) -> None:
    assert rings(group(drawn(), element)) == expected


def test_an_event_based_gateway_has_two_rings_and_a_pentagon() -> None:
    shape = group(drawn(), "first_of")

    assert len(shape.findall(f"{SVG}g/{SVG}circle")) == 2
    (pentagon,) = icons_of(shape)
    assert pentagon.count("L") + pentagon.count("H") == 4


def test_frames_are_solid_dotted_or_double() -> None:
    frames = [one.get("class") for one in drawn().iter(f"{SVG}rect") if str(one.get("class")).startswith("lane")]

    assert sorted(str(one) for one in frames) == ["lane", "lane", "lane solid", "lane solid", "lane solid"]


@pytest.mark.parametrize(
    ("element", "borders"),
    [("buying", [None, None]), ("visits", [None]), ("withdrawn", ["dots"]), ("asked", ["thick"])],
)
def test_folded_shapes_have_their_border_and_a_plus(element: str, borders: list[str | None]) -> None:
    shape = group(drawn(FOLDED), element)

    assert [one.get("class") for one in shape.iterfind(f"{SVG}rect")] == borders
    assert any("zM0-3v6" in path for path in icons_of(shape))


@pytest.mark.parametrize(
    ("element", "event", "ring"), [("withdrawn", "message", OUTLINE), ("questioned", "timer", "gw fine dashes")]
)
def test_a_folded_event_sub_process_shows_what_begins_it(element: str, event: str, ring: str) -> None:
    shape = group(drawn(FOLDED), element)

    assert icons.EVENT_ICONS[event] in icons_of(shape)
    assert [one.get("class") for one in shape.iterfind(f"{SVG}g/{SVG}circle")] == [ring]


def test_a_dotted_line_leads_to_what_undoes_and_flows_show_their_choice() -> None:
    classes = [str(one.get("class")) for one in drawn().iter(f"{SVG}path")]

    assert classes.count("association") == 1
    assert classes.count("condition") == 1, "of the task; a gateway says by its shape that it chooses"
    assert classes.count("slash") == 3, "two default flows and the head of the association"


def test_three_open_instances_of_a_task_are_counted() -> None:
    progress: dict[str, Any] = {"done": {"started", "fill"}, "now": {"vote": 3}}
    simple = draw(FILES, "everything", detail="applicant", **progress)

    assert "3 个令牌" in draw(FILES, "everything", detail="full", **progress)
    assert "现在 ×3" in simple
    assert simple.count("×") == 1


def test_the_usual_way_is_told_over_links_and_through_what_holds_more() -> None:
    assert list(steps_of()) == [
        *("fill", "vote", "vote_in_turn", "try_again", "use", "pay", "visit", "work", "message_end"),
    ]


@pytest.mark.parametrize(
    ("now", "after"),
    [
        ("look", "vote"),  # behind an event on its border
        ("undo_fill", "fill"),  # what undoes it
        ("remind", "try_again"),  # behind an event-based gateway, on the other way
        ("confirm", "vote"),  # an event sub-process stands nowhere: behind the last step
    ],
)
def test_a_step_beside_the_usual_way_is_told_once_it_is_reached(now: str, after: str) -> None:
    done = ["started", "fill", "vote"]
    told = steps_of(done=set(done), now={now: 1})

    assert list(told)[list(told).index(after) + 1] == now
    assert told[now] == "now"
    assert [name for name, state in told.items() if state == "now"] == [now]
    assert now not in steps_of(done=set(done), now={"vote_in_turn": 1})


def test_what_was_left_by_an_event_counts_as_done() -> None:
    told = steps_of(done={"started", "fill", "reminded"}, now={"look": 1})

    assert [told[name] for name in ("fill", "vote", "look", "vote_in_turn")] == ["done", "done", "now", "todo"]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_several_steps_beside_one_another_never_overlap(language: Language) -> None:
    now = {"vote": 3, "look": 1, "undo_fill": 1, "confirm": 1, "reply": 2, "remind": 1}
    picture = etree.fromstring(
        draw(FILES, "everything", detail="applicant", language=language, done={"started", "fill"}, now=now)
    )

    boxes = [
        tuple(float(str(box.get(name))) for name in ("x", "y", "width", "height"))
        for one in picture.iter(f"{SVG}g")
        if str(one.get("class")).startswith("node")
        for box in one.findall(f"{SVG}rect")
    ]
    assert len(boxes) == 13
    for index, (x, y, width, height) in enumerate(boxes):
        assert x >= 0
        for other_x, other_y, other_width, other_height in boxes[:index]:
            apart = (
                x >= other_x + other_width,
                other_x >= x + width,
                y >= other_y + other_height,
                other_y >= y + height,
            )
            assert any(apart)


@pytest.mark.parametrize("element", sorted(FILES["everything"].decode().split('bpmnElement="')[2:]))
def test_a_token_anywhere_can_be_drawn_and_told(element: str) -> None:
    path = element.partition('"')[0]
    for language in ("zh", "en"):
        picture = draw(FILES, "everything", detail="applicant", language=language, done={"started"}, now={path: 1})
        assert etree.fromstring(picture).findtext(f"{SVG}desc")
    assert steps(FILES, "everything", done={"started", path})
