"""The project's own decision files in `rules/`, by the id of their decisions."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from kernel.errors import Reason
from kernel.texts import Text
from rules.dmn import Decision, DmnRefused, Model, check, load
from rules.feel import to_plain

DIRECTORY = Path(__file__).parent
_COLUMNS = ("code", "rule", "field")

# Tables that the rules book asks for and whose lines are still to be drawn: the one list of what nothing uses yet.
FOR_LINES_TO_COME: Mapping[str, str] = {
    "enterprise_certification": "class1 enterprise account (R-004-04)",
    "renewal_window": "practitioner renewal (R-1.13-1, R-2.11-2)",
    "unit_change_limit": "practitioner change (R-1.12-4, R-1.12-5)",
}


class Decisions:
    """All decisions of a folder, compiled and checked when it is opened. Safe to share between threads."""

    def __init__(self, directory: Path = DIRECTORY) -> None:
        """Read the folder.

        Raises:
            DmnRefused: a file is not fit to decide by; a gap or an overlap refuses it too (R-P-12).
        """
        self._files: dict[str, bytes] = {}
        for path in sorted(directory.glob("*.dmn")):
            data = path.read_bytes()
            for key in checked(data).decision_ids:
                if key in self._files:
                    raise ValueError(f"{path.name}: another file has a decision {key}, too")
                self._files[key] = data

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def exists(self, key: str) -> bool:
        return key in self._files

    def xml(self, key: str) -> bytes:
        """The file that a decision stands in; KeyError when there is none."""
        return self._files[key]

    def sha256(self, key: str) -> str:
        return hashlib.sha256(self._files[key]).hexdigest()

    def decision(self, key: str) -> Decision:
        """A decision by its id; KeyError when there is none."""
        return model_of(self._files[key]).decision(key)

    def evaluate(self, key: str, inputs: Mapping[str, Any], *, now: datetime | None = None) -> Any:
        """What a decision gives, as plain JSON.

        Raises:
            DecisionFailed: an input is missing or of another type, or the table cannot decide.
        """
        return to_plain(model_of(self._files[key]).evaluate_decision(key, inputs, now=now))


def reasons_of(model: Model, key: str, facts: Mapping[str, Any]) -> list[Reason]:
    """The reasons that a table gives: COLLECT those of each row, UNIQUE or FIRST one, of null `code` none.

    None means no refusal.

    Its columns are `code`, `rule` and `field`; whatever other column there is fills the message of the code.

    Raises:
        DecisionFailed: a fact that it asks for is missing or of another type.
    """
    found = to_plain(model.evaluate_decision(key, facts))
    rows = found if isinstance(found, list) else [found]
    return [_reason(row) for row in rows if row["code"] is not None]


def _reason(row: Mapping[str, Any]) -> Reason:
    parameters = {name: _text(value) for name, value in row.items() if name not in _COLUMNS and value is not None}
    return Reason(row["code"], parameters, rule=row.get("rule"), field=row.get("field"))


def _text(value: Any) -> Any:
    """A context of both languages is a text in them."""
    return Text(**value) if isinstance(value, dict) and value.keys() == {"zh", "en"} else value


@lru_cache(maxsize=256)
def model_of(xml: bytes) -> Model:
    """The compiled model of a file, once for each content."""
    return load(xml)


def checked(xml: bytes) -> Model:
    """The model of a file that may be deployed.

    Raises:
        DmnRefused: it cannot be read or compiled, or its tables have gaps, overlaps or rows that never apply.
    """
    model = model_of(xml)
    errors = [one for one in check(model) if one.severity == "error"]
    if errors:
        raise DmnRefused(errors)
    return model
