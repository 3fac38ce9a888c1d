"""A service with an application in every state, and real values for every parameter of the URL map.

What is shown was driven there by the commands of the service. Tests that ask every route stand on it: a route with a
parameter that this world cannot fill fails them, so that no new page is forgotten.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from applications.blank_documents import BLANKS
from applications.trail import REFUSED
from demo.load import sample_scan
from identity.accounts import Accounts
from identity.interface import ApiTokens
from identity.sessions import Sessions
from kernel.actors import ENTERPRISE_ROLES, SYSTEM, Role
from store.tables import (
    abnormal_entry,
    anomaly_flag,
    api_token,
    application,
    attachment,
    attempt,
    audit,
    definition,
    in_construction_lock,
    incident,
    instance,
    job,
    message,
    metadata,
    person,
    policy_notice,
    policy_notice_file,
    registration,
    task,
)
from tests.scenarios.case import CITY, Case
from wiring import Services

LINE = "class2_employer_transfer"

# Whom the applications of each state concern, as REQUIREMENTS.md 1.1 says it: the applicant, the employers once it was
# submitted, the district of the new employer (Chaoyang) from `declared` on, the city from its own review on.
APPLICANTS = {
    "draft": "p77",
    "pending_confirmation": "p71",
    "returned": "p06",
    "declared": "p50",
    "city_review": "p05",
    "publicity": "p31",
    "appealing": "p07",
    "closed": "p04",
    "rejected": "p49",
    "terminated": "p72",
}
OLD_EMPLOYERS = {
    "pending_confirmation": "e05_admin",
    "returned": "e01_admin",
    "declared": "e01_admin",
    "city_review": "e01_admin",
    "publicity": "e01_admin",
    "appealing": "e01_admin",
    "closed": "e01_admin",
    "rejected": "e01_admin",
    "terminated": "e05_admin",
}
NEW_EMPLOYERS = ("e02_admin", "e02_user")
DISTRICT_SEES = frozenset({"returned", "declared", "city_review", "publicity", "appealing", "closed", "rejected"})
CITY_SEES = frozenset({"city_review", "publicity", "appealing", "closed", "rejected"})
# One account of each role, and of each kind of stranger to all of the above.
ACCOUNTS = {
    Role.INDIVIDUAL: "p04",
    Role.ENTERPRISE_ADMIN: "e02_admin",
    Role.ENTERPRISE_USER: "e02_user",
    Role.TRAINING_POINT: "e11",
    Role.DISTRICT_REVIEWER: "district_chaoyang",
    Role.CITY_REVIEWER: "city_a",
    Role.TRADING_CENTRE: "trading",
    Role.REGISTRATION_CENTRE: "centre",
    Role.SYSTEM_ADMIN: "admin",
    Role.ANALYST: "analyst",
    Role.OPS: "ops",
}
STRANGERS = {"p16": Role.INDIVIDUAL, "e07_admin": Role.ENTERPRISE_ADMIN, "district_daxing": Role.DISTRICT_REVIEWER}
ONLOOKERS = ("centre", "admin")  # see everything, but no whole ID number and no attachment (F-NF-4)
DISABLED = "p33"


class MovingClock:
    """The business clock of a real service, moved as tests move theirs."""

    def __init__(self, services: Services) -> None:
        self._clock: Any = services.clock

    def now(self) -> Any:
        return self._clock.now()

    def advance(self, **parts: float) -> None:
        self._clock.advance(timedelta(**parts))


def may_see(username: str, state: str) -> bool:
    """Whether an application of this state is one of the account's own."""
    if username in ONLOOKERS:
        return True
    if state == "draft":
        return username == APPLICANTS["draft"]
    return (
        username in (APPLICANTS[state], OLD_EMPLOYERS[state], *NEW_EMPLOYERS)
        or (username == "district_chaoyang" and state in DISTRICT_SEES)
        or (username.startswith("city_") and state in CITY_SEES)
    )


def drive(services: Services, clock: Any) -> None:
    """Bring an application into each state; `clock` is the business clock, and is eleven days later afterwards."""

    def applied(state: str) -> Case:
        return Case(services, clock, LINE).applied(by=APPLICANTS[state], to="E02")

    applied("closed").passed_to_city().completed(CITY, by="city_b", decision="pass")
    rejected = applied("rejected").passed_to_city()
    rejected.completed(CITY, by="city_b", decision="not_pass", opinion="劳动合同的签字不是本人的。").after(days=11)
    terminated = applied("terminated")
    operator = terminated.actor("ops")
    services.operations.terminate(terminated.row().instance_id, "申请人来电要求终止。", by=operator)
    with services.database.write() as work:
        accounts = Accounts(work.connection, services.system_clock, services.passwords)
        tokens = ApiTokens(work.connection, services.system_clock)
        tokens.issue(accounts.by_username("service").id, "接口", None, by=SYSTEM)
    centre = terminated.actor("centre")
    with services.database.read() as connection:
        published = select(policy_notice.c.id).where(policy_notice.c.state == "published")
        notice_id = connection.execute(published).scalars().first()
    services.policy_notices.attach(str(notice_id), "说明.pdf", sample_scan("说明"), by=centre)
    draft = Case(services, clock, LINE).saved(by=APPLICANTS["draft"], to="E02").attached("AT-01")
    draft.has_status("draft")
    applied("pending_confirmation")
    returned = applied("returned").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    returned.completed(
        "review/review_by_district", by="district_chaoyang", decision="return", opinion="申请表缺第二页。"
    )
    applied("declared").confirmed("new", by="e02_admin").confirmed("old", by="e01_admin")
    applied("city_review").passed_to_city()
    applied("publicity").passed_to_city().completed(CITY, by="city_b", decision="pass")
    appealing = applied("appealing").passed_to_city()
    appealing.completed(CITY, by="city_b", decision="not_pass", opinion="劳动合同的签字不是本人的。").appealed()
    services.pump.drain()
    _break_a_job(services, case=terminated, like=appealing)
    _find_flags(services)
    with services.database.write() as work:
        accounts = Accounts(work.connection, services.system_clock, services.passwords)
        accounts.disable(accounts.by_username(DISABLED).id, by=operator_of_accounts(services))


def _find_flags(services: Services) -> None:
    """A lock in Chaoyang and an entry behind the standing flags of the declared application."""
    now = services.clock.now()
    with services.database.write() as work:
        of_declared = (application.c.status == "declared") & (application.c.supervising_district == "朝阳区")
        found = work.connection.execute(select(application).where(of_declared)).one()
        who = {"id_number": found.applicant_id_number, "name": found.applicant_name, "synced_at": now}
        lock = {"project_no": "CY-1", "project_name": "示例工程", "district": "朝阳区", "locked_on": now.date()}
        entry = {"reason": "注册单位与社保单位不一致", "listed_on": now.date()}
        work.connection.execute(insert(in_construction_lock).values(id="in_construction-of-the-world", **who, **lock))
        work.connection.execute(insert(abnormal_entry).values(id="abnormal_registration-of-the-world", **who, **entry))
        mine = (anomaly_flag.c.application_id == found.id) & (anomaly_flag.c.flag != "social_insurance")
        work.connection.execute(update(anomaly_flag).where(mine).values(state="standing", compared_on=now.date()))
    case = Case(services, services.clock, LINE)  # type: ignore[arg-type]
    for flag, body in (("in_construction", "district_chaoyang"), ("abnormal_registration", "centre")):
        why = {"explanation": ["已核实，可以解除。"]}
        services.applications.begin_release(
            f"{flag}:{flag}-of-the-world", why, by=case.actor(body), command_id=case.command_id()
        )


def operator_of_accounts(services: Services) -> Any:
    return Case(services, services.clock, LINE).actor("admin")  # type: ignore[arg-type]


def _break_a_job(services: Services, case: Case, like: Case) -> None:
    """Incidents for the console: a timer that failed for good, a call whose outcome nobody knows, a person's command."""
    now = services.clock.now()
    instance_id = like.row().instance_id
    with services.database.write() as work:
        query = select(job.c.id).where(job.c.instance_id == instance_id).order_by(job.c.created_at, job.c.id)
        failed, unknown = work.connection.execute(query.limit(2)).scalars()
        stopped = {"state": "incident", "attempt": 3, "intended_at": None}
        work.connection.execute(update(job).where(job.c.id == failed).values(stopped))
        work.connection.execute(update(job).where(job.c.id == unknown).values(stopped | {"intended_at": now}))
        told = "Expected an answer of the mail gateway, but there was none"
        for fence in (1, 2, 3):
            row = {
                "job_id": failed, "fence": fence, "started_at": now, "ended_at": now, "outcome": "failed",
                "worker": "w1", "error": told, "trace": "handlers/gateway.py:12 send", "log": [{"at": "", "text": "sent"}],
            }  # fmt: skip
            work.connection.execute(insert(attempt).values(row))
        common = {"instance_id": instance_id, "element_id": "publicity_timer", "status": "open", "opened_at": now}
        for row in (
            {"id": "incident-of-the-world", "job_id": failed, "kind": "failed", "message": told},
            {"id": "incident-unknown", "job_id": unknown, "kind": "outcome_unknown", "message": "no answer came"},
            {"id": "incident-command", "job_id": None, "kind": "command", "message": "NoFlowTaken: at decided"},
            {
                "id": "incident-resolved", "job_id": failed, "kind": "failed", "message": told, "status": "resolved",
                "resolved_at": now, "resolved_by": operator_of_accounts(services).id, "resolution": "retried",
                "note": "网关已恢复",
            },
        ):  # fmt: skip
            work.connection.execute(insert(incident).values({**common, **row}))


@dataclass(frozen=True)
class World:
    """Real values for the parameters of addresses, read from the database of a driven service."""

    services: Services

    def number(self, state: str) -> str:
        """The business number of the application that was driven into a state."""
        actor = self._case().actor(APPLICANTS[state])
        of = (application.c.person_id == actor.person_id) & (application.c.line == LINE)
        query = select(application.c.number).where(of)
        return str(self._all(query.order_by(application.c.created_at))[0])

    def applicant_of(self, number: str) -> str:
        """The account of the applicant of an application."""
        query = select(person.c.key).join(application, application.c.person_id == person.c.id)
        return str(self._all(query.where(application.c.number == number))[0]).lower()

    def fillings(self, arguments: Collection[str], username: str) -> list[dict[str, Any]]:
        """The values that an account may call an address with; several where the page differs by state.

        Raises:
            LookupError: this world has no value for one of the arguments.
        """
        wanted = frozenset(arguments)
        if not wanted:
            return [{}]
        maker = _MAKERS.get(wanted)
        if maker is None:
            raise LookupError(f"Expected to know values for {sorted(wanted)}; teach them to {__name__}")
        return list(maker(self, username))

    def rows(self) -> dict[str, list[str]]:
        """Everything that is stored, but for visits and refused attempts: to see whether a request did something."""
        of_visits = ("session", "sign_in_attempt", "captcha", "parked_form")
        queries = {table.name: table.select() for table in metadata.sorted_tables if table.name not in of_visits}
        queries["audit"] = queries["audit"].where(audit.c.action != REFUSED)
        with self.services.database.read() as connection:
            return {name: sorted(map(repr, connection.execute(query))) for name, query in queries.items()}

    def session_of(self, username: str) -> str:
        """A token with which the account is signed in."""
        with self.services.database.write() as work:
            accounts = Accounts(work.connection, self.services.system_clock, self.services.passwords)
            found = accounts.by_username(username)
            return Sessions(work.connection, self.services.system_clock).open(found.id, ip="127.0.0.1")

    def seen_states(self, username: str) -> list[str]:
        return [state for state in APPLICANTS if may_see(username, state)]

    def applications(self, username: str) -> Iterator[dict[str, Any]]:
        for state in self.seen_states(username):
            yield {"number": self.number(state)}
        if username == "trading":
            query = select(application.c.number).where(application.c.supervising_district.is_not(None))
            yield {"number": self._all(query.where(application.c.status == "applied"))[0]}

    def attachments(self, username: str) -> Iterator[dict[str, Any]]:
        for values in self.applications(username):
            query = (
                select(attachment.c.id)
                .join(application, application.c.id == attachment.c.application_id)
                .where(application.c.number == values["number"])
            )
            yield from ({**values, "attachment_id": id} for id in self._all(query)[:1])

    def pages(self, username: str) -> Iterator[dict[str, Any]]:
        for values in self.attachments(username):
            yield {**values, "page": 1}

    def tasks(self, username: str) -> Iterator[dict[str, Any]]:
        """An open and a closed task of the account, of each kind it has."""
        actor = self._case().actor(username)
        for is_open in (True, False):
            status = task.c.status == "open" if is_open else task.c.status == "completed"
            query = select(task.c.id, task.c.element_id).where(task.c.scope.in_(actor.scopes) & status)
            with self.services.database.read() as connection:
                rows = connection.execute(query.order_by(task.c.opened_at, task.c.id)).all()
            yield from ({"task_id": id} for id in {row.element_id: row.id for row in rows}.values())

    def instances(self, username: str) -> Iterator[dict[str, Any]]:
        for state in ("appealing", "returned", "closed", "terminated"):
            query = select(instance.c.id).where(instance.c.business_key == self.number(state))
            yield {"instance_id": self._all(query)[0]}

    def incidents(self, username: str) -> Iterator[dict[str, Any]]:
        yield from ({"incident_id": f"incident-{name}"} for name in ("of-the-world", "unknown", "command", "resolved"))

    def definitions(self, username: str) -> Iterator[dict[str, Any]]:
        yield from ({"definition_id": id} for id in self._all(select(definition.c.id).order_by(definition.c.key)))

    def accounts(self, username: str) -> Iterator[dict[str, Any]]:
        with self.services.database.read() as connection:
            accounts = Accounts(connection, self.services.system_clock, self.services.passwords)
            for name in ("p04", "district_chaoyang", DISABLED):
                yield {"account_id": accounts.by_username(name).id}

    def tokens(self, username: str) -> Iterator[dict[str, Any]]:
        for row in self._rows(select(api_token.c.account_id, api_token.c.id)):
            yield {"account_id": row.account_id, "token_id": row.id}

    def messages(self, username: str) -> Iterator[dict[str, Any]]:
        scopes = self._case().actor(username).scopes
        yield from (
            {"message_id": id} for id in self._all(select(message.c.id).where(message.c.recipient.in_(scopes)).limit(1))
        )

    def notices(self, username: str) -> Iterator[dict[str, Any]]:
        """A published one with a file."""
        yield {"notice_id": self._all(select(policy_notice_file.c.notice_id))[0]}

    def notice_files(self, username: str) -> Iterator[dict[str, Any]]:
        for row in self._rows(select(policy_notice_file.c.notice_id, policy_notice_file.c.id)):
            yield {"notice_id": row.notice_id, "file_id": row.id}

    def staff(self, username: str) -> Iterator[dict[str, Any]]:
        """Somebody registered with the enterprise of the account; for others, with one that has no business."""
        actor = self._case().actor(username)
        uscc = actor.enterprise if actor.has(*ENTERPRISE_ROLES) else self._case().uscc("E06")
        query = select(registration.c.person_id).where(
            (registration.c.employer == uscc) & (registration.c.state == "valid")
        )
        applies = select(application.c.id).where(application.c.person_id == registration.c.person_id).exists()
        yield {"person_id": self._all(query.order_by(applies, registration.c.registration_no.desc()))[0]}

    def kinds(self, username: str) -> Iterator[dict[str, Any]]:
        yield from ({"kind": kind} for kind in ("class1", "cost_engineer"))

    def papers(self, username: str) -> Iterator[dict[str, Any]]:
        yield from ({"name": name} for name in BLANKS)

    def lines(self, username: str) -> Iterator[dict[str, Any]]:
        """The line that the account starts, or reads the guide of."""
        is_enterprise = self._case().actor(username).has(*ENTERPRISE_ROLES)
        yield {"line": "class2_enterprise_info_change" if is_enterprise else LINE}

    def operations(self, username: str) -> Iterator[dict[str, Any]]:
        """A route that takes parameters and one that takes a body."""
        yield from ({"operation_id": id} for id in ("getTask", "postTaskByTaskIdComplete"))

    def flags(self, username: str) -> Iterator[dict[str, Any]]:
        """What the body of the account releases of the flags of the declared application; nothing of Daxing's."""
        if username == "district_daxing":
            return
        kind = "abnormal_registration" if username == "centre" else "in_construction"
        yield {"flag": kind, "source_id": f"{kind}-of-the-world"}

    def files(self, username: str) -> Iterator[dict[str, Any]]:
        yield {"filename": "tokens.css"}

    def _case(self) -> Case:
        return Case(self.services, self.services.clock, LINE)  # type: ignore[arg-type]

    def _all(self, query: Any) -> list[Any]:
        return [row[0] for row in self._rows(query)]

    def _rows(self, query: Any) -> list[Any]:
        with self.services.database.read() as connection:
            return list(connection.execute(query))


_MAKERS: Mapping[frozenset[str], Any] = {
    frozenset({"number"}): World.applications,
    frozenset({"number", "attachment_id"}): World.attachments,
    frozenset({"number", "attachment_id", "page"}): World.pages,
    frozenset({"task_id"}): World.tasks,
    frozenset({"instance_id"}): World.instances,
    frozenset({"incident_id"}): World.incidents,
    frozenset({"definition_id"}): World.definitions,
    frozenset({"account_id"}): World.accounts,
    frozenset({"account_id", "token_id"}): World.tokens,
    frozenset({"message_id"}): World.messages,
    frozenset({"notice_id"}): World.notices,
    frozenset({"notice_id", "file_id"}): World.notice_files,
    frozenset({"person_id"}): World.staff,
    frozenset({"kind"}): World.kinds,
    frozenset({"name"}): World.papers,
    frozenset({"line"}): World.lines,
    frozenset({"operation_id"}): World.operations,
    frozenset({"filename"}): World.files,
    frozenset({"flag", "source_id"}): World.flags,
}
