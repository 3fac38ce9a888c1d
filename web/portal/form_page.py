"""Builds the page of an application's form: values, employers found, files, addresses (DESIGN.md 7)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import url_for
from sqlalchemy import Connection

from applications.views import ApplicationDetail
from forms import Form, Option
from forms.page import FormPage, Links, Lookup
from kernel.errors import Reason
from registry.enterprises import Enterprises
from web.i18n import language
from web.services import form_of, services

LOOKUP = "lookup"


def unsaved_page(
    connection: Connection,
    line: str,
    form: Form,
    values: Mapping[str, Any],
    snapshot: Mapping[str, Any],
    *,
    errors: Sequence[Reason] = (),
    lookups: Mapping[str, Lookup] | None = None,
    options: Mapping[str, Sequence[Option]] | None = None,
) -> FormPage:
    """The form of a line before its first save: files come after it."""
    values = with_single_find(values, lookups or {})
    return FormPage(
        form=form,
        language=language(),
        values=values,
        errors=errors,
        snapshot=with_chosen_employer(connection, form, values, snapshot),
        lookups=lookups or {},
        options=options or {},
        links=Links(lookup=url_for("portal.look_up", line=line)),
        uploads_open=False,
        max_mb=services().settings.max_attachment_mb,
    )


def saved_page(
    connection: Connection,
    case: ApplicationDetail,
    values: Mapping[str, Any] | None = None,
    *,
    errors: Sequence[Reason] = (),
    lookups: Mapping[str, Lookup] | None = None,
    options: Mapping[str, Sequence[Option]] | None = None,
) -> FormPage:
    """The form of a saved application; `values` are entries that are not saved, instead of the document."""
    form = form_of(case)
    shown = with_single_find(case.document if values is None else values, lookups or {})
    number = case.number
    return FormPage(
        form=form,
        language=language(),
        values=shown,
        errors=errors,
        snapshot=with_chosen_employer(connection, form, shown, case.snapshot),
        files=case.attachments,
        lookups=lookups or {},
        options=options or {},
        links=Links(
            autosave=url_for("portal.autosave", number=number),
            lookup=url_for("portal.look_up", line=case.line),
            export=url_for("portal.export", number=number) if case.offers_export else None,
            upload=lambda kind: url_for("portal.upload", number=number, kind=kind),
            file=lambda file: url_for("portal.attachment", number=number, attachment_id=file.id),
        ),
        max_mb=services().settings.max_attachment_mb,
    )


def read_only_page(case: ApplicationDetail) -> FormPage:
    """The document as a reader sees it."""
    number = case.number
    return FormPage(
        form=form_of(case),
        language=language(),
        values=case.document,
        snapshot=case.snapshot,
        files=case.attachments,
        links=Links(file=lambda file: url_for("portal.attachment", number=number, attachment_id=file.id)),
        read_only=True,
    )


def search(connection: Connection, form: Form, posted: Mapping[str, Sequence[str]], page: int = 1) -> dict[str, Lookup]:
    """The employers found for the words typed into each look-up of the form."""
    found = {}
    for key, field in form.fields.items():
        words = (posted.get(f"{key}_query") or [""])[0].strip()[:100]
        if field.kind == "employer_lookup" and words:
            result = Enterprises(connection).search(words, page)
            found[key] = Lookup(words, result.items, result.total, result.page, result.pages)
    return found


def with_single_find(values: Mapping[str, Any], lookups: Mapping[str, Lookup]) -> Mapping[str, Any]:
    """The values with an employer that was the only one found: it is chosen at once, unless another one is."""
    alone = {key: found.found[0].uscc for key, found in lookups.items() if found.total == 1 and not values.get(key)}
    return {**values, **alone}


def with_chosen_employer(
    connection: Connection, form: Form, values: Mapping[str, Any], snapshot: Mapping[str, Any]
) -> Mapping[str, Any]:
    """The snapshot with the employer that is chosen on the page, so that old and new stand side by side."""
    chosen = next((values.get(key) for key, field in form.fields.items() if field.kind == "employer_lookup"), None)
    known = snapshot.get("new_employer") or {}
    if not chosen or known.get("uscc") == chosen:
        return snapshot
    employer = Enterprises(connection).by_code(str(chosen))
    return {**snapshot, "new_employer": employer.snapshot() if employer else None}
