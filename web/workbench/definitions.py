"""The library of definitions: versions with their running instances, the picture, the file, activating."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from flask import Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from kernel.errors import NotFound
from processes.definitions import DefinitionRow
from web.access import needs, signed_in_actor
from web.drawings import drawing_of
from web.services import services
from web.workbench import ANALYSTS, VIEWERS, workbench


@workbench.get("/workbench")
@needs(*VIEWERS)
def definitions() -> ResponseReturnValue:
    """Every process with its versions; `q` finds by name or id."""
    words = request.args.get("q", "").strip()[:100]
    with services().database.read() as connection:
        rows = services().definitions.versions(connection)
    return render_template(
        "workbench/definitions.html",
        processes=by_process(rows, words),
        words=words,
        may_deploy=signed_in_actor().has(*ANALYSTS),
    )


@workbench.get("/workbench/<definition_id>")
@needs(*VIEWERS)
def definition(definition_id: str) -> ResponseReturnValue:
    with services().database.read() as connection:
        rows = services().definitions.versions(connection)
        row = _row(rows, definition_id)
        picture = drawing_of(connection, definition_id, row.key)
    return render_template(
        "workbench/definition.html",
        row=row,
        versions=[other for other in rows if other.key == row.key],
        processes=by_process(rows),
        picture=picture,
        may_deploy=signed_in_actor().has(*ANALYSTS),
    )


@workbench.get("/workbench/<definition_id>/xml")
@needs(*VIEWERS)
def xml(definition_id: str) -> ResponseReturnValue:
    """The file as it was deployed."""
    with services().database.read() as connection:
        row = _row(services().definitions.versions(connection), definition_id)
        data = services().definitions.xml(connection, definition_id)
    response = Response(data, mimetype="application/xml")
    response.headers["Content-Disposition"] = f'attachment; filename="{row.key}.v{row.version}.bpmn"'
    return response


@workbench.post("/workbench/<definition_id>/activate")
@needs(*ANALYSTS)
def activate(definition_id: str) -> ResponseReturnValue:
    """Start new instances on this version; running ones keep theirs (R-P-06)."""
    services().definitions.activate(definition_id, by=signed_in_actor())
    flash(_("已启用，新申请从这一版开始；在办的申请仍按原来的版本走"), "good")
    return redirect(url_for("workbench.definition", definition_id=definition_id), 303)


def by_process(rows: Iterable[DefinitionRow], words: str = "") -> list[list[DefinitionRow]]:
    """The versions of each process that has the words in its names or id; the active version first."""
    sought = words.casefold()
    found = []
    for _key, versions in groupby(rows, key=lambda row: row.key):
        group = sorted(versions, key=lambda row: (not row.is_active, -row.version))
        if sought in f"{group[0].key} {group[0].title.zh} {group[0].title.en}".casefold():
            found.append(group)
    return found


def _row(rows: Iterable[DefinitionRow], definition_id: str) -> DefinitionRow:
    for row in rows:
        if row.id == definition_id:
            return row
    raise NotFound(detail=f"no definition {definition_id}")
