"""The steps of a round of forced deregistration (REQUIREMENTS.md 2.16). Its instance carries no application."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from applications import forced_candidates as rounds
from handlers.catalogue import NOTHING, Outputs, ServiceJob, handler
from kernel.clock import day_of
from kernel.dates import day_in_words
from kernel.errors import Reason, Refused
from kernel.texts import Text
from registry.labels import SPECIALTIES, label_of, listed
from registry.numbers import NumberSeries
from registry.registrations import FORCED, Registrations
from store.tables import message
from store.writing import insert_once

_TITLE = Text("强制注销：{name}", "Forced deregistration: {name}")
_BODY = Text(
    "{name}，注册编号 {registration_no}：{specialties}过期后一直没有办理注销，市建委强制注销。原因：{reason}",
    "{name}, registration {registration_no}: {specialties} expired and was never deregistered; the city commission "
    "deregisters it by force. Reason: {reason}",
)
_EXPIRED = Text("{specialty}（有效期至{day}）", "{specialty} (valid until {day})")


@handler("list_forced_candidates", about="service")
def list_forced_candidates(job: ServiceJob) -> Outputs:
    """List the specialties that expired more than `FORCED_DEREG_DAYS` ago (R-1.7-2, G-08).

    Reads: nothing. Writes: opens_round (whether this round has anybody to select). Safe to repeat: lists each once.
    """
    now = job.clock.now()
    instance_id, days = job.call.instance.id, job.settings.forced_dereg_days
    return {"opens_round": rounds.list_candidates(job.call.work, instance_id, day_of(now), days, now)}


@handler("check_forced_selection", about="service")
def check_forced_selection(job: ServiceJob) -> Outputs:
    """Ask of every selected candidate once more whether it may be deregistered, and keep the selection.

    Reads: select_candidates (candidates, as ids of the list, and reason). Writes: nothing.
    Refuses: NOT_LONG_EXPIRED, BUSINESS_IN_PROGRESS (R-1.7-3); the selection is rolled back. Safe to repeat: keeps
    the same.
    """
    chosen = job.call.variables["select_candidates"]
    wanted = set(chosen["candidates"])
    listed_now = {
        each.id: each
        for each in rounds.candidates(
            job.connection,
            job.definitions,
            job.call.instance.id,
            day_of(job.clock.now()),
            job.settings.forced_dereg_days,
        )
    }
    refusals = [found.refusal for id in sorted(wanted) if (found := listed_now.get(id)) and found.refusal]
    if wanted - listed_now.keys():  # what is not on the list is deregistered by nobody
        refusals.append(Reason("NOT_LONG_EXPIRED", rule="R-1.7-2"))
    if refusals:
        raise Refused(*{(each.code, each.message): each for each in refusals}.values())
    rounds.keep_selection(job.connection, wanted, chosen["reason"])
    return NOTHING


@handler("notify_forced_holders", about="service")
def notify_forced_holders(job: ServiceJob) -> Outputs:
    """Tell each holder and its employer, once a certificate.

    Reads: nothing. Writes: nothing. Safe to repeat: a message is left once.
    """
    for rows in _certificates(rounds.selected(job.connection, job.call.instance.id, rounds.PENDING)):
        first = rows[0]
        words = {
            "name": first.name,
            "registration_no": first.registration_no,
            "specialties": listed(_expired(row) for row in rows),
            "reason": first.reason,
        }
        title, body = _TITLE.filled(**words), _BODY.filled(**words)
        for recipient in (f"person:{first.person_id}", f"enterprise:{first.employer}"):
            values = {
                "recipient": recipient,
                "title": {"zh": title.zh, "en": title.en},
                "body": {"zh": body.zh, "en": body.en},
                "sent_at": job.clock.now(),
                "dedupe_key": f"{job.call.instance.id}:{first.registration_id}:{recipient}",
            }
            insert_once(job.call.work, message, values)
    return NOTHING


@handler("announce_forced", about="service")
def announce_forced(job: ServiceJob) -> Outputs:
    """Give the round's announcement its number and day.

    Reads: nothing. Writes: announced_on (ISO date). Safe to repeat: a round is announced once.
    """
    today = day_of(job.clock.now())
    if rounds.selected(job.connection, job.call.instance.id, rounds.PENDING):
        number = NumberSeries(job.connection).announcement_number(today)
        announced = {"status": rounds.ANNOUNCED, "announcement_no": number, "announced_on": today}
        rounds.advance(job.connection, job.call.instance.id, rounds.PENDING, **announced)
    return {"announced_on": today.isoformat()}


@handler("apply_forced", about="service")
def apply_forced(job: ServiceJob) -> Outputs:
    """Deregister what was announced; with its last specialty a registration ends (2.15, 2.16).

    Reads: nothing. Writes: nothing. Safe to repeat: the registry deregisters nothing twice.
    """
    for rows in _certificates(rounds.selected(job.connection, job.call.instance.id, rounds.ANNOUNCED)):
        specialties = [row.specialty for row in rows]
        Registrations(job.connection).deregister(
            rows[0].registration_id, specialties, rows[0].announced_on, kind=FORCED
        )
    closed = {"status": rounds.CLOSED, "closed_on": day_of(job.clock.now())}
    rounds.advance(job.connection, job.call.instance.id, rounds.ANNOUNCED, **closed)
    return NOTHING


def _expired(row: Any) -> Text:
    return _EXPIRED.filled(specialty=label_of(SPECIALTIES, row.specialty), day=day_in_words(row.expired_on))


def _certificates(rows: Iterable[Any]) -> list[list[Any]]:
    """Rows in the order of their registrations, by registration."""
    return [list(of) for _, of in groupby(rows, key=lambda row: row.registration_id)]
