"""The drawing for analysts and operators, and what holds for every drawing: safe, readable, quick."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any, get_args

import pytest
from lxml import etree

from processes.picture import Detail, draw
from processes.picture.geometry import innermost

LINE = "class2_employer_transfer"
FILES = {path.stem: path.read_bytes() for path in sorted(Path("bpmn").glob("*.bpmn"))}
SVG = "{http://www.w3.org/2000/svg}"
DETAILS: tuple[Detail, ...] = get_args(Detail)

FLAT = """<?xml version="1.0"?>
<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
  xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
  <process id="p" name="{name}">
    <startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
    <userTask id="t" name="{name}"><documentation>{name}</documentation><extensionElements><camunda:properties>
      <camunda:property name="short_zh" value="{name}"/>
      <camunda:property name="back_zh" value="{name}"/>
    </camunda:properties></extensionElements></userTask>
  </process>
  <bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="p">
    <bpmndi:BPMNShape bpmnElement="t"><dc:Bounds x="0" y="0" width="100" height="80"/></bpmndi:BPMNShape>
    <bpmndi:BPMNShape bpmnElement="nothing"><dc:Bounds x="0" y="0" width="100" height="80"/></bpmndi:BPMNShape>
  </bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</definitions>"""
SCRIPT = "&lt;script&gt;alert(1)&lt;/script&gt;&quot; onload=&quot;x"


def drawn(key: str = LINE, **progress: Any) -> etree._Element:
    return etree.fromstring(draw(FILES, key, detail="full", **progress))


def classes_of(picture: etree._Element) -> dict[str, str]:
    """The class of each element's group, by the id in its hint."""
    found = {}
    for group in picture.iter(f"{SVG}g"):
        hint = group.findtext(f"{SVG}title", "").partition(":")[0]
        if hint and str(group.get("class")).startswith("node"):
            found[hint] = str(group.get("class"))
    return found


def test_every_element_is_drawn_also_those_on_pages_of_their_own() -> None:
    found = classes_of(drawn("commission_review"))

    for element in ("review_by_district", "withdraw_message", "publicity_timer", "appeal", "issue_certificate"):
        assert found[element] == "node"


def test_done_now_stuck_and_to_come() -> None:
    found = classes_of(
        drawn(done={"fill_application"}, stuck={"check_submit": 2}, now={"old_employer_confirm/employer_confirm": 1})
    )

    assert found["fill_application"] == "node is-done"
    assert found["check_submit"] == "node is-stuck"
    assert found["old_employer_confirm"] == "node is-now"
    assert found["review"] == "node is-todo"


def test_tokens_and_incidents_are_counted_in_words() -> None:
    active = dict.fromkeys(["review", "review/publicity", "review/appeal", "review/appeal/review_appeal"], 1)
    text = " ".join(drawn(now={**active, "review/publicity_timer": 1}, stuck={"check_start": 2}).itertext())
    english = " ".join(drawn(language="en", now={"review/declare": 1}, stuck={"check_start": 2}).itertext())

    assert "2 个令牌" in text, "the timer and the appeal; what holds them is not counted again"
    assert "2 个事件" in text
    assert "1 token " in english
    assert "2 incidents" in english


def test_a_called_process_is_drawn_with_the_progress_of_its_call() -> None:
    found = classes_of(
        drawn(
            under="review",
            done={"review/declare"},
            now={"review": 1, "review/publicity": 1, "review/publicity_timer": 1},
        )
    )

    assert found["declare"] == "node is-done"
    assert found["publicity"] == found["publicity_timer"] == "node is-now"
    assert "fill_application" not in found


def test_flows_taken_are_solid_and_may_carry_a_note() -> None:
    picture = drawn(
        now={"fill_application": 1},
        taken_flows={"review_to_review_outcome", "review_sent_back"},
        notes={"review_sent_back": "退回 1 次"},
    )

    taken = [one for one in picture.iter(f"{SVG}path") if one.get("class") == "flow is-taken"]
    assert len(taken) == 2
    assert "退回 1 次" in " ".join(picture.itertext())


def test_who_acts_stands_below_the_name() -> None:
    small = {one.text for one in drawn("commission_review").iter(f"{SVG}text") if one.get("class") == "sub"}

    assert {"区县建委", "市建委", "系统"} <= small


def test_a_path_that_calls_nothing_is_an_error() -> None:
    with pytest.raises(KeyError):
        drawn(under="fill_application")


def test_holders_are_not_counted_beside_what_they_hold() -> None:
    active = {"ask_employers": 1, "old_employer_confirm": 1, "old_employer_confirm/employer_confirm": 1}

    assert innermost(FILES, LINE, active) == {"old_employer_confirm/employer_confirm": 1}
    assert innermost(FILES, LINE, {"review": 1}) == {"review": 1}


@pytest.mark.parametrize("detail", DETAILS)
def test_words_of_an_uploaded_diagram_stay_words(detail: Detail) -> None:
    files = {"p": FLAT.format(name=SCRIPT).encode()}
    picture = draw(files, "p", detail=detail, now={"t": 1}, notes={"t": '<b>"'}, title="<i>", description="</desc>")
    root = etree.fromstring(picture)

    assert not [one.tag for one in root.iter(f"{SVG}script", f"{SVG}b", f"{SVG}i")]
    assert not [one for one in root.iter() if one.get("onload")]


@pytest.mark.parametrize("detail", DETAILS)
def test_a_flow_to_nowhere_is_not_drawn(detail: Detail) -> None:
    """Such a diagram is refused at deployment, but may be looked at before."""
    lost = FLAT.format(name="x").replace('targetRef="t"', 'targetRef="nothing"').encode()

    assert "flow is-" not in draw({"p": lost}, "p", detail=detail, now={"t": 1})


@pytest.mark.parametrize("detail", DETAILS)
def test_no_drawing_brings_colours_or_styles_of_its_own(detail: Detail) -> None:
    """A strict content policy forbids them, and dark mode and print need the page's colours."""
    picture = draw(FILES, LINE, detail=detail, now={"fill_application": 1})

    assert not re.search(r"\bstyle=|\bfill=|\bstroke=|#[0-9A-Fa-f]{6}|<style|href=", picture)


@pytest.mark.parametrize("detail", DETAILS)
def test_a_drawing_is_quick(detail: Detail) -> None:
    progress: dict[str, Any] = {"now": {"review/publicity_timer": 1}, "done": {"fill_application"}}
    draw(FILES, LINE, detail=detail, **progress)

    spent = []
    for _ in range(10):
        start = time.perf_counter()
        draw(FILES, LINE, detail=detail, **progress)
        spent.append(time.perf_counter() - start)

    assert min(spent) < 0.005
