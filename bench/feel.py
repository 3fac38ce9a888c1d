"""FEEL in microseconds: ours, cached as the service runs it, against pySFeel and feelin on the same 20 expressions.

`python -m bench.feel`. The others are measured where they are installed (`requirements-bench.txt`, the front end's dev
dependencies), each in a process of its own; neither keeps what it has parsed.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import timeit
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rules.dmn import load
from rules.feel import compile_expression

HERE = Path(__file__).parent
FRONTEND = HERE.parent / "frontend"
ROWS = 30


def ours(asked: dict[str, Any]) -> list[float]:
    """The best of several laps; the look-up of the compiled expression counts."""
    variables = asked["variables"]

    def evaluate(source: str) -> Any:
        return compile_expression(source).evaluate(variables)

    return [_best(partial(evaluate, source)) for source in asked["expressions"]]


def table_of_30_rows() -> float:
    """A decision of a table with 30 rows and two inputs, matched in the middle."""
    rows = "".join(
        f"<rule id='r{row}'><inputEntry><text>[{row * 10}..{row * 10 + 9}]</text></inputEntry>"
        f'<inputEntry><text>"k{row % 3}"</text></inputEntry><outputEntry><text>{row}</text></outputEntry></rule>'
        for row in range(ROWS)
    )
    model = load(
        f"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" id="m" name="m" namespace="urn:m">
        <inputData id="i1" name="area"><variable name="area" typeRef="number"/></inputData>
        <inputData id="i2" name="kind"><variable name="kind" typeRef="string"/></inputData>
        <decision id="fee" name="fee"><variable name="fee" typeRef="number"/>
        <informationRequirement><requiredInput href="#i1"/></informationRequirement>
        <informationRequirement><requiredInput href="#i2"/></informationRequirement>
        <decisionTable hitPolicy="UNIQUE">
        <input><inputExpression typeRef="number"><text>area</text></inputExpression></input>
        <input><inputExpression typeRef="string"><text>kind</text></inputExpression></input>
        <output typeRef="number"/>{rows}</decisionTable></decision></definitions>""".encode(),
        lenient=True,
    )
    inputs = {"area": 155, "kind": "k0"}
    if model.evaluate_decision("fee", inputs) != 15:
        raise SystemExit("The table does not give what it should.")
    return _best(lambda: model.evaluate_decision("fee", inputs))


def _best(run: Callable[[], Any]) -> float:
    return min(timeit.repeat(run, number=2_000, repeat=7)) / 2_000 * 1e6


def pysfeel() -> list[float] | None:
    """pySFeel's times; None where it is not installed."""
    ran = subprocess.run([sys.executable, HERE / "pysfeel_times.py"], capture_output=True, text=True, check=False)
    return [one["us"] for one in json.loads(ran.stdout)] if ran.returncode == 0 else None


def feelin(asked: dict[str, Any]) -> list[float] | None:
    """feelin's times; None where it or node is not installed."""
    node = shutil.which("node")
    if not node or not (FRONTEND / "node_modules" / "feelin").is_dir():
        return None
    script = (HERE / "feelin_times.mjs").read_text()
    command = [node, "--input-type=module", "-e", script]
    ran = subprocess.run(command, input=json.dumps(asked), capture_output=True, text=True, cwd=FRONTEND, check=False)
    return [one["us"] for one in json.loads(ran.stdout)] if ran.returncode == 0 else None


def main() -> None:
    asked = json.loads((HERE / "expressions.json").read_text())
    own, python, browser = ours(asked), pysfeel(), feelin(asked)
    print(f"{'expression':<45}{'ours µs':>10}{'pySFeel':>12}{'feelin':>12}")
    for index, source in enumerate(asked["expressions"]):
        others = "".join(
            f"{times[index] / own[index]:>11.1f}x" if times else f"{'-':>12}" for times in (python, browser)
        )
        print(f"{source:<45}{own[index]:>10.2f}{others}")
    for name, times in (("pySFeel", python), ("feelin", browser)):
        if times is None:
            print(f"{name} is not installed and was not measured.")
            continue
        ratios = sorted(theirs / mine for theirs, mine in zip(times, own, strict=True))
        print(f"{name}: median {statistics.median(ratios):.0f}x, least {ratios[0]:.1f}x slower than ours")
    print(f"table of {ROWS} rows and 2 inputs: {table_of_30_rows():.1f} µs")


if __name__ == "__main__":
    main()
