"""When an application will be done: the certain day, else what recent ones took, else the earliest day."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import median
from typing import Any

from sqlalchemy import Connection, select

from applications import statuses
from applications.records import ApplicationRow
from applications.views import Expectation
from kernel.clock import day_of, start_of
from kernel.dates import day_in_words
from kernel.texts import Text
from store.tables import application

RECENT = timedelta(days=90)
FEWEST = 5  # below this many a median says nothing

_ON_THE_WAY = frozenset({statuses.PENDING_CONFIRMATION, statuses.DECLARED, statuses.CITY_REVIEW})
_ABOUT = Text("{day}前后", "about {day}")
_EARLIEST_NOTE = Text(
    "按公示 {days} 天、其他各步今天办完计算；近期办结太少，还不能估算。",
    "With {days} days of publicity and all else done today; too few closed lately to estimate more.",
)

_EARLIEST_NOTE_WITHOUT = Text(
    "按其他各步今天办完计算；近期办结太少，还不能估算。",
    "With all else done today; too few closed lately to estimate more.",
)


def expectation(
    connection: Connection, row: ApplicationRow, period: Any, today: date, publicity_days: int
) -> Expectation | None:
    """What can honestly be said of the day on which a submitted application is done.

    `period` is the publicity it has, if any, `publicity_days` how long one takes (0: the line has none). Nothing is
    said while the form is with the applicant, of a refusal that only waits for its publicity to end, and of what is
    over.
    """
    if row.status == statuses.PUBLICITY:
        return _certain(period)
    if row.status == statuses.APPEALING:
        note = Text("公示期满，并且申诉审完。", "After the publicity, and once the appeal is decided.")
        after = max(period.last_on + timedelta(days=1), today)
        return Expectation(Text("最早有结果", "Earliest outcome"), day_in_words(after), note)
    if row.status not in _ON_THE_WAY or row.first_submitted_at is None:
        return None
    earliest = today + timedelta(days=publicity_days)
    taken = _days_taken(connection, row.line, today)
    if len(taken) < FEWEST:
        note = _EARLIEST_NOTE.filled(days=publicity_days) if publicity_days else _EARLIEST_NOTE_WITHOUT
        return Expectation(Text("最早办结", "Earliest"), day_in_words(earliest), note)
    usual = day_of(row.first_submitted_at) + timedelta(days=int(median(taken)))
    note = Text("按近 90 天一半申请的用时估算", "Estimated from half of the applications of the last 90 days")
    day = _ABOUT.filled(day=day_in_words(max(usual, earliest)))
    return Expectation(Text("预计办结", "Expected"), day, note)


def _certain(period: Any) -> Expectation | None:
    if period.decision == "not_pass":
        return None
    note = Text("公示期满次日公告，更新注册。", "The day after the publicity: announcement and new registration.")
    return Expectation(Text("办结日期", "Closes on"), day_in_words(period.last_on + timedelta(days=1)), note)


def _days_taken(connection: Connection, line: str, today: date) -> list[int]:
    query = select(application.c.first_submitted_at, application.c.ended_at).where(
        (application.c.line == line)
        & (application.c.status == statuses.CLOSED)
        & (application.c.ended_at >= start_of(today - RECENT))
    )
    return [(each.ended_at - each.first_submitted_at).days for each in connection.execute(query.limit(500))]
