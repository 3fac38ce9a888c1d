"""Forty conditions of forms: the server, the browser and feelin, the evaluator inside form-js, give the same values.

The browser's part is `tests/browser/test_form_script.py`.
"""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from rules.feel import compile_expression, to_plain

VECTORS = json.loads((Path(__file__).parent / "form_vectors.json").read_text())
ROOT = Path(__file__).parents[2]
FRONTEND = ROOT / "frontend"


def test_there_are_forty_and_half_of_them_are_feelins():
    assert len({vector["source"] for vector in VECTORS["vectors"]}) == 40
    assert sum(vector["feelin"] for vector in VECTORS["vectors"]) >= 20
    assert {json.dumps(vector["value"]) for vector in VECTORS["vectors"]} >= {"true", "false", "null"}


def test_the_browsers_evaluator_is_at_most_two_kilobytes():
    script = (ROOT / "web" / "static" / "form.js").read_text()
    part = script[script.index("  // Conditions:") : script.index("  function answers(form)")]
    assert len(part.encode()) <= 2_048


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
