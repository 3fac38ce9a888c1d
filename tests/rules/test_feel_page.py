"""docs/feel.md: its examples are run, its functions are those of the library, its limits those of the code."""

import doctest
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rules.feel import Vocabulary, compile_expression, frame, lexer, nodes, parser, reader, values
from rules.feel.library import LIBRARY
from rules.feel.patterns import machine

PAGE = (Path(__file__).parents[2] / "docs" / "feel.md").read_text()
LENIENT = Vocabulary(lenient=True)


def section(title):
    """The lines below a heading, down to the next one."""
    _, found, after = PAGE.partition(f"# {title}\n")
    assert found, title
    return re.split(r"^#+ ", after, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text):
    """The cells of all tables, without their headings."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    below = [line for line, after in zip(lines, [*lines[1:], ""], strict=True) if "---|" not in line + after]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in below]


def value_of(source):
    return compile_expression(source, LENIENT).evaluate({}, now=datetime(2026, 6, 15, tzinfo=UTC))


def test_the_python_of_the_page_is_run():
    examples = doctest.DocTestParser().get_doctest(section("From Python"), {}, "docs/feel.md", None, 0)
    assert len(examples.examples) >= 12
    ran = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(examples)
    assert (ran.failed, ran.attempted) == (0, len(examples.examples))


def test_the_functions_of_the_page_are_those_of_the_library():
    told = {call: "页" in cell for cell, _ in rows(section("Functions")) for call in re.findall(r"`([^`]+)`", cell)}
    known = {
        f"{name}({', '.join(one.name + '?' * one.optional + '…' * one.many for one in signature.parameters)})": function
        for name, function in LIBRARY.items()
        for signature in function.signatures
    }
    assert told == {call: function.in_browser for call, function in known.items()}


def test_the_logic_of_the_page_is_that_of_the_language():
    table = [row for row in rows(section("Null and three values")) if len(row) == 5]
    assert len({(a, b) for a, b, *_ in table}) == 9
    for a, b, both, either, negated in table:
        for source, expected in ((f"{a} and {b}", both), (f"{a} or {b}", either), (f"not({a})", negated)):
            assert value_of(source) is value_of(expected), source


READINGS = [
    (*match.groups(), clause)
    for question, reading, example, clause in rows(section("Where the standard leaves room"))
    if (match := re.fullmatch(r"`(.+)` → `(.+)`", example))
]


@pytest.mark.parametrize(("source", "expected", "clause"), READINGS, ids=lambda text: str(text)[:50])
def test_a_reading_of_the_standard_is_the_one_told(source, expected, clause):
    found, told = value_of(source), value_of(expected)
    assert (found is None) is (told is None)
    assert values.equal(found, told) is True
    assert re.match(r"10\.3\.\d", clause)


def test_every_reading_has_an_example():
    assert len(READINGS) == len(rows(section("Where the standard leaves room"))) >= 30


def test_the_limits_of_the_page_are_those_of_the_code():
    told = [int(number.replace(",", "")) for _, number in rows(section("Limits"))]
    assert told == [
        lexer.MAX_CHARACTERS,
        lexer.MAX_TOKENS,
        reader.MAX_NESTING,
        nodes.MAX_DEPTH,
        parser.MAX_ITERATORS,
        frame.MAX_STEPS,
        frame.MAX_CALLS,
        values.MAX_TEXT,
        values.MAX_NESTING,
        values.MAX_RESULT,
        machine.MAX_PROGRAM,
        frame.MAX_NOTES,
    ]
