"""Process instances: the list, one instance on its diagram, and ending one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import orjson
from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from identity.accounts import Accounts
from kernel.actors import SYSTEM
from kernel.errors import NotFound, Reason
from kernel.texts import Text
from processes.operations import HistoryRow, InstanceView
from web.access import needs, signed_in_actor
from web.console import OPERATORS, WATCHERS, console
from web.drawings import drawings_of
from web.services import services

STATUSES = ("active", "suspended", "completed", "terminated")
PARTS = ("variables", "tasks", "jobs", "messages", "incidents", "history")
MIN_REASON, MAX_REASON = 2, 500  # as for every decision that ends something (R-D-10)


@console.get("/console/instances")
@needs(*WATCHERS)
def instances() -> ResponseReturnValue:
    """All instances, newest first, narrowed by what stands in the URL (F-OPS)."""
    status = request.args.get("status", "")
    text = request.args.get("text", "").strip()[:100]
    line = request.args.get("line", "")
    has_incident = "incident" in request.args
    with services().database.read() as connection:
        page = services().operations.instances(
            connection,
            line=line,
            status=status if status in STATUSES else "",
            text=text,
            has_incident=has_incident,
            cursor=request.args.get("cursor") or None,
        )
        lines = [row for row in services().definitions.versions(connection) if row.is_active]
    return render_template(
        "console/instances.html",
        page=page,
        lines=lines,
        line=line,
        status=status,
        text=text,
        has_incident=has_incident,
        is_filtered=bool(line or status or text or has_incident),
        choices=STATUSES,
    )


@console.get("/console/instances/<instance_id>")
@needs(*WATCHERS)
def instance(instance_id: str) -> ResponseReturnValue:
    """One instance: facts, diagram with path and tokens, the same steps as a table, and its data in tabs."""
    part = request.args.get("part", "")
    with services().database.read() as connection:
        view = services().operations.instance(connection, instance_id)
        drawings = drawings_of(connection, view)
        accounts = Accounts(connection, services().system_clock, services().passwords)
        people = names_of(accounts, [entry.actor for entry in view.history])
    return render_template(
        "console/instance.html",
        view=view,
        drawings=drawings,
        people=people,
        steps=last_entries(view),
        part=part if part in PARTS else PARTS[0],
        variables=list(flattened(view.variables)),
        may_act=signed_in_actor().has(*OPERATORS),
    )


@console.post("/console/instances/<instance_id>/suspend")
@needs(*OPERATORS)
def suspend(instance_id: str) -> ResponseReturnValue:
    """Let an instance stand still until it is activated."""
    services().repairs.suspend(instance_id, by=signed_in_actor())
    flash(_("实例已暂停：待办不能办理，定时器和消息等到恢复"), "good")
    return redirect(url_for("console.instance", instance_id=instance_id), 303)


@console.post("/console/instances/<instance_id>/activate")
@needs(*OPERATORS)
def activate(instance_id: str) -> ResponseReturnValue:
    """Let a suspended instance go on."""
    services().repairs.activate(instance_id, by=signed_in_actor())
    flash(_("实例已恢复，到期的事项随即办理"), "good")
    return redirect(url_for("console.instance", instance_id=instance_id), 303)


@console.get("/console/instances/<instance_id>/terminate")
@needs(*OPERATORS)
def ask_to_terminate(instance_id: str) -> ResponseReturnValue:
    return _terminate_page(instance_id)


@console.post("/console/instances/<instance_id>/terminate")
@needs(*OPERATORS)
def terminate(instance_id: str) -> ResponseReturnValue:
    """End an instance for good; the reason stands in its audit trail (REQUIREMENTS.md 1.3)."""
    reason = request.form.get("reason", "").strip()
    if len(reason) < MIN_REASON:
        return _terminate_page(instance_id, reason, Reason("REASON_REQUIRED", field="reason")), 422
    if len(reason) > MAX_REASON:
        too_long = Reason("TOO_LONG", {"field": Text("原因", "Reason"), "max": MAX_REASON}, field="reason")
        return _terminate_page(instance_id, reason, too_long), 422
    services().operations.terminate(instance_id, reason, by=signed_in_actor())
    flash(_("实例已终止，相关的待办和定时器都已取消"), "good")
    return redirect(url_for("console.instance", instance_id=instance_id), 303)


def last_entries(view: InstanceView) -> list[HistoryRow]:
    """What happened, newest first; entering an element that was completed since is told by its completion."""
    entries = [entry for entry in view.history if entry.event != "entered" or entry.path in view.now]
    return entries[::-1]


def names_of(accounts: Accounts, ids: Iterable[str]) -> dict[str, str]:
    """The names of the people in a history; what the service did itself has none."""
    found = {}
    for account_id in set(ids) - {"", SYSTEM.id}:
        with suppress(NotFound):
            found[account_id] = accounts.get(account_id).name
    return found


def flattened(variables: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Variables as (dotted name, JSON value), contexts opened: `employer_confirm.decision`."""
    for name, value in sorted(variables.items()):
        if isinstance(value, Mapping) and value:
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", orjson.dumps(value, default=str).decode()


def _terminate_page(instance_id: str, typed: str = "", refusal: Reason | None = None) -> str:
    with services().database.read() as connection:
        view = services().operations.instance(connection, instance_id)
    return render_template("console/terminate.html", view=view, typed=typed, refusal=refusal, longest=MAX_REASON)
