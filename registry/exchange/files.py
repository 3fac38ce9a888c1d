"""Simulated sources: CSV files in a folder, one a source, with a header of the names of the row's fields.

Dates are ISO, truth values `yes` and `no`, what is unknown is empty. A column `from` may stand before the others: the
row is told from that day on, so that a folder can hold what arrives tomorrow.
"""

from __future__ import annotations

import csv
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Generic, TypeVar, Union, get_args, get_origin, get_type_hints

from kernel.identifiers import normalised_id_number
from registry.exchange import ports
from registry.exchange.ports import (
    AbnormalEntry,
    Contribution,
    EnterpriseQualification,
    InConstructionLock,
    MinistryRegistration,
    PassedExam,
    SourceFailed,
    Sources,
)
from registry.exchange.working_days import working_day_after

R = TypeVar("R")

FROM = "from"
_KEYS = ("id", "uscc")  # what a row is known by, if it has such a field
_MAY_BE_EMPTY = frozenset({"specialties"})  # of engineers, who have none
_DEFAULT_DELAY = 1


def _truth(text: str) -> bool:
    return {"yes": True, "no": False}[text]


_READERS: Mapping[Any, Callable[[str], Any]] = {str: str, int: int, bool: _truth, date: date.fromisoformat}


def file_sources(folder: Path) -> Sources:
    """The simulated sources of a folder; a file that is missing is a source that is not reached."""
    return Sources(
        ministry=FileSource(folder / f"{ports.MINISTRY}.csv", MinistryRegistration),
        qualifications=FileSource(folder / f"{ports.QUALIFICATION}.csv", PassedExam),
        enterprises=FileSource(folder / f"{ports.ENTERPRISE}.csv", EnterpriseQualification),
        locks=FileSource(folder / f"{ports.IN_CONSTRUCTION}.csv", InConstructionLock),
        abnormal=FileSource(folder / f"{ports.ABNORMAL}.csv", AbnormalEntry),
        social_insurance=FileSocialInsurance(folder / f"{ports.SOCIAL_INSURANCE}.csv"),
    )


class FileSource(Generic[R]):
    """One file of rows of a kind; read anew each time it is asked."""

    def __init__(self, path: Path, kind: type[R]) -> None:
        self._path = path
        self._kind = kind

    def rows(self, on: date) -> Sequence[R]:
        found = [row for since, row in _read(self._path, self._kind) if since is None or since <= on]
        key = next((name for name in _KEYS if hasattr(self._kind, name)), None)
        if key and len({getattr(row, key) for row in found}) < len(found):
            raise SourceFailed(f"{self._path.name}: two rows have the same {key}")
        return found


@dataclass(frozen=True, slots=True)
class _Paid:
    id_number: str
    month: str
    payer_code: str
    payer_name: str
    paid: bool
    answer_after: int | None  # working days until the person's answer is back


class FileSocialInsurance:
    """Months paid by ID number; a person's answer is back after `answer_after` working days, one where none says."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def answer(self, id_number: str, *, requested_on: date, on: date) -> Sequence[Contribution] | None:
        known = [row for _, row in _read(self._path, _Paid) if row.id_number == id_number]
        delay = max((row.answer_after or _DEFAULT_DELAY for row in known), default=_DEFAULT_DELAY)
        if on < working_day_after(requested_on, delay):
            return None
        return [Contribution(row.month, row.payer_code, row.payer_name, row.paid) for row in known]


def write_rows(path: Path, kind: type[Any], rows: Sequence[Any], since: Mapping[str, date] | None = None) -> None:
    """Write rows as a file of this form; `since` gives the day from which a row of this id is told."""
    names = [field.name for field in fields(kind)]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([FROM, *names])
        for row in rows:
            day = (since or {}).get(getattr(row, "id", ""), "")
            writer.writerow([day, *(_written(getattr(row, name)) for name in names)])


def _written(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _read(path: Path, kind: type[R]) -> Iterator[tuple[date | None, R]]:
    """
    Raises:
        SourceFailed: there is no such file, or a row is not of this kind; tells the line and the column.
    """
    types_ = get_type_hints(kind)
    names = [field.name for field in fields(kind)]  # type: ignore[arg-type]
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            found = set(reader.fieldnames or ()) - {FROM}
            if found != set(names):
                raise SourceFailed(f"{path.name}: expected the columns {', '.join(names)}")
            for row in reader:
                since = _cell(path, reader.line_num, FROM, date | None, row.get(FROM, ""))
                values = {name: _cell(path, reader.line_num, name, types_[name], row[name]) for name in names}
                yield since, kind(**values)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceFailed(f"{path.name}: {type(error).__name__}") from error


def _cell(path: Path, line: int, name: str, wanted: Any, text: str | None) -> Any:
    is_optional = get_origin(wanted) in (types.UnionType, Union)
    kind = next(each for each in get_args(wanted) if each is not type(None)) if is_optional else wanted
    text = (text or "").strip()
    if not text and is_optional:
        return None
    try:
        if not text and name not in _MAY_BE_EMPTY:
            raise ValueError(name)
        return _READERS[kind](normalised_id_number(text) if name == "id_number" else text)
    except (KeyError, ValueError) as error:
        raise SourceFailed(f"{path.name}, line {line}: {name} cannot be read") from error
