"""What holders are told before a registration expires (F-EXPIRY)."""

from __future__ import annotations

from datetime import datetime

from kernel.dates import day_in_words
from kernel.texts import Text
from registry.expiry import Reminder
from registry.labels import SPECIALTIES, label_of
from store.tables import message
from store.unit_of_work import UnitOfWork
from store.writing import insert_once

_TITLE = Text("注册专业即将到期：{specialty}", "Registration about to expire: {specialty}")
_BODY = Text(
    "注册编号{number}的{specialty}专业有效期至{day}，还有{left}天。延续注册在到期前90天至30天内办理，逾期只能注销后重新注册。",
    "{specialty} under registration {number} is valid until {day}, {left} days from now. Continuation is open from day"
    " 90 to day 30 before that; afterwards only deregistration and re-registration are left.",
)


def tell_holder(work: UnitOfWork, reminder: Reminder, at: datetime) -> None:
    """Leave the message in the holder's portal; once for each reminder."""
    words = {
        "specialty": label_of(SPECIALTIES, reminder.specialty),
        "number": reminder.registration_no,
        "day": day_in_words(reminder.expiry_date),
        "left": reminder.left,
    }
    title, body = _TITLE.filled(**words), _BODY.filled(**words)
    values = {
        "recipient": f"person:{reminder.person_id}",
        "title": {"zh": title.zh, "en": title.en},
        "body": {"zh": body.zh, "en": body.en},
        "sent_at": at,
        "dedupe_key": f"expiry:{reminder.registration_id}:{reminder.specialty}:{reminder.expiry_date}:{reminder.days}",
    }
    insert_once(work, message, values)
