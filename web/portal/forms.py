"""The form of an application: first save, saving, autosave, look-up, submitting (R-D-04, R-D-14, DESIGN.md 7).

Every refusal shows the page again with what was typed; files that came along are stored first, so they survive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from applications.views import ApplicationDetail
from forms import Form, validate
from forms.page import Lookup
from kernel.clock import day_of
from kernel.errors import InvalidInput, NotAllowed, Reason, Refused, StateConflict
from web import parking
from web.access import needs, parks_at, signed_in_actor
from web.i18n import language
from web.portal import APPLICANTS, portal
from web.portal.form_page import saved_page, search, unsaved_page
from web.portal.posted import posted_fields
from web.portal.uploads import posted_files, store_files, store_posted_files
from web.services import form_of, services

LINE_PAGES = "portal.apply"


@dataclass(frozen=True, slots=True)
class _Entries:
    """What was typed, as the page shows it again, and what the services take."""

    posted: dict[str, list[str]]
    shown: Mapping[str, Any]
    revision: int

    @classmethod
    def of(cls, form: Form, source: MultiDict[str, str]) -> _Entries:
        posted = posted_fields(source)
        today = day_of(services().clock.now())
        revision = source.get("revision", "")
        shown = validate(form, posted, mode="save", today=today).entered
        return cls(posted, shown, int(revision) if revision.isascii() and revision.isdigit() else 0)

    def over(self, document: Mapping[str, Any]) -> _Entries:
        """These entries laid over a document, for a request that carried a part of the form only."""
        shown = {name: value for name, value in self.shown.items() if name in self.posted}
        return replace(self, shown={**document, **shown})


# -- before the first save


@portal.get("/lines/<line>/apply")
@needs(*APPLICANTS)
def apply(line: str) -> ResponseReturnValue:
    """The unsaved form, filled from the books; nothing exists until its first save."""
    form = _form_of(line)
    parked = parking.take(signed_in_actor().id)
    if parked is not None:
        return _unsaved(line, _Entries.of(form, parked), restored=True)
    # A link may fill in the form: that of a flag names the flag (2.27).
    linked = MultiDict([(name, value) for name, value in request.args.items(multi=True) if name in form.fields])
    return _unsaved(line, _Entries.of(form, linked) if linked else None)


@portal.post("/lines/<line>/apply")
@needs(*APPLICANTS)
def first_save(line: str) -> ResponseReturnValue:
    entries = _Entries.of(_form_of(line), request.form)
    verb, argument = _action()
    if verb == "lookup":
        return _unsaved(line, entries, page=_page_number(argument))
    try:
        number = services().applications.start(
            line, entries.posted, by=signed_in_actor(), command_id=request.form.get("command_id", "")
        )
    except (InvalidInput, Refused) as error:
        return _unsaved(line, entries, errors=error.reasons), error.http_status
    refused = store_posted_files(number)
    if refused:
        case = _case(number)
        return _saved(case, None, errors=refused), 422
    flash(gettext("已保存，业务编号 %(number)s。上传附件后提交", number=number), "good")
    return redirect(url_for("portal.form", number=number), 303)


@portal.post("/lines/<line>/lookup")
@needs(*APPLICANTS)
@parks_at(LINE_PAGES)
def look_up(line: str) -> ResponseReturnValue:
    """The employers that match, as a part of the page (htmx); without scripts the form's own address answers."""
    form = _form_of(line)
    entries = _Entries.of(form, request.form)
    _, argument = _action()
    with services().database.read() as connection:
        _, snapshot = services().cases.new_document(connection, line, signed_in_actor())
        lookups = search(connection, form, entries.posted, _page_number(argument))
        page = unsaved_page(connection, line, form, entries.shown, snapshot, lookups=lookups)
    return render_template("portal/_lookup.html", page=page)


# -- afterwards


@portal.get("/applications/<number>/form")
@needs(*APPLICANTS)
def form(number: str) -> ResponseReturnValue:
    case = _case(number)
    if not is_editable(case):
        return redirect(url_for("portal.application", number=number), 303)
    parked = parking.take(signed_in_actor().id)
    if parked is None:
        return _saved(case, None)
    refused = store_files(number, parked.files)
    entries = _Entries.of(form_of(case), parked).over(case.document)
    return _saved(_case(number), entries, errors=refused, restored=True)


@portal.post("/applications/<number>/form")
@needs(*APPLICANTS)
def post_form(number: str) -> ResponseReturnValue:
    case = _case(number)
    refused = store_posted_files(number) if is_editable(case) else ()
    case = _case(number) if posted_files() else case
    entries = _Entries.of(form_of(case), request.form)
    verb, argument = _action()
    if refused:
        return _saved(case, entries, errors=refused), 422
    if verb == "lookup":
        return _saved(case, entries, page=_page_number(argument))
    if verb == "upload":
        return _saved(case, entries)
    if verb == "remove":
        services().applications.remove_attachment(number, argument, by=signed_in_actor())
        return _saved(_case(number), entries)
    try:
        return _submit(number, entries) if verb == "submit" else _save(number, entries)
    except StateConflict as conflict:
        if conflict.code == "STALE_FORM":
            return _both_versions(case, entries), conflict.http_status
        raise
    except (InvalidInput, Refused) as error:
        # A refused submit has saved what it could: the next try starts from there.
        return _saved(_case(number), entries, errors=error.reasons, saved=True), error.http_status


@portal.post("/applications/<number>/draft")
@needs(*APPLICANTS)
@parks_at("portal.form")
def autosave(number: str) -> ResponseReturnValue:
    """Save the draft while it is being typed; answers with the words of the bar and the next revision."""
    case = _case(number)
    entries = _Entries.of(form_of(case), request.form)
    try:
        saved = services().applications.save(number, entries.posted, revision=entries.revision, by=signed_in_actor())
    except (InvalidInput, StateConflict) as error:
        return render_template("portal/_saved.html", revision=entries.revision, error=error), error.http_status
    return render_template("portal/_saved.html", revision=saved.revision, saved_at=saved.at, error=None)


def is_editable(case: ApplicationDetail) -> bool:
    return any(action.name == "edit" and action.allowed for action in case.actions)


def _save(number: str, entries: _Entries) -> ResponseReturnValue:
    services().applications.save(number, entries.posted, revision=entries.revision, by=signed_in_actor())
    flash(gettext("已保存"), "good")
    return redirect(url_for("portal.form", number=number), 303)


def _submit(number: str, entries: _Entries) -> ResponseReturnValue:
    services().applications.submit(
        number,
        entries.posted,
        revision=entries.revision,
        by=signed_in_actor(),
        command_id=request.form.get("command_id", ""),
    )
    with services().database.read() as connection:
        done = services().cases.line(connection, _case(number).line).submitted.in_(language())
    flash(gettext("%(done)s，可以打印受理回执", done=done), "good")
    return redirect(url_for("portal.application", number=number), 303)


def _unsaved(
    line: str,
    entries: _Entries | None,
    *,
    errors: Sequence[Reason] = (),
    page: int = 1,
    restored: bool = False,
) -> str:
    form = _form_of(line)
    with services().database.read() as connection:
        actor = signed_in_actor()
        document, snapshot = services().cases.new_document(connection, line, actor)
        card = next((card for card in services().cases.lines(connection, actor) if card.line == line), None)
        if card is None:
            raise NotAllowed(detail=f"actor {actor.id} does not start {line}")
        lookups: dict[str, Lookup] = search(connection, form, entries.posted, page) if entries else {}
        shown = unsaved_page(
            connection,
            line,
            form,
            entries.shown if entries else document,
            snapshot,
            errors=errors,
            lookups=lookups,
            options=services().cases.options(connection, line, actor),
        )
        confirmed_by = services().cases.line(connection, line).confirmed_by
    return render_template(
        "portal/form.html",
        page=shown,
        card=card,
        case=None,
        errors=errors,
        revision=0,
        restored=restored,
        confirmed_by=confirmed_by,
    )


def _saved(
    case: ApplicationDetail,
    entries: _Entries | None,
    *,
    errors: Sequence[Reason] = (),
    page: int = 1,
    restored: bool = False,
    saved: bool = False,
) -> str:
    form = form_of(case)
    with services().database.read() as connection:
        lookups: dict[str, Lookup] = search(connection, form, entries.posted, page) if entries else {}
        shown = saved_page(
            connection,
            case,
            entries.shown if entries else None,
            errors=errors,
            lookups=lookups,
            options=services().cases.options(connection, case.line, signed_in_actor(), case),
        )
        confirmed_by = services().cases.line(connection, case.line).confirmed_by
    # Entries are based on the revision that they were typed upon, unless they were saved meanwhile.
    revision = case.revision if entries is None or saved or not entries.revision else entries.revision
    return render_template(
        "portal/form.html",
        page=shown,
        card=None,
        case=case,
        errors=errors,
        revision=revision,
        restored=restored,
        confirmed_by=confirmed_by,
    )


def _both_versions(case: ApplicationDetail, entries: _Entries) -> str:
    """Somebody saved meanwhile (R-D-04): both contents side by side, to go on with one of them."""
    with services().database.read() as connection:
        stored = saved_page(connection, case)
        typed = saved_page(connection, case, entries.shown)
    rows = [
        (field.label, stored.printed(field), typed.printed(field), stored.printed(field) != typed.printed(field))
        for field in stored.form.fields.values()
    ]
    kept = {name: values for name, values in entries.posted.items() if name in stored.form.fields}
    return render_template("portal/stale.html", case=case, rows=rows, kept=kept, stale=Reason("STALE_FORM"))


def _action() -> tuple[str, str]:
    """What the pressed button asks for: `lookup:2` is ("lookup", "2"); without a button it is saving."""
    verb, _, argument = request.form.get("action", "save").partition(":")
    return verb, argument


def _page_number(argument: str) -> int:
    return int(argument) if argument.isascii() and argument.isdigit() and len(argument) < 6 else 1


def _form_of(line: str) -> Form:
    """The form of a line in its active version.

    Raises:
        NotFound: there is no such line.
    """
    with services().database.read() as connection:
        return services().forms.current(services().cases.line(connection, line).form)


def _case(number: str) -> ApplicationDetail:
    actor = signed_in_actor()
    with services().database.read() as connection:
        case: ApplicationDetail = services().cases.detail(connection, number, actor)
    return case
