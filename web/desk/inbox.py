"""Looking at the inbox, claiming, and deciding one task."""

from __future__ import annotations

from dataclasses import replace

from flask import flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from applications.deciding import number_of_decided
from kernel.errors import InvalidInput, NotAllowed, NotFound, Refused, StateConflict
from web import parking
from web.access import needs, parks_at, signed_in_actor
from web.desk import DESK_ROLES, desk
from web.desk.address import Address
from web.desk.board import Draft, show_board
from web.services import services

# Fields of the page itself; everything else is an entry of the decision form, which refuses what it does not know.
_OF_THE_PAGE = frozenset({"csrf_token", "command_id", "stock"})


def here() -> Address:
    return Address.from_query(request.args)


def entries_of_form() -> MultiDict[str, str]:
    return MultiDict([(name, value) for name, value in request.form.items(multi=True) if name not in _OF_THE_PAGE])


@desk.get("/inbox")
@needs(*DESK_ROLES)
def inbox() -> ResponseReturnValue:
    """The inbox at its address; `after` a task that was decided it says so, and the next one is open in it."""
    address, decided = here(), request.args.get("after")
    if decided is None:
        return show_board(address)
    with services().database.read() as connection:
        number = number_of_decided(connection, decided, signed_in_actor())
    if number is not None:
        flash(_("已提交对 %(number)s 的决定", number=number), "good")
    return show_board(replace(address, task=_next_after(decided, address)))


@desk.get("/inbox/tasks/<task_id>")
@needs(*DESK_ROLES)
def task(task_id: str) -> ResponseReturnValue:
    """One task under an address of its own: in messages, and where parked entries come back after sign-in."""
    parked = parking.take(signed_in_actor().id)
    return show_board(replace(here(), task=task_id), Draft(parked) if parked else None)


@desk.get("/inbox/next")
@needs(*DESK_ROLES)
def next_task() -> ResponseReturnValue:
    """The next open task after the one of the address, under the same filters."""
    address = here()
    following = _next_after(address.task, address)
    at = replace(address, queue="todo")
    return redirect((at.opened(following) if following else at.list()).url, 303)


@desk.post("/inbox/tasks/<task_id>/claim")
@needs(*DESK_ROLES)
@parks_at("desk.task")
def claim(task_id: str) -> ResponseReturnValue:
    services().applications.claim(task_id, by=signed_in_actor())
    flash(_("已由您办理，其他人会看到您的名字"), "good")
    return redirect(here().opened(task_id).url, 303)


@desk.post("/inbox/tasks/<task_id>/release")
@needs(*DESK_ROLES)
@parks_at("desk.task")
def release(task_id: str) -> ResponseReturnValue:
    services().applications.unclaim(task_id, by=signed_in_actor())
    flash(_("已放回，同事可以办理"), "good")
    return redirect(here().opened(task_id).url, 303)


@desk.post("/inbox/tasks/<task_id>/decision")
@needs(*DESK_ROLES)
@parks_at("desk.task")
def decide(task_id: str) -> ResponseReturnValue:
    """Decide one task and go on to the next; nothing that was typed is lost when the decision is refused.

    Which one is next, and that this one is done, is for the page to find: a decision costs no more than it must.
    """
    address = replace(here(), task=task_id)
    entries = entries_of_form()
    if "stock" in request.form:  # a stock opinion without JavaScript
        entries["opinion"] = _joined(entries.get("opinion", ""), request.form["stock"])
        return show_board(address, Draft(entries))
    try:
        services().applications.complete(
            task_id, entries.to_dict(flat=False), by=signed_in_actor(), command_id=request.form.get("command_id", "")
        )
    except StateConflict as conflict:
        if conflict.code == "TASK_ALREADY_DONE":
            return _already_done(task_id, address, entries)
        return show_board(address, Draft(entries, conflict.reasons), conflict.http_status)
    except (InvalidInput, Refused, NotAllowed) as refusal:
        return show_board(address, Draft(entries, refusal.reasons), refusal.http_status)
    return redirect(replace(address, queue="todo").list().with_next_after(task_id), 303)


def _next_after(task_id: str | None, address: Address) -> str | None:
    with services().database.read() as connection:
        return services().inbox.next_open(connection, signed_in_actor(), address.filters, task_id)


def _already_done(task_id: str, address: Address, entries: MultiDict[str, str]) -> ResponseReturnValue:
    """Somebody else was first (R-P-11): who, what they decided, and the reader's own words for copying."""
    actor = signed_in_actor()
    with services().database.read() as connection:
        try:
            done = services().inbox.task(connection, task_id, actor)
        except NotFound:
            done = None
    html = render_template("desk/already_done.html", address=address, done=done, opinion=entries.get("opinion", ""))
    return html, StateConflict.http_status


def _joined(typed: str, sentence: str) -> str:
    """A stock opinion after what stands there already."""
    return sentence if not typed.strip() else f"{typed.rstrip()}\n{sentence}"
