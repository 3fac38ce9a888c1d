"""Gaps, overlaps and rows that never apply are found before a table is deployed (R-P-12; issue B, 4)."""

from xml.sax.saxutils import escape

import pytest

from rules.dmn import check, load


def table(policy, inputs, rows, outputs=(("result", ""),)):
    """A file with one table: inputs as (name, type, allowed values), rows as lists of cells, the last ones outputs."""
    columns = "".join(
        f'<input id="{name}_in"><inputExpression typeRef="{kind}"><text>{name}</text></inputExpression>'
        + (f"<inputValues><text>{escape(values)}</text></inputValues>" if values else "")
        + "</input>"
        for name, kind, values in inputs
    )
    results = "".join(
        f'<output id="{name}_out" name="{name}">'
        + (f"<outputValues><text>{escape(values)}</text></outputValues>" if values else "")
        + "</output>"
        for name, values in outputs
    )
    lines = "".join(
        f'<rule id="row_{number}">'
        + "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in row[: len(inputs)])
        + "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in row[len(inputs) :])
        + "</rule>"
        for number, row in enumerate(rows, start=1)
    )
    return (
        '<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="here" name="file">'
        f'<decision id="decided" name="decided"><decisionTable id="planted" hitPolicy="{policy}">'
        f"{columns}{results}{lines}</decisionTable></decision></definitions>"
    ).encode()


def found(*arguments, **keywords):
    return check(load(table(*arguments, **keywords)))


DAYS = [("days", "number", "")]

# What is planted, and what the finding must say.
PLANTED = {
    "a gap between two numbers": (
        ("UNIQUE", DAYS, [["> 90", "1"], ["[30..90)", "2"], ["< 30", "3"]]),
        "table_gap",
        "when days = 90",
    ),
    "a gap between whole numbers read as real ones": (
        ("UNIQUE", DAYS, [[">= 30", "1"], ["<= 29", "2"]]),
        "table_gap",
        "when days = 29.5",
    ),
    "a gap below": (("FIRST", DAYS, [[">= 0", "1"]]), "table_gap", "when days = -1"),
    "a gap above": (("FIRST", DAYS, [["<= 3.5", "1"]]), "table_gap", "when days = 4"),
    "a gap of whole numbers": (
        ("UNIQUE", [("days", "integer", "")], [["> 30", "1"], ["< 30", "2"]]),
        "table_gap",
        "when days = 30",
    ),
    "a gap of texts": (("UNIQUE", [("kind", "string", "")], [['"a"', "1"], ['"b"', "2"]]), "table_gap", "other text"),
    "a gap of listed texts": (
        ("UNIQUE", [("kind", "string", '"a", "b", "c"')], [['"a"', "1"], ['"c"', "2"]]),
        "table_gap",
        'when kind = "b"',
    ),
    "a gap of truth values": (("FIRST", [("ok", "boolean", "")], [["true", "1"]]), "table_gap", "when ok = false"),
    "a gap of days": (
        (
            "UNIQUE",
            [("on", "date", "")],
            [['< date("2026-06-15")', "1"], ['> date("2026-06-15")', "2"]],
        ),
        "table_gap",
        "when on = 2026-06-15",
    ),
    "a gap in one corner": (
        (
            "UNIQUE",
            [("days", "number", ""), ("ok", "boolean", "")],
            [["< 5", "-", "1"], [">= 5", "true", "2"], ["> 5", "false", "3"]],
        ),
        "table_gap",
        "when days = 5, ok = false",
    ),
    "a gap at null, which another cell names": (
        ("UNIQUE", [("until", "date", ""), ("ok", "boolean", "")], [["null", "true", "1"], ["not(null)", "-", "2"]]),
        "table_gap",
        "when until = null, ok = false",
    ),
    "an overlap of numbers": (
        ("UNIQUE", DAYS, [[">= 30", "1"], ["<= 30", "2"]]),
        "table_overlap",
        "rows 1, 2 all apply when days = 30",
    ),
    "an overlap of a text with the rest": (
        ("UNIQUE", [("kind", "string", "")], [['"a"', "1"], ['not("b")', "2"], ['"b"', "3"]]),
        "table_overlap",
        'rows 1, 2 all apply when kind = "a"',
    ),
    "an overlap in one corner": (
        (
            "UNIQUE",
            [("days", "number", ""), ("ok", "boolean", "")],
            [["< 5", "-", "1"], [">= 4", "true", "2"], [">= 5", "false", "3"]],
        ),
        "table_overlap",
        "rows 1, 2 all apply when days = 4, ok = true",
    ),
    "an overlap of days": (
        (
            "UNIQUE",
            [("on", "date", "")],
            [['<= date("2026-06-15")', "1"], ['[@"2026-06-15"..@"2026-07-01"]', "2"], ['> @"2026-07-01"', "3"]],
        ),
        "table_overlap",
        "on = 2026-06-15",
    ),
    "an ANY table that contradicts itself": (
        ("ANY", DAYS, [["> 5", "1"], ["> 10", "2"]]),
        "any_differs",
        "rows 1, 2 apply when days = 11",
    ),
    "a row after one that lets all pass": (("FIRST", DAYS, [["-", "1"], ["> 5", "2"]]), "row_unreachable", "Row 2"),
    "a row that two others cover together": (
        ("FIRST", DAYS, [["< 5", "1"], [">= 5", "2"], ["[0..10]", "3"]]),
        "row_unreachable",
        "Row 3",
    ),
    "a range that holds nothing": (("COLLECT", DAYS, [["[9..1]", "1"]]), "row_unreachable", "no value of days"),
    "a value that is not allowed": (
        ("COLLECT", [("kind", "string", '"a", "b"')], [['"c"', "1"]]),
        "row_unreachable",
        "no value of kind",
    ),
    "an output that is not allowed": (
        ("COLLECT", DAYS, [["-", '"C"']], (("code", '"A", "B"'),)),
        "output_not_allowed",
        'The output "C" of row 1',
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found_with_its_example(name):
    arguments, code, text = PLANTED[name]

    errors = [one for one in found(*arguments) if one.severity == "error"]

    assert code in {one.code for one in errors}
    assert any(text in one.text.en for one in errors if one.code == code), [one.text.en for one in errors]
    assert all(one.line and one.element_id for one in errors)


@pytest.mark.parametrize(
    "arguments",
    [
        ("UNIQUE", DAYS, [["> 90", "1"], ["[30..90]", "2"], ["[0..30)", "3"], ["< 0", "4"]]),
        ("UNIQUE", [("days", "integer", "")], [[">= 30", "1"], ["<= 29", "2"]]),
        ("UNIQUE", [("kind", "string", '"a", "b"')], [['"a"', "1"], ['"b"', "2"]]),
        ("UNIQUE", [("kind", "string", "")], [['"a", "b"', "1"], ['not("a", "b")', "2"]]),
        ("UNIQUE", [("kind", "string", "")], [['"a"', "1"], ['!= "a"', "2"]]),
        ("UNIQUE", [("on", "date", "")], [['<= @"2026-06-15"', "1"], ['>= @"2026-06-16"', "2"]]),
        ("UNIQUE", [("until", "date", "")], [["null", "1"], ["not(null)", "2"]]),
        ("FIRST", DAYS, [["< 5", "1"], ["-", "2"]]),
        ("ANY", DAYS, [["> 5", "1"], ["> 10", "1"]]),
        ("COLLECT", DAYS, [["> 5", "1"], ["> 10", "2"]]),
        ("UNIQUE", [], [["1"]]),
    ],
)
def test_a_sound_table_is_left_in_peace(arguments):
    assert found(*arguments) == []


def test_a_default_output_closes_a_gap():
    file = table("UNIQUE", DAYS, [["> 5", "1"]]).replace(
        b'name="result">', b'name="result"><defaultOutputEntry><text>0</text></defaultOutputEntry>'
    )

    assert check(load(file)) == []


def test_a_condition_on_another_input_is_not_taken_for_a_hole():
    """It may or may not hold, so nothing certain can be said: a warning, and no error that could be wrong."""
    inputs = [("days", "number", ""), ("other", "number", "")]

    findings = found("UNIQUE", inputs, [["< other", "-", "1"], [">= 10", "-", "2"]])

    assert [one.code for one in findings] == ["column_not_checked"]
    assert findings[0].severity == "warning"


def test_an_overlap_besides_such_a_condition_is_still_found():
    inputs = [("days", "number", ""), ("other", "number", "")]

    findings = found("UNIQUE", inputs, [["< other", "-", "1"], [">= 10", "-", "2"], ["10", "-", "3"]])

    assert [one.code for one in findings if one.severity == "error"] == ["table_overlap"]


def test_a_large_table_is_searched_in_bounded_time():
    inputs = [(f"n{number}", "number", "") for number in range(12)]
    rows = [[f"> {(row * 7 + column * 5) % 40}" for column in range(12)] + ["1"] for row in range(60)]

    codes = {one.code for one in found("UNIQUE", inputs, rows)}

    assert codes <= {"table_gap", "table_overlap", "table_too_large"}
    assert "table_gap" in codes


def test_findings_speak_both_languages():
    (gap,) = found("UNIQUE", DAYS, [["> 90", "1"], ["< 90", "2"]])

    assert gap.text.zh == "UNIQUE 表有遗漏：days = 90 时没有任何一行适用"
    assert gap.text.en == "The UNIQUE table has a gap: no row applies when days = 90"
    assert (gap.element_id, gap.severity) == ("planted", "error")
