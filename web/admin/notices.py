"""The pages on which the registration centre maintains policy notices (F-NOTICES)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from applications.policy_notices import ACCEPT, LABELS, LONGEST
from kernel.actors import Role
from kernel.errors import InvalidInput, Reason
from kernel.texts import Text
from registry.notices import Notice, Notices
from web import parking
from web.access import needs, parks_at, signed_in_actor
from web.admin import admin
from web.public.notices import page_of
from web.services import services
from web.texts import NOTICE_STATES

FILE = Text("附件", "File")


@admin.get("/admin/notices")
@needs(Role.REGISTRATION_CENTRE)
def notices() -> ResponseReturnValue:
    with services().database.read() as connection:
        found = Notices(connection).everything(request.args.get("cursor"))
    return render_template("admin/notices.html", page=page_of(*found), states=NOTICE_STATES)


@admin.get("/admin/notices/new")
@needs(Role.REGISTRATION_CENTRE)
def new_notice() -> ResponseReturnValue:
    return _page(None, _parked())


@admin.post("/admin/notices/new")
@needs(Role.REGISTRATION_CENTRE)
def write_notice() -> ResponseReturnValue:
    try:
        notice_id = services().policy_notices.write(request.form, by=signed_in_actor())
    except InvalidInput as refusal:
        return _page(None, request.form, refusal.reasons), refusal.http_status
    flash(_("已保存草稿，还没有发布"), "good")
    return redirect(url_for("admin.notice", notice_id=notice_id), 303)


@admin.get("/admin/notices/<notice_id>")
@needs(Role.REGISTRATION_CENTRE)
def notice(notice_id: str) -> ResponseReturnValue:
    found = _found(notice_id)
    return _page(found, _texts(found) | _parked())


@admin.post("/admin/notices/<notice_id>")
@needs(Role.REGISTRATION_CENTRE)
def change_notice(notice_id: str) -> ResponseReturnValue:
    found = _found(notice_id)
    try:
        services().policy_notices.change(notice_id, _revision(), request.form, by=signed_in_actor())
    except InvalidInput as refusal:
        return _page(found, request.form, refusal.reasons), refusal.http_status
    flash(_("已保存"), "good")
    return redirect(url_for("admin.notice", notice_id=notice_id), 303)


@admin.post("/admin/notices/<notice_id>/publish")
@needs(Role.REGISTRATION_CENTRE)
@parks_at("admin.notice")
def publish_notice(notice_id: str) -> ResponseReturnValue:
    services().policy_notices.publish(notice_id, _revision(), by=signed_in_actor())
    flash(_("已发布，所有人可以看到"), "good")
    return redirect(url_for("admin.notice", notice_id=notice_id), 303)


@admin.post("/admin/notices/<notice_id>/withdraw")
@needs(Role.REGISTRATION_CENTRE)
@parks_at("admin.notice")
def withdraw_notice(notice_id: str) -> ResponseReturnValue:
    services().policy_notices.withdraw(notice_id, _revision(), by=signed_in_actor())
    flash(_("已撤回，其他人看不到了"), "good")
    return redirect(url_for("admin.notice", notice_id=notice_id), 303)


@admin.post("/admin/notices/<notice_id>/files")
@needs(Role.REGISTRATION_CENTRE)
@parks_at("admin.notice")
def attach_to_notice(notice_id: str) -> ResponseReturnValue:
    found = _found(notice_id)
    file = request.files.get("file")
    if file is None or not file.filename:
        missing = Reason("FIELD_REQUIRED", {"field": FILE}, field="file")
        return _page(found, _texts(found), [missing]), InvalidInput.http_status
    try:
        services().policy_notices.attach(notice_id, file.filename, file.stream.read(), by=signed_in_actor())
    except InvalidInput as refusal:
        return _page(found, _texts(found), refusal.reasons), refusal.http_status
    flash(_("已上传附件"), "good")
    return redirect(url_for("admin.notice", notice_id=notice_id), 303)


@admin.post("/admin/notices/<notice_id>/files/<file_id>/remove")
@needs(Role.REGISTRATION_CENTRE)
@parks_at("admin.notice")
def remove_from_notice(notice_id: str, file_id: str) -> ResponseReturnValue:
    services().policy_notices.remove_file(notice_id, file_id, by=signed_in_actor())
    flash(_("已移除附件"), "good")
    return redirect(url_for("admin.notice", notice_id=notice_id), 303)


def _parked() -> dict[str, str]:
    """What was typed before the session expired."""
    parked = parking.take(signed_in_actor().id)
    return parked.to_dict() if parked else {}


def _found(notice_id: str) -> Notice:
    with services().database.read() as connection:
        return Notices(connection).get(notice_id)


def _texts(found: Notice) -> dict[str, str]:
    return {name: getattr(found, name) for name in LABELS}


def _revision() -> int:
    """The revision that the page showed; what is no number is none that stands."""
    return request.form.get("revision", type=int) or 0


def _page(found: Notice | None, entries: Mapping[str, str], reasons: Sequence[Reason] = ()) -> str:
    return render_template(
        "admin/notice.html",
        notice=found,
        entries=entries,
        reasons=reasons,
        wrong={reason.field: reason for reason in reasons},
        labels=LABELS,
        longest=LONGEST,
        states=NOTICE_STATES,
        accept=ACCEPT,
    )
