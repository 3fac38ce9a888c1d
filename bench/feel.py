"""FEEL in microseconds: ours, cached as the service runs it, against pySFeel and feelin, all in one run.

`python -m bench.feel`. The same 20 expressions, and a table of 30 rows and two inputs, which the others ask cell by
cell. They are measured where they are installed (`requirements-bench.txt`, the front end's dev dependencies), each in a
process of its own; neither keeps what it has parsed. The figures are also written to `var/bench/feel.json`.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import timeit
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from bench.dmn import ranges, table
from rules.dmn import load
from rules.feel import compile_expression

HERE = Path(__file__).parent
FRONTEND = HERE.parent / "frontend"
WRITTEN = HERE.parent / "var" / "bench" / "feel.json"
ROWS = 30
FACTS = {"area": 155, "kind": "k0"}  # row 15 applies
TARGET_RATIO, TARGET_AGREE_US, TARGET_TABLE_US = 10.0, 3.0, 80.0


def ours(expressions: Sequence[str], variables: Mapping[str, Any]) -> list[float]:
    """The best of several laps; the look-up of the compiled expression counts."""

    def evaluate(source: str) -> Any:
        return compile_expression(source).evaluate(variables)

    return [_best(partial(evaluate, source)) for source in expressions]


def table_of_30_rows() -> float:
    """A decision of the table, matched in the middle; the result is checked first."""
    model = load(table("UNIQUE", ranges(ROWS)))
    if model.evaluate_decision("fee", FACTS) != 15:
        raise SystemExit("The table does not give what it should.")
    return _best(lambda: model.evaluate_decision("fee", FACTS))


def cells() -> list[str]:
    """The cells of the table as the expressions that somebody without decision tables asks."""
    return [expression for area, kind in ranges(ROWS) for expression in (f"area in {area}", f"kind = {kind}")]


def _best(run: Callable[[], Any]) -> float:
    # Many short laps: on a busy machine some of them are run through without a pause.
    return min(timeit.repeat(run, number=200, repeat=60)) / 200 * 1e6


def pysfeel(expressions: Sequence[str], variables: Mapping[str, Any]) -> list[float] | None:
    """pySFeel's times; None where it is not installed."""
    return _measured([sys.executable, str(HERE / "pysfeel_times.py")], HERE, expressions, variables)


def feelin(expressions: Sequence[str], variables: Mapping[str, Any]) -> list[float] | None:
    """feelin's times; None where it or node is not installed."""
    node = shutil.which("node")
    if not node or not (FRONTEND / "node_modules" / "feelin").is_dir():
        return None
    # Given as text and run among the front end's packages, where node finds feelin.
    script = (HERE / "feelin_times.mjs").read_text()
    return _measured([node, "--input-type=module", "-e", script], FRONTEND, expressions, variables)


def _measured(
    command: Sequence[str], folder: Path, expressions: Sequence[str], variables: Mapping[str, Any]
) -> list[float] | None:
    asked = json.dumps({"expressions": expressions, "variables": variables})
    ran = subprocess.run(command, input=asked, capture_output=True, text=True, cwd=folder, check=False)
    return [one["us"] for one in json.loads(ran.stdout)] if ran.returncode == 0 else None


def main() -> None:
    asked = json.loads((HERE / "expressions.json").read_text())
    expressions, variables = asked["expressions"], asked["variables"]
    # Before and after the others, who need longer and so are likelier to meet a quiet moment of the machine.
    before, table_before = ours(expressions, variables), table_of_30_rows()
    others = {"pySFeel": pysfeel, "feelin": feelin}
    times = {name: measure(expressions, variables) for name, measure in others.items()}
    asked_cells = {name: measure(cells(), FACTS) for name, measure in others.items()}
    own = [min(laps) for laps in zip(before, ours(expressions, variables), strict=True)]
    own_table = min(table_before, table_of_30_rows())
    tables = {name: sum(found) if found else None for name, found in asked_cells.items()}

    def line(name: str, mine: float, theirs: Mapping[str, float | None]) -> str:
        ratios = "".join(f"{f'{one / mine:.1f}x' if one else '-':>12}" for one in theirs.values())
        return f"{name:<45}{mine:>10.2f}{ratios}"

    print(
        f"{'µs, and how many times slower the others are':<45}{'ours':>10}{''.join(f'{name:>12}' for name in others)}"
    )
    for index, source in enumerate(expressions):
        print(line(source, own[index], {name: found[index] if found else None for name, found in times.items()}))
    print(line(f"table of {ROWS} rows and 2 inputs", own_table, tables))

    figures = {"agree_us": own[0], "table_30x2_us": own_table}
    for name, found in times.items():
        if found is None:
            print(f"{name} is not installed and was not measured.")
            continue
        ratios = [theirs / mine for theirs, mine in zip(found, own, strict=True)]
        figures |= {
            f"{name.lower()}_median_ratio": statistics.median(ratios),
            f"{name.lower()}_least_ratio": min(ratios),
        }
    _say(figures)
    WRITTEN.parent.mkdir(parents=True, exist_ok=True)
    WRITTEN.write_text(json.dumps({name: round(value, 2) for name, value in figures.items()}, indent=1) + "\n")


def _say(figures: Mapping[str, float]) -> None:
    """Each figure, with its target where it has one."""
    most = {"agree_us": TARGET_AGREE_US, "table_30x2_us": TARGET_TABLE_US}
    for name, value in figures.items():
        target = ""
        if name in most:
            target = f"   at most {most[name]:g}: {'met' if value <= most[name] else 'missed'}"
        elif name.startswith("pysfeel"):
            target = f"   at least {TARGET_RATIO:g}: {'met' if value >= TARGET_RATIO else 'missed'}"
        print(f"{name:<25}{value:>8.2f}{target}")


if __name__ == "__main__":
    main()
