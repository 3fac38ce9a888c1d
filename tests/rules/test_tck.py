"""The compatibility kit, where it is present, and the tool that runs it."""

import json
from decimal import Decimal

import pytest

from tools import tck
from tools.tck_cases import Untyped, suites

MODEL = """<definitions xmlns="https://www.omg.org/spec/DMN/20230324/MODEL/" name="m" namespace="urn:m" id="m">
  <inputData name="area" id="i"><variable name="area" typeRef="number"/></inputData>
  <decision name="big" id="d1"><variable name="big"/>
    <informationRequirement id="r1"><requiredInput href="#i"/></informationRequirement>
    <literalExpression><text>area &gt; 100</text></literalExpression></decision>
  <decision name="third" id="d2"><variable name="third"/><literalExpression><text>1 / 3</text></literalExpression></decision>
</definitions>"""

TESTS = """<testCases xmlns="http://www.omg.org/spec/DMN/20160719/testcase"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
  <modelName>own.dmn</modelName>
  <testCase id="1">
    <inputNode name="area"><value xsi:type="xsd:decimal">120</value></inputNode>
    <inputNode name="rest"><list><item><component name="on"><value xsi:type="xsd:date">2026-06-15</value></component></item>
      <item><value xsi:nil="true"/></item></list></inputNode>
    <resultNode name="big" type="decision"><expected><value xsi:type="xsd:boolean">true</value></expected></resultNode>
    <resultNode name="third" type="decision"><expected><value xsi:type="xsd:double">0.333333333</value></expected></resultNode>
    <resultNode name="nowhere" type="decision"><expected><value xsi:nil="true"/></expected></resultNode>
  </testCase>
</testCases>"""


@pytest.fixture
def kit(tmp_path, monkeypatch):
    for level in tck.LEVELS:
        folder = tmp_path / level / "own"
        folder.mkdir(parents=True)
        (folder / "own.dmn").write_text(MODEL)
        (folder / "own-test-01.xml").write_text(TESTS)
    monkeypatch.setenv("TCK_DIR", str(tmp_path))
    return tmp_path


def test_inputs_and_results_are_read_with_their_types(kit):
    [suite] = suites(kit / "level-2")
    [case] = suite.cases
    assert case.inputs["area"] == Decimal(120)
    [row, nothing] = case.inputs["rest"]
    assert (row["on"].year, row["on"].day, nothing) == (2026, 15, None)
    assert [result.expected for result in case.results] == [True, Decimal("0.333333333"), None]


def test_a_value_without_a_type_is_read_as_the_model_declares_it(kit):
    for file in kit.rglob("*.xml"):
        file.write_text(file.read_text().replace(' xsi:type="xsd:decimal"', "").replace(' xsi:type="xsd:boolean"', ""))

    outcomes = {one.node: one.reason for one in tck.outcomes(kit)}

    assert (outcomes["big"], outcomes["third"]) == ("", "")


@pytest.mark.parametrize(
    ("found", "text", "same"),
    [
        ("5", "5", True),
        (Decimal(5), "5.0", True),
        (Decimal(5), "6", False),
        (True, "true", True),
        (None, "", True),
        (None, "x", False),
    ],
)
def test_a_result_without_a_type_is_held_against_what_was_found(found, text, same):
    assert tck.same(found, Untyped(text)) is same


def test_an_exception_is_a_failure_and_the_last_line_counts(kit, capsys, monkeypatch):
    written = kit / "figures.json"
    monkeypatch.setattr("sys.argv", ["tck", "--json", str(written)])
    tck.main()
    printed = capsys.readouterr().out
    assert "level-2/own 1 nowhere" in printed
    assert printed.splitlines()[-1] == "tck: L2 2/3, L3 2/3"
    assert json.loads(written.read_text())["levels"]["level-3"] == {"passed": 2, "total": 3}


def test_without_the_kit_nothing_is_measured(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("TCK_DIR", str(tmp_path / "nowhere"))
    monkeypatch.setattr("sys.argv", ["tck"])
    tck.main()
    printed = capsys.readouterr().out
    assert "There is no kit" in printed
    assert printed.splitlines()[-1] == "tck: L2 0/0, L3 0/0"


def test_the_kit_passes():
    kit = tck.folder_of_the_kit()
    if not (kit / "level-3").is_dir():
        pytest.skip("the compatibility kit is not here")
    found = list(tck.outcomes(kit))
    failures = [one for one in found if not one.passed]
    assert [one for one in failures if one.level == "level-2"] == []
    assert len(failures) <= 0.03 * len(found)
