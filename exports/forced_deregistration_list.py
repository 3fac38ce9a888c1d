"""DOC-15 强制注销名单: who is deregistered by force, and why (2.16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from exports.spreadsheet import Column, sheet
from registry.labels import SPECIALTIES, label_of

TITLE = "强制注销名单"
COLUMNS = (
    Column("注册编号"),
    Column("姓名"),
    Column("专业"),
    Column("有效期至"),
    Column("聘用单位"),
    Column("强制注销原因"),
)


def forced_deregistration_list(rows: Iterable[Mapping[str, Any]], note: str = "") -> bytes:
    """The list as an Excel file, a row for each specialty, in the order of `rows`.

    Each row has `registration_no`, `name`, `specialty` (a value of the books), `expired_on` (a day, or an ISO text),
    `employer` and `reason`; what it lacks is an empty cell. `note` stands above the head.
    """
    return sheet(TITLE, COLUMNS, (_row(each) for each in rows), note)


def _row(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    expired_on = entry.get("expired_on")
    return (
        entry.get("registration_no"),
        entry.get("name"),
        label_of(SPECIALTIES, entry.get("specialty")).zh,
        date.fromisoformat(expired_on) if isinstance(expired_on, str) and expired_on else expired_on or None,
        entry.get("employer"),
        entry.get("reason"),
    )
