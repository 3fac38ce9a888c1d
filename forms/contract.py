"""The labour contract of a form (FS-CONTRACT): its days must fit together (R-V-12)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from kernel.errors import Reason

LATEST_START = timedelta(days=30)


def contract_reasons(answers: Mapping[str, Any], *, submitted: bool, today: date) -> Iterator[Reason]:
    """What is wrong with the days of a contract; a missing day is the required check's matter.

    The end lies after the start. On the day of submit the contract starts at most 30 days later and has not
    ended: an end today is still right. An open-ended contract has no end, the form hides that field.
    """
    start, end = answers.get("contract_start"), answers.get("contract_end")
    if submitted and start is not None and start > today + LATEST_START:
        yield _reason("contract_start")
    ends_too_early = end is not None and ((start is not None and end <= start) or (submitted and end < today))
    if ends_too_early:
        yield _reason("contract_end")


def _reason(field: str) -> Reason:
    return Reason("CONTRACT_INVALID", rule="R-V-12", field=field)
