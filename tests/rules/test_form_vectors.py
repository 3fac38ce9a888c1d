"""Forty conditions of forms: the server, the browser and feelin, the evaluator inside form-js, give the same values.

The browser's part is `tests/browser/test_form_script.py`.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.feel import FeelError, compile_expression, to_plain

VECTORS = json.loads((Path(__file__).parent / "form_vectors.json").read_text())
ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"


def test_there_are_forty_and_half_of_them_are_feelins():
    assert len({vector["source"] for vector in VECTORS["vectors"]}) == 40
    assert sum(vector["feelin"] for vector in VECTORS["vectors"]) >= 20
    assert {json.dumps(vector["value"]) for vector in VECTORS["vectors"]} >= {"true", "false", "null"}


def script_part() -> str:
    """The evaluator within the script of form pages."""
    script = (ROOT / "web" / "static" / "form.js").read_text()
    return script[script.index("  // Conditions:") : script.index("  // What is empty")]


def test_the_browsers_evaluator_is_at_most_two_kilobytes():
    assert len(script_part().encode()) <= 2_048


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda vector: vector["source"])
def test_the_server_gives_the_value(vector):
    compiled = compile_expression(vector["source"])
    found = to_plain(compiled.evaluate(VECTORS["answers"]))
    assert found == vector["value"]
    assert type(found) is type(vector["value"])
    assert compiled.to_json()


def test_feelin_gives_the_values():
    node = shutil.which("node")
    if not node or not (FRONTEND / "node_modules" / "feelin").is_dir():
        pytest.skip("node or feelin is not installed")
    agreed = [vector for vector in VECTORS["vectors"] if vector["feelin"]]
    asked = json.dumps({"answers": VECTORS["answers"], "sources": [vector["source"] for vector in agreed]})
    # Given as text and run among the front end's packages, where node finds feelin.
    script = (Path(__file__).parent / "feelin.mjs").read_text()
    ran = subprocess.run(
        [node, "--input-type=module", "-e", script],
        input=asked,
        capture_output=True,
        text=True,
        cwd=FRONTEND,
        timeout=60,
        check=True,
    )
    found = json.loads(ran.stdout)
    assert dict(zip((vector["source"] for vector in agreed), found, strict=True)) == {
        vector["source"]: vector["value"] for vector in agreed
    }


@pytest.fixture(scope="module")
def in_the_script():
    """Evaluates trees by the very script of the pages, one line of JSON a question."""
    node = shutil.which("node")
    if not node:
        pytest.skip("node is not installed")
    loop = """
        const lines = require("node:readline").createInterface({ input: process.stdin });
        lines.on("line", (line) => {
          const [tree, scope] = JSON.parse(line);
          console.log(JSON.stringify(value(tree, scope)));
        });"""
    with subprocess.Popen(
        [node, "-e", f'"use strict";{script_part()}{loop}'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:

        def ask(tree, scope):
            process.stdin.write(json.dumps([tree, scope]) + "\n")
            process.stdin.flush()
            return json.loads(process.stdout.readline())

        yield ask
        process.stdin.close()


NAMES = st.sampled_from(["text", "number", "ticked", "empty", "list", "one", "none", "missing", "person.age"])
WRITTEN = st.sampled_from(["1", "0", "-2", "12", "0.1", "0.2", "0.3", '"a"', '"abc"', '""', "true", "false", "null"])
SIGNS = st.sampled_from(["=", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "and", "or", "in"])
RANGES = st.sampled_from(["[1..5]", "(0..12]", "[-2..0.3)", "]0..1[", '["a".."b"]', "(1, 2)", '("a", < "b")', "> 3"])
ANSWERS = st.fixed_dictionaries(
    {
        "text": st.none() | st.sampled_from(["", "a", "abc", "12"]),
        "number": st.none() | st.integers(-20, 20) | st.sampled_from([0.1, 0.2, 0.3, 2.5]),
        "ticked": st.none() | st.booleans(),
        "empty": st.none(),
        "list": st.lists(st.sampled_from(["a", "abc"]), max_size=3),
        "one": st.just(["abc"]),
        "none": st.just([]),
        "person": st.none() | st.fixed_dictionaries({"age": st.integers(0, 99)}),
    }
)


def conditions(inner):
    """What a condition may hold, one level up."""
    return st.one_of(
        st.tuples(inner, SIGNS, inner).map(lambda part: f"({part[0]}) {part[1]} ({part[2]})"),
        st.tuples(inner, RANGES).map(lambda part: f"({part[0]}) in {part[1]}"),
        st.tuples(inner, inner, inner).map(lambda part: f"({part[0]}) between ({part[1]}) and ({part[2]})"),
        st.tuples(inner, inner, inner).map(lambda part: f"if {part[0]} then {part[1]} else {part[2]}"),
        inner.map(lambda part: f"-({part})"),
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        st.tuples(st.sampled_from(["not", "count", "string length"]), inner).map(lambda part: f"{part[0]}({part[1]})"),
        st.tuples(st.sampled_from(["contains", "starts with", "list contains"]), inner, inner).map(
            lambda part: f"{part[0]}({part[1]}, {part[2]})"
        ),
    )


def as_the_script_counts(found):
    """Fifteen digits: the script calculates with JavaScript's numbers."""
    if isinstance(found, list):
        return [as_the_script_counts(one) for one in found]
    return float(f"{found:.15g}") if isinstance(found, (int, float)) and not isinstance(found, bool) else found


@settings(max_examples=600, deadline=None)
@given(st.recursive(NAMES | WRITTEN, conditions, max_leaves=6), ANSWERS)
def test_every_condition_that_a_form_may_have_means_the_same_in_its_page(in_the_script, source, answers):
    compiled = compile_expression(source)
    try:
        tree = compiled.to_json()
        expected = to_plain(compiled.evaluate(answers))
    except FeelError:
        return  # a form with this condition is refused
    found = in_the_script(tree, answers)
    assert as_the_script_counts(found) == as_the_script_counts(expected)
    assert isinstance(found, bool) is isinstance(expected, bool)
