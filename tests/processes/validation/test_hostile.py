"""Bad input: every hostile file is refused with reasons, in less than two seconds, and the service is unharmed."""

import time

import pytest

from processes.findings import MAX_FINDINGS
from processes.xml import DiagramRefused, parse
from tests.processes.validation.drawing import (
    NAMESPACES,
    call,
    choice,
    diagram,
    errors,
    findings,
    flow,
    line,
    scope,
    sub,
    through,
    user,
)

GOOD = through(user(), "review")


def with_prolog(prolog):
    return GOOD.replace(b"?>", b"?>" + prolog, 1)


ENTITIES = b'<!DOCTYPE x [<!ENTITY a0 "ha">' + b"".join(
    b'<!ENTITY a%d "%s">' % (number + 1, b"&a%d;" % number * 10) for number in range(12)
)
BOMB = with_prolog(ENTITIES + b"]>").replace("流程".encode(), b"&a12;")
BOMB_IN_TEXT = with_prolog(ENTITIES + b"]>").replace(b"</process>", b"<documentation>&a12;</documentation></process>")
FILE = with_prolog(b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>').replace("流程".encode(), b"&f;")
REMOTE = with_prolog(b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">')


def chain(length):
    tasks = "".join(f'<intermediateThrowEvent id="step_{number}"/>' for number in range(length))
    ids = ["begun", *(f"step_{number}" for number in range(length)), "done"]
    return diagram(f'<startEvent id="begun"/>{tasks}<endEvent id="done"/>' + line(*ids))


def nested(depth):
    inside = user("inner")
    inner_id = "inner"
    for number in range(depth):
        inside = sub(scope(f"part_{number}", inside, inner_id), id_=f"part_{number}")
        inner_id = f"part_{number}"
    return through(inside, inner_id)


def parallel_pairs(count):
    nodes, flows, last = "", "", "begun"
    for number in range(count):
        split, join = f"split_{number}", f"join_{number}"
        one, two = f"one_{number}", f"two_{number}"
        nodes += f'<parallelGateway id="{split}"/><parallelGateway id="{join}"/>{user(one)}{user(two)}'
        flows += line(last, split, one, join) + line(split, two, join)
        last = join
    return diagram(f'<startEvent id="begun"/>{nodes}<endEvent id="done"/>{flows}' + flow(last, "done"))


def wide(count):
    tasks = "".join(user(f"task_{number}") for number in range(count))
    flows = "".join(line("split", f"task_{number}", "join") for number in range(count))
    return diagram(
        f'<startEvent id="begun"/><parallelGateway id="split"/>{tasks}<parallelGateway id="join"/><endEvent id="done"/>'
        + line("begun", "split")
        + flows
        + line("join", "done")
    )


def deep_xml(depth):
    return diagram("<extensionElements>" + "<x>" * depth + "</x>" * depth + "</extensionElements>")


HOSTILE = {
    "nothing": (b"", "not_xml"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "not_xml"),
    "text": (b"hello", "not_xml"),
    "half a file": (GOOD[:300], "not_xml"),
    "html": (b"<html><body/></html>", "not_bpmn"),
    "another XML": (b"<definitions/>", "not_bpmn"),
    "DMN": (b'<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/"/>', "not_bpmn"),
    "BPMN without a process": (f"<definitions {NAMESPACES}/>".encode(), "no_process"),
    "10 MB": (GOOD.replace(b"</process>", b" " * 10_000_000 + b"</process>"), "too_large"),
    "10 MB of anything": (b"<" * 10_000_000, "too_large"),
    "a billion laughs": (BOMB, "doctype"),
    "a billion laughs in text": (BOMB_IN_TEXT, "doctype"),
    "a file of the server": (FILE, "doctype"),
    "a fetched type": (REMOTE, "doctype"),
    "a type behind comments": (with_prolog(b"<!-- <x> --> <?x <y> ?>\n<!DOCTYPE x>"), "doctype"),
    "a type in UTF-16": (
        with_prolog(b"<!DOCTYPE x>").decode().replace('encoding="UTF-8"', "").encode("utf-16"),
        "doctype",
    ),
    "UTF-16 without its mark": (GOOD.decode().encode("utf-16-le"), "encoding"),
    "UTF-7": (GOOD.replace(b"UTF-8", b"UTF-7"), "encoding"),
    "EBCDIC": (GOOD.decode().encode("ascii", "ignore").decode().encode("cp500"), "not_xml"),
    "an unknown encoding": (GOOD.replace(b"UTF-8", b"x-none"), "encoding"),
    "an undefined entity": (GOOD.replace("流程".encode(), b"&x;"), "not_xml"),
    "broken bytes": (GOOD.replace("流程".encode(), b"\xff\xfe\xff"), "not_xml"),
    "very deep": (deep_xml(5_000), "not_xml"),
    "rather deep": (deep_xml(200), "element_refused"),
    "300,000 elements": (diagram("<a/>" * 300_000), "too_many_elements"),
    "50,000 refused elements": (diagram("<a/>" * 50_000), "too_many_findings"),
    "50,000 refused attributes": (
        through(user(attributes="".join(f' a{number}="1"' for number in range(50_000))), "review"),
        "too_many_attributes",
    ),
    "an attribute of a megabyte": (through(user("x" * 1_000_000), "review"), "id_invalid"),
    "400 nodes in a chain": (chain(400), "path_too_long"),
    "400 nodes in a loop": (
        chain(400).replace(b"</process>", flow("step_399", "step_0").encode() + b"</process>"),
        "path_too_long",
    ),
    "350 nodes over a sub-process": (
        chain(200).replace(
            b'<intermediateThrowEvent id="step_0"/>',
            sub(
                '<startEvent id="in"/><endEvent id="out"/>'
                + "".join(f'<intermediateThrowEvent id="deep_{number}"/>' for number in range(150))
                + line("in", *(f"deep_{number}" for number in range(150)), "out"),
                id_="step_0",
            ).encode(),
        ),
        "path_too_long",
    ),
    "1,500 nodes in a chain": (chain(1_500), "too_many_elements"),
    "30 levels": (nested(30), "nesting_too_deep"),
    "16 parallel pairs": (parallel_pairs(16), "too_many_paths"),
    "duplicate ids": (through(user() + user(), "review"), "id_duplicate"),
    "dangling references": (GOOD.replace(b'targetRef="done"', b'targetRef="gone"'), "reference_unknown"),
    "an endless condition": (choice(yes="(" * 100_000), "expression_invalid"),
    "a pattern that never ends": (choice(yes="&quot;" + "\\" * 50_001), "expression_invalid"),
    "many unclosed declarations": (b"<?xml " + b"encoding='a' " * 100_000, "not_xml"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_quickly_and_with_a_reason(name):
    data, code = HOSTILE[name]
    started = time.process_time()
    found = findings(data)
    assert time.process_time() - started < 2
    assert code in {one.code for one in found if one.severity == "error"}
    assert len(found) <= 2 * MAX_FINDINGS + 1
    assert all(len(one.text.zh) + len(one.text.en) < 2_000 for one in found)
    assert all(one.text.zh and one.text.en for one in found)


@pytest.mark.parametrize(
    "data",
    [
        chain(290),
        nested(20),
        parallel_pairs(9),
        wide(400),
        GOOD.decode().replace(' encoding="UTF-8"', "").encode("utf-16"),
        b"\xef\xbb\xbf" + GOOD,
        GOOD.decode().replace("UTF-8", "GB18030").encode("gb18030"),
        with_prolog(b"<!-- <!DOCTYPE x> -->"),
        GOOD + b"<!-- <!DOCTYPE x> -->\n",
    ],
)
def test_a_file_within_the_limits_is_accepted(data):
    assert errors(data) == []


def test_comments_do_not_hide_or_split_anything():
    split = choice(yes="decision <!-- a --> = <?x b?> &quot;pass&quot;")
    assert errors(split) == []
    assert errors(choice(yes="<!-- decision -->")) == ["expression_missing"]


def test_a_refused_file_has_its_findings():
    with pytest.raises(DiagramRefused) as caught:
        parse(b"hello")
    assert [finding.code for finding in caught.value.findings] == ["not_xml"]
    assert caught.value.code == "DEPLOYMENT_REFUSED"


def test_many_processes_that_call_each_other_take_no_time():
    files = {
        f"p{number}": through(call(attributes=f'calledElement="p{number + 1}"'), "call_other", key=f"p{number}")
        for number in range(300)
    }
    started = time.process_time()
    found = findings(files.pop("p0"), "p0", **files)
    assert time.process_time() - started < 4
    assert {one.code for one in found if one.severity == "error"} == {"process_unknown"}
