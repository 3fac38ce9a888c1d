"""Policy notices as everybody reads them, with their downloads (F-NOTICES)."""

from __future__ import annotations

import re
from urllib.parse import quote

from flask import Response, render_template, request, send_file
from flask.typing import ResponseReturnValue
from markupsafe import Markup, escape

from applications.blank_documents import blank
from applications.views import Page
from registry.notices import Notice, Notices
from store.paging import Slice
from web.access import public as everybody
from web.i18n import language
from web.public import public
from web.services import services

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
# Up to a sign that ends a sentence; nothing but these two forms becomes a link.
_ADDRESS = re.compile(r"(?:https?://|(?<![\w/])/documents/)[\w./~%&=?#+:-]*[\w/]", re.ASCII)


@public.get("/notices")
@everybody
def notices() -> ResponseReturnValue:
    text = request.args.get("text", "").strip()[:100]
    with services().database.read() as connection:
        found = Notices(connection).published(text, request.args.get("cursor"))
    return render_template("public/notices.html", page=page_of(*found), text=text)


@public.get("/notices/<notice_id>")
@everybody
def notice(notice_id: str) -> ResponseReturnValue:
    with services().database.read() as connection:
        found = Notices(connection).get(notice_id, only_published=True)
    return render_template("public/notice.html", notice=found, paragraphs=paragraphs(found.text.in_(language())))


@public.get("/notices/<notice_id>/files/<file_id>")
@everybody
def notice_file(notice_id: str, file_id: str) -> ResponseReturnValue:
    """A file of a published notice, to keep, never to be run in a page of ours."""
    with services().database.read() as connection:
        file, path = services().policy_notices.file(connection, notice_id, file_id)
    response: Response = send_file(path, mimetype=file.media_type, etag=False)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(file.file_name)}"
    return response


@public.get("/documents/<name>.docx")
@everybody
def blank_document(name: str) -> ResponseReturnValue:
    """An empty paper, such as the correction form of 2020 (DOC-11, R-1.2-4)."""
    file_name, content = blank(name)
    return Response(
        content,
        mimetype=WORD,
        headers={"Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name)}"},
    )


def paragraphs(text: str) -> list[list[Markup]]:
    """A plain text as lines of paragraphs, escaped; addresses of the web and of papers of this site are links."""
    parts = (part.strip() for part in re.split(r"\n\s*\n", text))
    return [[_linked(line) for line in part.split("\n")] for part in parts if part]


def _linked(line: str) -> Markup:
    found = Markup()
    end = 0
    for address in _ADDRESS.finditer(line):
        found += escape(line[end : address.start()])
        found += Markup('<a href="{0}" rel="nofollow">{0}</a>').format(address[0])
        end = address.end()
    return found + escape(line[end:])


def page_of(items: list[Notice], found: Slice) -> Page[Notice]:
    return Page(tuple(items), found.total, found.before, found.after)
