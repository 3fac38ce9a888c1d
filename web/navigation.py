"""The main navigation: which pages a role starts from, with what waits there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from flask import current_app, g, request, url_for
from sqlalchemy import Connection

from applications.views import InboxCounts
from kernel.actors import ENTERPRISE_ROLES, OFFICER_ROLES, STAFF_ROLES, Actor, Role
from kernel.texts import Text
from web.services import services


@dataclass(frozen=True, slots=True)
class NavigationItem:
    label: Text
    url: str
    current: bool
    count: int = 0


@dataclass(frozen=True, slots=True)
class _Entry:
    """One possible entry; `roles` empty means everybody, also without a session."""

    endpoint: str
    label: Text
    roles: frozenset[Role]
    prefixes: tuple[str, ...] = ()
    counted: str = ""


_APPLICANTS = frozenset({Role.INDIVIDUAL})
_SEE_ALL = frozenset({Role.REGISTRATION_CENTRE, Role.SYSTEM_ADMIN})
_ENTRIES = (
    _Entry("portal.home", Text("首页", "Home"), _APPLICANTS | ENTERPRISE_ROLES, ("/home", "/lines")),
    _Entry("portal.applications", Text("我的申请", "My applications"), _APPLICANTS, ("/applications",)),
    _Entry("desk.inbox", Text("待办", "Inbox"), ENTERPRISE_ROLES | OFFICER_ROLES, ("/inbox",), "todo"),
    _Entry(
        "desk.flags",
        Text("异常标志", "Flags"),
        frozenset({Role.DISTRICT_REVIEWER, Role.TRADING_CENTRE, Role.REGISTRATION_CENTRE}),
        ("/flags",),
    ),
    _Entry(
        "portal.applications",
        Text("申请查询", "Applications"),
        ENTERPRISE_ROLES | OFFICER_ROLES | _SEE_ALL,
        ("/applications",),
    ),
    _Entry("portal.certificates", Text("我的证书", "My certificates"), _APPLICANTS, ("/certificates",)),
    _Entry("portal.staff", Text("本单位人员", "Staff"), ENTERPRISE_ROLES, ("/staff",)),
    _Entry("portal.enterprise", Text("企业信息", "Enterprise"), ENTERPRISE_ROLES, ("/enterprise",)),
    _Entry(
        "portal.ministry",
        Text("住建部注册信息", "Ministry data"),
        ENTERPRISE_ROLES | OFFICER_ROLES | _SEE_ALL,
        ("/ministry",),
    ),
    _Entry(
        "desk.forced_deregistration",
        Text("强制注销", "Forced deregistration"),
        frozenset({Role.CITY_REVIEWER}),
        ("/forced-deregistration",),
    ),
    _Entry("console.overview", Text("概览", "Overview"), frozenset({Role.OPS, Role.SYSTEM_ADMIN}), ("/console",)),
    _Entry(
        "console.instances",
        Text("流程实例", "Instances"),
        frozenset({Role.OPS, Role.SYSTEM_ADMIN}),
        ("/console/instances",),
    ),
    _Entry(
        "console.incidents",
        Text("事件", "Incidents"),
        frozenset({Role.OPS, Role.SYSTEM_ADMIN}),
        ("/console/incidents",),
    ),
    _Entry("workbench.definitions", Text("流程定义", "Definitions"), frozenset({Role.ANALYST}), ("/workbench",)),
    _Entry("admin.accounts", Text("账号", "Accounts"), frozenset({Role.SYSTEM_ADMIN}), ("/admin",)),
    _Entry("api.overview", Text("接口", "API"), frozenset({Role.ANALYST, Role.OPS, Role.SYSTEM_ADMIN}), ("/api",)),
    _Entry(
        "admin.notices",
        Text("维护通知", "Maintain notices"),
        frozenset({Role.REGISTRATION_CENTRE}),
        ("/admin/notices",),
    ),
    _Entry("public.notices", Text("政策通知", "Policy notices"), frozenset(), ("/notices",)),
    _Entry("public.publicity", Text("公示", "Publicity"), frozenset(), ("/publicity",)),
    _Entry("public.announcements", Text("公告", "Announcements"), frozenset(), ("/announcements",)),
)


def navigation(actor: Actor | None) -> list[NavigationItem]:
    """The entries of this person; an entry whose pages are not installed is left out."""
    entries = [
        entry
        for entry in _ENTRIES
        if entry.endpoint in current_app.view_functions
        and (not entry.roles or (actor is not None and actor.has(*entry.roles)))
    ]
    here = max((prefix for entry in entries for prefix in entry.prefixes if _is_below(prefix)), key=len, default=None)
    return [
        NavigationItem(
            label=entry.label,
            url=url_for(entry.endpoint),
            current=here in entry.prefixes,
            count=_todo(actor) if entry.counted and actor else 0,
        )
        for entry in entries
    ]


def _is_below(prefix: str) -> bool:
    return request.path == prefix or request.path.startswith(f"{prefix}/")


def start_page(actor: Actor) -> str:
    """Where a person lands after signing in: at the first entry of their navigation."""
    return navigation(actor)[0].url


def is_staff(actor: Actor | None) -> bool:
    """Staff see the dark bar and the dense pages (UI.md 2)."""
    return actor is not None and actor.has(*STAFF_ROLES)


def unread(actor: Actor | None) -> int:
    """Unread messages of this person; officers get none."""
    if actor is None or is_staff(actor):
        return 0
    with services().database.read() as connection:
        count: int = services().cases.unread(connection, actor)
    return count


def inbox_counts(connection: Connection, actor: Actor) -> InboxCounts:
    """What stands in the queues of this person, asked of the database once a request."""
    if "inbox_counts" not in g:
        g.inbox_counts = services().inbox.counts(connection, actor)
    return cast("InboxCounts", g.inbox_counts)


def _todo(actor: Actor) -> int:
    if "inbox_counts" in g:
        return cast("InboxCounts", g.inbox_counts).todo
    with services().database.read() as connection:
        return inbox_counts(connection, actor).todo
