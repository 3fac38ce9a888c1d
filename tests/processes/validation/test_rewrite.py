"""What is made plain before the library parses a diagram (ENGINE.md 1.6, 1.7)."""

from pathlib import Path

import pytest
from lxml import etree

from processes.rewrite import rewrite
from processes.xml import BPMN, parse
from tests.processes.validation.drawing import diagram, flow, line, through, user

PROJECT = sorted((Path(__file__).parents[3] / "bpmn").glob("*.bpmn"))


def rewritten(data):
    return rewrite(parse(data))


def flows(root):
    return [
        (node.get("id"), node.get("sourceRef"), node.get("targetRef")) for node in root.iter(f"{{{BPMN}}}sequenceFlow")
    ]


def test_a_flow_without_id_gets_one_that_no_other_element_has():
    data = diagram(
        f'<startEvent id="begun"/>{user()}<endEvent id="done"/><endEvent id="begun_to_review"/>'
        + flow("begun", "review", id_="")
        + flow("review", "done", id_="kept")
    )
    assert flows(rewritten(data)) == [("begun_to_review_2", "begun", "review"), ("kept", "review", "done")]


def test_several_flows_out_of_an_activity_become_a_parallel_gateway():
    data = through(user(), "review", '<endEvent id="also"/>' + flow("review", "also"))
    root = rewritten(data)
    assert root.find(f".//{{{BPMN}}}parallelGateway").get("id") == "review_fork"
    assert sorted(flows(root)) == [
        ("begun_to_review", "begun", "review"),
        ("review_to_also", "review_fork", "also"),
        ("review_to_done", "review_fork", "done"),
        ("review_to_review_fork", "review", "review_fork"),
    ]


def test_several_flows_out_of_a_start_become_a_parallel_gateway():
    data = through(user(), "review", user("other") + line("begun", "other", "done"))
    assert ("begun_to_begun_fork", "begun", "begun_fork") in flows(rewritten(data))


def test_gateways_and_several_flows_into_an_activity_stay():
    data = diagram(
        f'<startEvent id="begun"/>{user()}<exclusiveGateway id="again" default="stop"/><endEvent id="done"/>'
        + line("begun", "review", "again")
        + flow("again", "review", "x = 1")
        + flow("again", "done", id_="stop")
    )
    before = flows(parse(data))
    assert flows(rewritten(data)) == before


@pytest.mark.parametrize(("written", "kept"), [("", "true"), ('isExecutable="false"', "false")])
def test_a_process_that_does_not_say_so_is_executable(written, kept):
    root = rewritten(through(user(), "review", process=written))
    assert root.find(f"{{{BPMN}}}process").get("isExecutable") == kept


def test_what_is_only_drawn_is_taken_out():
    data = through(
        user(),
        "review",
        '<laneSet id="l"><lane id="x"><flowNodeRef>review</flowNodeRef></lane></laneSet><dataStoreReference id="s"/>'
        '<dataObject id="o"/><dataObjectReference id="r" dataObjectRef="o"/><textAnnotation id="t"><text>t</text>'
        '</textAnnotation><association id="a" sourceRef="t" targetRef="review"/><group id="g"/>',
    )
    process = rewritten(data).find(f"{{{BPMN}}}process")
    assert {etree.QName(node).localname for node in process} == {"startEvent", "userTask", "endEvent", "sequenceFlow"}


@pytest.mark.parametrize("path", PROJECT, ids=lambda path: path.stem)
def test_rewriting_gives_the_same_ids_every_time_and_changes_a_plain_diagram_in_nothing(path):
    data = path.read_bytes()
    once = rewritten(data)
    assert flows(once) == flows(parse(data)) == flows(rewrite(once))
