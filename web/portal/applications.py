"""The detail page of an application, with what can be done now, and its papers (F-DETAIL, F-AUDIT)."""

from __future__ import annotations

import io
from urllib.parse import quote

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue

from applications.statuses import ENDED
from applications.views import ApplicationDetail
from forms.model import Attachment
from kernel.actors import ENTERPRISE_ROLES, OFFICER_ROLES, Role
from web.access import needs, signed_in_actor
from web.portal import portal
from web.portal.actions import APPEAL_FORM
from web.portal.form_page import read_only_page
from web.portal.lists import READERS
from web.portal.progress import picture_of, steps_of
from web.portal.receipt import qr_code
from web.services import form_of, services

TABS = ("form", "files", "trail")
# Who may be a party to an application; the services limit each to their own.
PARTIES = (Role.INDIVIDUAL, *sorted(ENTERPRISE_ROLES), *sorted(OFFICER_ROLES))
# Where each action of the catalogue is done.
ACTION_PAGES = {
    "edit": "portal.form",
    "withdraw": "portal.confirm_withdraw",
    "appeal": "portal.appeal_form",
    "print": "portal.print_view",
    "export": "portal.export",
    "delete": "portal.confirm_delete",
}
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@portal.get("/applications/<number>")
@needs(*READERS)
def application(number: str) -> ResponseReturnValue:
    case = _detail(number)
    tab = request.args.get("tab", "trail")
    return render_template(
        "portal/application.html",
        case=case,
        tab=tab if tab in TABS else "trail",
        is_over=case.status in ENDED,
        picture=picture_of(case),
        steps=steps_of(case),
        page=read_only_page(case),
        asked=_asked(case),
        qr=qr_code(case.number),
        action_urls=ACTION_PAGES,
    )


@portal.get("/applications/<number>/print")
@needs(*READERS)
def print_view(number: str) -> ResponseReturnValue:
    """A working copy on A4 (R-000-09); the legal form is the Word document."""
    case = _detail(number)
    return render_template(
        "portal/print.html",
        case=case,
        page=read_only_page(case),
        qr=qr_code(case.number),
        printed_at=services().clock.now(),
    )


@portal.get("/applications/<number>/receipt")
@needs(*READERS)
def receipt(number: str) -> ResponseReturnValue:
    case = _detail(number)
    return render_template("portal/receipt.html", case=case, qr=qr_code(case.number), printed_at=services().clock.now())


@portal.get("/applications/<number>/export.docx")
@needs(*PARTIES)
def export(number: str) -> ResponseReturnValue:
    """The application form as a Word document (R-000-09)."""
    with services().database.read() as connection:
        file_name, content = services().applications.export_document(connection, number, signed_in_actor())
    return Response(
        io.BytesIO(content),
        mimetype=WORD,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name)}",
            "Content-Length": str(len(content)),
            "Cache-Control": "private, no-store",
        },
    )


def _asked(case: ApplicationDetail) -> dict[str, Attachment]:
    """The attachments that an application may have by their AT numbers: those of its form and of an appeal."""
    return {**services().forms.current(APPEAL_FORM).attachments, **form_of(case).attachments}


def _detail(number: str) -> ApplicationDetail:
    with services().database.read() as connection:
        found: ApplicationDetail = services().cases.detail(connection, number, signed_in_actor())
    return found
