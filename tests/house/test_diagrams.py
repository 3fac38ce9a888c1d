"""Every diagram can be read at a glance, and every rule of that finds what breaks it (STYLE.md 11; issue A, acceptance)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from processes.picture.geometry import Diagram, read
from tests.house import layout_rules as rules

BPMN = Path(__file__).resolve().parents[2] / "bpmn"
FILES = sorted(BPMN.glob("*.bpmn"))
Rule = Callable[[Diagram], list[str]]
RULES: tuple[Rule, ...] = (
    rules.not_drawn,
    rules.odd_sizes,
    rules.overlaps,
    rules.loose_flows,
    rules.slanted_flows,
    rules.short_flows,
    rules.flows_through_shapes,
    rules.crossing_flows,
    rules.unreadable_words,
    rules.odd_names,
    rules.hidden_actors,
    rules.crooked_ways,
    rules.crowded_pages,
)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_diagram_can_be_read(path: Path, rule: Rule) -> None:
    assert rule(read(path.read_bytes())) == []


# Each violation: the rule, a diagram, what to change in it, and what the rule must then name.
SHAPE = '<bpmndi:BPMNShape id="{0}_shape" bpmnElement="{0}"'
PLANTED: tuple[tuple[Rule, str, tuple[tuple[str, str], ...], str], ...] = (
    (rules.not_drawn, "class2_appeal", ((SHAPE.format("appeal_decided"), SHAPE.format("gone")),), "appeal_decided"),
    (
        rules.not_drawn,
        "class2_appeal",
        (('bpmnElement="appeal_filed_to_review_appeal"', 'bpmnElement="gone"'),),
        "appeal_filed_to_review_appeal",
    ),
    (
        rules.odd_sizes,
        "class2_appeal",
        (('x="200" y="80" width="100"', 'x="200" y="80" width="120"'),),
        "review_appeal",
    ),
    (rules.odd_sizes, "class2_appeal", (('x="362" y="102"', 'x="365" y="102"'),), "appeal_decided"),
    (rules.overlaps, "class2_appeal", (('x="362" y="102"', 'x="290" y="102"'),), "review_appeal and appeal_decided"),
    (
        rules.overlaps,
        "commission_review",
        (('x="500" y="280" width="100"', 'x="500" y="380" width="100"'),),
        "review_by_district is not inside first_review",
    ),
    (rules.loose_flows, "class2_appeal", (('x="362" y="120"', 'x="350" y="120"'),), "edge of appeal_decided"),
    (
        rules.slanted_flows,
        "class2_appeal",
        (('x="362" y="120"', 'x="362" y="125"'),),
        "review_appeal_to_appeal_decided",
    ),
    (
        rules.short_flows,
        "class2_appeal",
        (('x="362" y="120"', 'x="340" y="120"'), ('x="362" y="102"', 'x="340" y="102"')),
        "review_appeal_to_appeal_decided: 40 long",
    ),
    (
        rules.flows_through_shapes,
        "class2_employer_transfer",
        (
            ('<di:waypoint x="1610" y="50" />', '<di:waypoint x="1610" y="400" />'),
            ('<di:waypoint x="470" y="50" />', '<di:waypoint x="470" y="400" />'),
        ),
        "review_sent_back runs through review",
    ),
    (
        rules.crossing_flows,
        "class2_employer_transfer",
        (
            ('<di:waypoint x="1610" y="50" />', '<di:waypoint x="1610" y="150" />'),
            ('<di:waypoint x="470" y="50" />', '<di:waypoint x="470" y="150" />'),
        ),
        "review_sent_back crosses employer_disagreed_to_application_returned",
    ),
    (
        rules.crossing_flows,
        "class2_employer_transfer",
        (
            ('<di:waypoint x="1610" y="50" />', '<di:waypoint x="1610" y="110" />'),
            ('<di:waypoint x="470" y="50" />', '<di:waypoint x="470" y="110" />'),
        ),
        "review_sent_back crosses application_returned_to_fill_application",
    ),
    (
        rules.unreadable_words,
        "class2_appeal",
        (('name="申诉已审完"', 'name="申诉已经由市建委审理完毕"'),),
        "does not fit",
    ),
    (rules.unreadable_words, "class2_appeal", (('name="申诉已审完"', 'name="申诉已经审完了"'),), "is higher than"),
    (
        rules.unreadable_words,
        "employer_confirmation",
        (('x="286" y="360"', 'x="340" y="360"'),),
        "name is on reminder_timer",
    ),
    (
        rules.unreadable_words,
        "employer_confirmation",
        (('x="286" y="360"', 'x="330" y="380"'),),
        "name is on reminder_timer_to_remind_employer",
    ),
    (rules.odd_names, "class2_appeal", (('name="审理申诉"', 'name="审理申请人在公示期内提出的申诉"'),), "more than 12"),
    (rules.odd_names, "employer_confirmation", (('name="单位同意？"', 'name="单位意见"'),), "asks nothing"),
    (rules.odd_names, "employer_confirmation", ((' name="不同意"', ""),), "employer_disagrees: no answer"),
    (
        rules.odd_names,
        "class2_appeal",
        (('<camunda:property name="name_en" value="Review the appeal" />', ""),),
        "no name in both",
    ),
    (rules.hidden_actors, "class2_appeal", (("#E1BEE7", "#BBDEFB"),), "review_appeal"),
    (rules.hidden_actors, "class2_appeal", (("市建委：", ""),), "review_appeal"),
    (rules.hidden_actors, "employer_confirmation", (("系统：提醒", "单位：提醒"),), "remind_employer"),
    (
        rules.crooked_ways,
        "class2_appeal",
        (('<di:waypoint x="300" y="120" />', '<di:waypoint x="300" y="140" />'),),
        "stops at review_appeal",
    ),
    (
        rules.crooked_ways,
        "class2_employer_transfer",
        (
            ('<di:waypoint x="1610" y="50" />', '<di:waypoint x="1610" y="650" />'),
            ('<di:waypoint x="470" y="50" />', '<di:waypoint x="470" y="650" />'),
            ('<di:waypoint x="1610" y="375" />', '<di:waypoint x="1610" y="425" />'),
            ('<di:waypoint x="470" y="360" />', '<di:waypoint x="470" y="440" />'),
        ),
        "review_sent_back: leads back below",
    ),
)


@pytest.mark.parametrize(
    ("rule", "diagram", "changes", "named"), PLANTED, ids=lambda one: getattr(one, "__name__", None)
)
def test_a_planted_violation_is_found(
    rule: Rule, diagram: str, changes: tuple[tuple[str, str], ...], named: str
) -> None:
    xml = (BPMN / f"{diagram}.bpmn").read_text(encoding="utf-8")
    for old, new in changes:
        assert old in xml, f"the planted violation has nothing to change: {old}"
        xml = xml.replace(old, new)

    found = rule(read(xml.encode()))

    assert any(named in one for one in found), found


def test_a_crowded_page_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    diagram = read((BPMN / "commission_review.bpmn").read_bytes())
    monkeypatch.setattr(rules, "MOST_SHAPES", 10)

    assert "commission_review: 20 shapes on one page" in rules.crowded_pages(diagram)


def test_the_palette_has_a_colour_for_every_role_of_the_diagrams() -> None:
    known = {role for colour in rules.read_palette() for role in colour.roles}
    used = {
        role for path in FILES for node in read(path.read_bytes()).nodes.values() for role in rules.diagram_groups(node)
    }

    assert used <= known
