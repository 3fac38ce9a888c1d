"""Small decision files for tests, written in a few words instead of XML."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"
HEAD = f'<definitions xmlns="{MODEL}" namespace="here" name="file"'


def definitions(body: str, attributes: str = "") -> bytes:
    """A file with these elements in it."""
    return f"{HEAD} {attributes}>{body}</definitions>".encode()


def decision_file(
    key: str, policy: str, inputs: Sequence[str], outputs: Sequence[str], rows: Sequence[Sequence[str]]
) -> bytes:
    """A file with one decision that is a table; an input is a number, or a truth value when it is called `ok`."""
    return definitions(f'<decision id="{key}" name="{key}">{table(policy, inputs, outputs, rows)}</decision>')


def table(
    policy: str,
    inputs: Sequence[str],
    outputs: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    values: str = "",
    default: str = "",
    attributes: str = "",
) -> str:
    """A decision table; `values` are the allowed values of each output, `default` its default."""
    columns = "".join(
        f'<input id="in_{name}"><inputExpression typeRef="{"boolean" if name == "ok" else "number"}">'
        f"<text>{name}</text></inputExpression></input>"
        for name in inputs
    )
    inside = f"<outputValues><text>{escape(values)}</text></outputValues>" if values else ""
    inside += f"<defaultOutputEntry><text>{escape(default)}</text></defaultOutputEntry>" if default else ""
    results = "".join(f'<output id="out_{name}" name="{name}">{inside}</output>' for name in outputs)
    rules = "".join(
        f'<rule id="row_{number}">'
        + "".join(f"<inputEntry><text>{escape(cell)}</text></inputEntry>" for cell in row[: len(inputs)])
        + "".join(f"<outputEntry><text>{escape(cell)}</text></outputEntry>" for cell in row[len(inputs) :])
        + "</rule>"
        for number, row in enumerate(rows, start=1)
    )
    return f'<decisionTable id="the_table" hitPolicy="{policy}" {attributes}>{columns}{results}{rules}</decisionTable>'
