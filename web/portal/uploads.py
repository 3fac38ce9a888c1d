"""Attachments of an application: uploading, removing, looking at them (F-DETAIL, R-V-10).

A file is given to the parties of its application only, in a box of its own: fixed type, no sniffing, no scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from flask import Response, abort, flash, redirect, render_template, request, send_file, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import FileStorage

from applications.views import ApplicationDetail
from forms.uploads import PreviewFailed, render_page
from kernel.actors import ENTERPRISE_ROLES, OFFICER_ROLES, Role
from kernel.errors import InvalidInput, Reason
from web.access import needs, parks_at, signed_in_actor
from web.i18n import language
from web.parking import ParkedFile
from web.portal import APPLICANTS, portal
from web.portal.form_page import saved_page
from web.security import UPLOAD_POLICY
from web.services import services

PARTIES = (Role.INDIVIDUAL, *sorted(ENTERPRISE_ROLES), *sorted(OFFICER_ROLES))
PREVIEW_WIDTH = 900
WIDEST_PREVIEW = 2000


@portal.post("/applications/<number>/attachments")
@needs(*APPLICANTS)
@parks_at("portal.form")
def upload(number: str) -> ResponseReturnValue:
    """Store the posted files; htmx gets the entry of the list, a browser without scripts the whole form page."""
    with services().database.read() as connection:
        services().cases.detail(connection, number, signed_in_actor())  # another's is not found, whatever was sent
    refused = store_posted_files(number, request.args.get("kind"))
    if not request.headers.get("HX-Request"):
        for reason in refused:
            flash(reason.message.in_(language()), "return")
        return redirect(url_for("portal.form", number=number), 303)
    with services().database.read() as connection:
        case: ApplicationDetail = services().cases.detail(connection, number, signed_in_actor())
        page = saved_page(connection, case, errors=refused)
    kind = request.args.get("kind", "")
    asked = page.form.attachments.get(kind)
    if asked is None:
        abort(404)
    return render_template("portal/_attachment.html", page=page, asked=asked, case=case), 422 if refused else 200


@portal.post("/applications/<number>/attachments/<attachment_id>/remove")
@needs(*APPLICANTS)
@parks_at("portal.form")
def remove(number: str, attachment_id: str) -> ResponseReturnValue:
    services().applications.remove_attachment(number, attachment_id, by=signed_in_actor())
    flash(gettext("已移除附件"), "good")
    return redirect(url_for("portal.form", number=number), 303)


@portal.get("/applications/<number>/attachments/<attachment_id>")
@needs(*PARTIES)
def attachment(number: str, attachment_id: str) -> ResponseReturnValue:
    """The file as it was uploaded."""
    with services().database.read() as connection:
        view, path = services().applications.attachment_file(connection, number, attachment_id, signed_in_actor())
    response = send_file(path, mimetype=view.media_type, conditional=True, etag=False)
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(view.file_name)}"
    response.headers["Content-Security-Policy"] = UPLOAD_POLICY
    response.headers["Cache-Control"] = "private, no-store"
    return response


@portal.get("/applications/<number>/attachments/<attachment_id>/pages/<int:page>.png")
@needs(*PARTIES)
def attachment_page(number: str, attachment_id: str, page: int) -> ResponseReturnValue:
    """One page of a file as a picture, so that it can be seen beside the decision."""
    width = request.args.get("width", type=int) or PREVIEW_WIDTH
    with services().database.read() as connection:
        view, path = services().applications.attachment_file(connection, number, attachment_id, signed_in_actor())
    try:
        picture = render_page(path, view.media_type, page, min(width, WIDEST_PREVIEW))
    except PreviewFailed:
        abort(404)
    return Response(picture, mimetype="image/png", headers={"Cache-Control": "private, max-age=300"})


def posted_files() -> list[tuple[str, FileStorage]]:
    """The files of this request that were really chosen, each with the name of its input."""
    return [(name, file) for name, file in request.files.items(multi=True) if file.filename]


def store_posted_files(number: str, kind: str | None = None) -> Sequence[Reason]:
    """Attach every posted file; returns the reasons of those that were refused, and stores the others.

    The name of the input is the AT number of the attachment, unless `kind` tells it.
    """
    files = [ParkedFile(kind or name, file.filename or "", file.stream.read()) for name, file in posted_files()]
    return store_files(number, files)


def store_files(number: str, files: Sequence[ParkedFile]) -> Sequence[Reason]:
    """As `store_posted_files`, for files that waited for their owner."""
    refused: list[Reason] = []
    for file in files:
        try:
            services().applications.attach(number, file.kind, file.name, file.content, by=signed_in_actor())
        except InvalidInput as error:
            refused += error.reasons
    return refused
