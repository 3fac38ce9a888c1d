"""What is only drawn to explain is drawn: lanes, groups, notes and data."""

from __future__ import annotations

import pytest
from lxml import etree

from kernel.texts import Language
from processes.picture import draw

SVG = "{http://www.w3.org/2000/svg}"
BOXES = {
    "city": (0, 0, 640, 150),
    "approval": (120, 20, 260, 120),
    "review": (140, 35, 100, 80),
    "note": (450, 10, 140, 50),
    "paper": (270, 40, 36, 46),
    "book": (470, 85, 50, 50),
}
LINES = {"to_note": (240, 75, 450, 35), "to_undo": (240, 80, 270, 60)}
DRAWING = "".join(
    f'<bpmndi:BPMNShape bpmnElement="{id}"><dc:Bounds x="{x}" y="{y}" width="{width}" height="{height}"/></bpmndi:BPMNShape>'
    for id, (x, y, width, height) in BOXES.items()
) + "".join(
    f'<bpmndi:BPMNEdge bpmnElement="{id}"><di:waypoint x="{x}" y="{y}"/><di:waypoint x="{to_x}" y="{to_y}"/></bpmndi:BPMNEdge>'
    for id, (x, y, to_x, to_y) in LINES.items()
)
FILE = f"""<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
  xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn">
  <process id="explained">
    <laneSet id="lanes"><lane id="city" name="市建委"><extensionElements><camunda:properties>
      <camunda:property name="name_en" value="City"/></camunda:properties></extensionElements></lane></laneSet>
    <userTask id="review" name="审核"/>
    <textAnnotation id="note"><text>十个工作日内办结，逾期&lt;b&gt;提醒负责人</text></textAnnotation>
    <group id="approval" categoryValueRef="approving"/>
    <dataObjectReference id="paper" name="申请表"/><dataStoreReference id="book" name="注册簿"/>
    <association id="to_note" sourceRef="review" targetRef="note"/>
    <association id="to_undo" sourceRef="review" targetRef="paper" associationDirection="One"/>
  </process>
  <category id="categories"><categoryValue id="approving" value="审批"/></category>
  <bpmndi:BPMNDiagram><bpmndi:BPMNPlane bpmnElement="explained">{DRAWING}</bpmndi:BPMNPlane></bpmndi:BPMNDiagram>
</definitions>""".encode()


def drawn(language: Language = "zh") -> etree._Element:
    return etree.fromstring(draw({"explained": FILE}, "explained", detail="full", language=language))


@pytest.mark.parametrize("words", ["市建委", "审批", "申请表", "注册簿", "十个工作日内办结，"])
def test_their_words_are_shown(words: str) -> None:
    assert words in [one.text for one in drawn().iter(f"{SVG}text")]


def test_a_lane_is_named_in_the_language_of_the_page() -> None:
    assert "City" in [one.text for one in drawn("en").iter(f"{SVG}text")]


def test_words_of_a_note_stay_words() -> None:
    assert not list(drawn().iter(f"{SVG}b"))
    assert "<b>" in "".join(drawn().itertext())


def test_each_has_its_shape() -> None:
    classes = [str(one.get("class")) for one in drawn().iter(f"{SVG}rect", f"{SVG}path")]

    assert classes.count("group") == 1
    assert classes.count("paper") == 2
    assert classes.count("lane solid") == 3, "the lane, the line beside its name and the bracket of the note"


def test_only_a_directed_association_has_an_arrow() -> None:
    classes = [str(one.get("class")) for one in drawn().iter(f"{SVG}path")]

    assert classes.count("association") == 2
    assert classes.count("slash") == 1


def test_lanes_and_groups_lie_below_the_tasks_and_notes_above() -> None:
    kinds = [str(one.get("class")) for one in drawn().iter(f"{SVG}rect", f"{SVG}g", f"{SVG}path")]

    assert kinds.index("group") < kinds.index("node") < kinds.index("paper")
