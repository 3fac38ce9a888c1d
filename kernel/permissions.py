"""Who may do what to which object: one table and one function that every command asks (DESIGN.md 10).

The role is judged first, then the object: an action without the role is 403, another party's object 404 (R-A-00).
Lists are limited by the same scopes, in SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Protocol

from kernel.actors import ENTERPRISE_ROLES, OFFICER_ROLES, SYSTEM, Actor, Role
from kernel.errors import NotAllowed, NotFound, Reason, Refused


class ApplicationLike(Protocol):
    """What permission looks at in an application. `declared_on` is stamped when it reaches the commission (C1)."""

    @property
    def person_id(self) -> str | None: ...
    @property
    def old_employer(self) -> str | None: ...
    @property
    def new_employer(self) -> str | None: ...
    @property
    def supervising_district(self) -> str | None: ...
    @property
    def status(self) -> str: ...
    @property
    def first_submitted_at(self) -> datetime | None: ...
    @property
    def declared_on(self) -> date | None: ...


class TaskLike(Protocol):
    """What permission looks at in a user task: the names of its candidate roles and its scope string."""

    @property
    def candidate_groups(self) -> Collection[str]: ...
    @property
    def scope(self) -> str: ...


class LineLike(Protocol):
    """What permission looks at in a business line: the names of the roles that start it."""

    @property
    def candidate_groups(self) -> Collection[str]: ...


class EnterpriseLike(Protocol):
    @property
    def uscc(self) -> str: ...


class Action(StrEnum):
    """What the service offers, as permission tells it apart."""

    START_APPLICATION = "start_application"  # on a line
    CHANGE_APPLICATION = "change_application"  # save, upload, submit, withdraw, delete, appeal
    VIEW_APPLICATION = "view_application"  # with attachments, documents and trail
    WORK_ON_TASK = "work_on_task"  # claim, complete
    VIEW_TASKS = "view_tasks"  # the inbox
    RELEASE_FLAG = "release_flag"  # by the body that releases it, without a request
    CHANGE_ENTERPRISE = "change_enterprise"
    FORCE_DEREGISTRATION = "force_deregistration"  # list, select, look at those of before
    VIEW_INSTANCES = "view_instances"
    REPAIR_INSTANCES = "repair_instances"
    VIEW_DEFINITIONS = "view_definitions"
    DEPLOY_DEFINITIONS = "deploy_definitions"
    MANAGE_ACCOUNTS = "manage_accounts"
    MAINTAIN_NOTICES = "maintain_notices"


DECLARED_OR_LATER = frozenset({"declared", "city_review", "publicity", "appealing", "announced", "closed", "rejected"})
CITY_REVIEW_OR_LATER = DECLARED_OR_LATER - {"declared"}
FLAG_RELEASE = frozenset({"applied", "released", "release_refused"})  # of a request to release a flag (2.27)

_NO_BUSINESS = frozenset({Role.REGISTRATION_CENTRE, Role.SYSTEM_ADMIN})  # R-A-01
_SEE_ALL = frozenset({Role.REGISTRATION_CENTRE, Role.SYSTEM_ADMIN})


def authorize(actor: Actor, action: Action, on: Any = None) -> None:
    """Let the action pass or say why not; the service itself may do everything.

    `on` is the object of the action where it has one: an application, a task, a line or an enterprise.

    Raises:
        NotAllowed: the actor has no role for this action; administrators are told that they handle no business.
        NotFound: the object belongs to somebody else.
    """
    if actor is SYSTEM:
        return
    rule = _RULES[action]
    if not rule.allows_role(actor, on):
        if rule.is_business and actor.has(*_NO_BUSINESS):
            raise NotAllowed(Reason("ROLE_NO_BUSINESS", rule="R-A-01"))
        raise NotAllowed(detail=f"actor {actor.id} has no role for {action}")
    if rule.may_see is not None and not rule.may_see(actor, on):
        raise NotFound(detail=f"{action} of actor {actor.id} on an object of another party")


def refuse_own_case(actor: Actor, application: ApplicationLike) -> None:
    """A reviewer does not decide about himself or herself.

    Raises:
        Refused: the application is the actor's own (R-D-11).
    """
    if actor.person_id is not None and actor.person_id == application.person_id:
        raise Refused(Reason("OWN_CASE", rule="R-D-11"))


def may_see_application(actor: Actor, application: ApplicationLike) -> bool:
    """Whether the application concerns the actor, in any of the actor's roles (REQUIREMENTS.md 1.1).

    A deleted one is kept for the trail only, and seen by those who see everything.
    """
    return actor.has(*_SEE_ALL) or is_party(actor, application)


def is_party(actor: Actor, application: ApplicationLike) -> bool:
    """Whether the actor has a part in the application: only parties see whole ID numbers and attachments (F-NF-4)."""
    if application.status == "deleted":
        return False
    return any(
        (
            is_applicant(actor, application),
            _is_employer(actor, application),
            _is_district(actor, application),
            actor.has(Role.CITY_REVIEWER) and application.status in CITY_REVIEW_OR_LATER,
            _is_releasing_body(actor, application),
            _is_centre(actor, application),
        )
    )


def authorize_files(actor: Actor, application: ApplicationLike) -> None:
    """Let the actor read attachments and documents of an application: its parties only (F-NF-4).

    Raises:
        NotAllowed: the actor may read of the application, but has no part in it.
        NotFound: it is not the actor's to see.
    """
    authorize(actor, Action.VIEW_APPLICATION, application)
    if actor is not SYSTEM and not is_party(actor, application):
        raise NotAllowed(detail=f"actor {actor.id} has no part in the application")


def _is_centre(actor: Actor, application: ApplicationLike) -> bool:
    """The registration centre, of what is no commission's and no employer's (2.19), once it was submitted."""
    is_nobodys = application.supervising_district is None and application.new_employer is None
    return actor.has(Role.REGISTRATION_CENTRE) and is_nobodys and application.first_submitted_at is not None


def is_applicant(actor: Actor, application: ApplicationLike) -> bool:
    """Whether it is the actor's own: that of the person, or of the enterprise where no person applies."""
    if application.person_id is None:
        return actor.has(*ENTERPRISE_ROLES) and actor.enterprise == application.new_employer
    return actor.has(Role.INDIVIDUAL) and actor.person_id == application.person_id


def _is_employer(actor: Actor, application: ApplicationLike) -> bool:
    """An employer sees what was submitted to it; a draft nobody has sent yet is the applicant's own."""
    if not actor.has(*ENTERPRISE_ROLES) or actor.enterprise is None or application.first_submitted_at is None:
        return False
    return actor.enterprise in (application.old_employer, application.new_employer)


def _is_district(actor: Actor, application: ApplicationLike) -> bool:
    """The commission of the snapshot district, from `declared` on; what it returned it can still look at."""
    if not actor.has(Role.DISTRICT_REVIEWER) or actor.district is None:
        return False
    if actor.district != application.supervising_district:
        return False
    was_there = application.status in ("returned", "terminated") and application.declared_on is not None
    return application.status in DECLARED_OR_LATER | FLAG_RELEASE or was_there


def _is_releasing_body(actor: Actor, application: ApplicationLike) -> bool:
    """Requests to release a flag: of a project's lock, whichever its district, the trading centre; else the centre."""
    body = Role.REGISTRATION_CENTRE if application.supervising_district is None else Role.TRADING_CENTRE
    return application.status in FLAG_RELEASE and actor.has(body)


def _is_own_scope(actor: Actor, task: TaskLike) -> bool:
    return task.scope in actor.scopes


def _is_own_enterprise(actor: Actor, enterprise: EnterpriseLike) -> bool:
    return actor.enterprise is not None and actor.enterprise == enterprise.uscc


@dataclass(frozen=True, slots=True)
class _Rule:
    """The roles of an action (None: those that the task or line names) and whose objects they may touch."""

    roles: frozenset[Role] | None
    may_see: Callable[[Actor, Any], bool] | None = None
    is_business: bool = False

    def allows_role(self, actor: Actor, on: Any) -> bool:
        allowed = frozenset(on.candidate_groups) if self.roles is None else self.roles
        return not actor.roles.isdisjoint(allowed)


_APPLICANTS = frozenset({Role.INDIVIDUAL}) | ENTERPRISE_ROLES
_REVIEWERS = OFFICER_ROLES
_PARTIES = _APPLICANTS | _REVIEWERS

_RULES: Mapping[Action, _Rule] = {
    Action.START_APPLICATION: _Rule(None, is_business=True),
    Action.CHANGE_APPLICATION: _Rule(_APPLICANTS, is_applicant, is_business=True),
    Action.VIEW_APPLICATION: _Rule(_PARTIES | _SEE_ALL, may_see_application),
    Action.WORK_ON_TASK: _Rule(None, _is_own_scope, is_business=True),
    Action.VIEW_TASKS: _Rule(_PARTIES),
    Action.RELEASE_FLAG: _Rule(frozenset({Role.DISTRICT_REVIEWER, Role.TRADING_CENTRE, Role.REGISTRATION_CENTRE})),
    Action.CHANGE_ENTERPRISE: _Rule(ENTERPRISE_ROLES, _is_own_enterprise, is_business=True),
    Action.FORCE_DEREGISTRATION: _Rule(frozenset({Role.CITY_REVIEWER}), is_business=True),
    Action.VIEW_INSTANCES: _Rule(frozenset({Role.OPS, Role.SYSTEM_ADMIN})),
    Action.REPAIR_INSTANCES: _Rule(frozenset({Role.OPS})),
    Action.VIEW_DEFINITIONS: _Rule(frozenset({Role.ANALYST, Role.OPS, Role.SYSTEM_ADMIN})),
    Action.DEPLOY_DEFINITIONS: _Rule(frozenset({Role.ANALYST})),
    Action.MANAGE_ACCOUNTS: _Rule(frozenset({Role.SYSTEM_ADMIN})),
    Action.MAINTAIN_NOTICES: _Rule(frozenset({Role.REGISTRATION_CENTRE})),
}
