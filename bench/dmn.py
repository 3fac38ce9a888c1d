"""Decision tables in microseconds: `python -m bench.dmn`.

The target is 80 µs for 30 rows and two inputs; what a table costs when its cells cannot be searched, how it grows with
its rows, and what the checks of a deployment cost stand beside it.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from rules.dmn import check, load
from rules.tables import Decisions, model_of, reasons_of

TARGET_US = 80.0


def table(policy: str, rows: Sequence[tuple[str, str]]) -> bytes:
    """A file with one table over a number and a text."""
    written = "".join(
        f"<rule id='row_{number}'>"
        + "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in row)
        + f"<outputEntry><text>{number}</text></outputEntry></rule>"
        for number, row in enumerate(rows)
    )
    return f"""<definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" namespace="bench" name="bench">
        <inputData id="area" name="area"><variable name="area" typeRef="number"/></inputData>
        <inputData id="kind" name="kind"><variable name="kind" typeRef="string"/></inputData>
        <decision id="fee" name="fee">
        <informationRequirement><requiredInput href="#area"/></informationRequirement>
        <informationRequirement><requiredInput href="#kind"/></informationRequirement>
        <decisionTable hitPolicy="{policy}">
        <input><inputExpression typeRef="number"><text>area</text></inputExpression></input>
        <input><inputExpression typeRef="string"><text>kind</text></inputExpression></input>
        <output name="fee" typeRef="number"/>{written}</decisionTable></decision></definitions>""".encode()


def ranges(count: int) -> list[tuple[str, str]]:
    return [(f"[{row * 10}..{row * 10 + 9}]", f'"k{row % 3}"') for row in range(count)]


def computed(count: int) -> list[tuple[str, str]]:
    """Cells that no search can find: each is asked."""
    return [(f"? >= {row * 10} and ? <= {row * 10 + 9}", f'starts with(?, "k{row % 3}")') for row in range(count)]


def figures() -> Iterator[tuple[str, float]]:
    """Each case with the best of its laps in µs."""
    inputs: dict[str, Any] = {"area": 155, "kind": "k0"}
    for name, file in (
        ("30 rows x 2 inputs, UNIQUE", table("UNIQUE", ranges(30))),
        ("30 rows x 2 inputs, FIRST", table("FIRST", ranges(30))),
        ("30 rows x 2 inputs, RULE ORDER", table("RULE ORDER", ranges(30))),
        ("1,000 rows x 2 inputs, UNIQUE", table("UNIQUE", ranges(1_000))),
        ("30 rows x 2 inputs, computed cells", table("UNIQUE", computed(30))),
    ):
        model = load(file)
        yield name, _best(lambda model=model: model.evaluate_decision("fee", inputs), 1_000)  # type: ignore[misc]
    eligibility = model_of(Decisions().xml("transfer_eligibility"))
    facts = {"valid_count": 1, "today": "2026-06-15", "transfer_allowed_from": "2026-06-15", "same_employer": False}
    yield "transfer_eligibility", _best(lambda: reasons_of(eligibility, "transfer_eligibility", facts), 1_000)
    model = load(table("UNIQUE", ranges(30)))
    yield "checking 30 rows x 2 inputs", _best(lambda: check(model), 20)
    file = Path(__file__).parents[1].joinpath("rules", "transfer_eligibility.dmn").read_bytes()
    yield "loading transfer_eligibility", _best(lambda: load(file), 20)


def _best(run: Callable[[], object], number: int) -> float:
    return min(timeit.repeat(run, number=number, repeat=5)) / number * 1e6


def main() -> None:
    for place, (name, microseconds) in enumerate(figures()):
        verdict = "" if place else f"   target {TARGET_US:.0f}: {'met' if microseconds <= TARGET_US else 'missed'}"
        print(f"{name:<38}{microseconds:>10.1f} µs{verdict}")


if __name__ == "__main__":
    main()
