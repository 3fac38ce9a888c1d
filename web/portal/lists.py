"""The lists of applications: one of all, one a line, with filters and orders in the address (F-QRY-APP, F-QRY-C2)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from urllib.parse import quote

from flask import Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from applications.lines import Line
from applications.views import ApplicationFilters, ApplicationRow, ListedFlag
from exports.spreadsheet import MEDIA_TYPE, Column, Value, sheet
from kernel.actors import ENTERPRISE_ROLES, OFFICER_ROLES, Role
from kernel.clock import day_of
from kernel.identifiers import mask_id_number
from kernel.texts import Text
from registry.flags import LABELS, STATE_LABELS
from registry.labels import SPECIALTIES, label_of, listed
from web.access import needs, signed_in_actor
from web.i18n import language
from web.portal import portal
from web.portal.filters import NAMES, is_filtered, read_filters, read_sort
from web.services import services
from web.texts import APPLICATION_STATUSES, STATUSES, iso_date

# Whom REQUIREMENTS 1.1 lets see applications; the services limit each to their own.
READERS = (
    Role.INDIVIDUAL,
    *sorted(ENTERPRISE_ROLES),
    *sorted(OFFICER_ROLES),
    Role.REGISTRATION_CENTRE,
    Role.SYSTEM_ADMIN,
)


@portal.get("/applications")
@needs(*READERS)
def applications() -> ResponseReturnValue:
    actor = signed_in_actor()
    filters, sort = read_filters(request.args), read_sort(request.args)
    with services().database.read() as connection:
        page = services().cases.mine(connection, actor, filters, request.args.get("cursor"), sort)
        lines = services().cases.catalogue(connection)
    line = next((each for each in lines if each.id == filters.line), None)
    return render_template(
        "portal/applications.html",
        page=page,
        filters=filters,
        filtered=is_filtered(filters),
        asked={name: request.args[name] for name in NAMES if request.args.get(name)},
        sort=sort,
        lines=lines,
        title=line.title if line else None,
        two_employers=line is None or line.employer == "transfer",
        status_values=APPLICATION_STATUSES,
        specialties=SPECIALTIES,
        flag_labels=LABELS,
        flag_states=STATE_LABELS,
    )


@portal.get("/applications/export.xlsx")
@needs(*READERS)
def export_list() -> ResponseReturnValue:
    """The list under its filters as an Excel file, whole; ID numbers stay masked (F-NF-4)."""
    filters, sort = read_filters(request.args), read_sort(request.args)
    with services().database.read() as connection:
        lines = services().cases.catalogue(connection)
        title = next((line.title for line in lines if line.id == filters.line), Text("申报事项", "Applications"))
        rows = services().cases.all_of_mine(connection, signed_in_actor(), filters, sort)
        columns = [Column(label) for label in _labels()]
        content = sheet(title.in_(language()), columns, map(_values, rows), _in_words(filters, lines))
    file_name = f"{title.in_(language())}_{iso_date(services().clock.now())}.xlsx"
    return Response(
        content,
        mimetype=MEDIA_TYPE,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file_name)}",
            "Cache-Control": "private, no-store",
        },
    )


def _labels() -> list[str]:
    return [
        *(_("业务编号"), _("业务"), _("姓名"), _("证件号码"), _("注册编号"), _("专业"), _("原单位"), _("现单位")),
        *(_("创建日期"), _("申报日期"), _("进度"), _("异常标志")),
    ]


def _values(row: ApplicationRow) -> list[Value]:
    """A row of the file, in the order of `_labels`."""
    said = language()
    return [
        row.number,
        row.line_title.in_(said),
        row.applicant,
        row.id_number_masked,
        row.registration_no,
        _specialties(row.specialties).in_(said),
        row.old_employer_name,
        row.new_employer_name,
        day_of(row.created_at),
        row.declared_on,
        STATUSES[row.status].label.in_(said) if row.status in STATUSES else row.status,
        listed(map(_flag, row.flags)).in_(said) if row.flags else "",
    ]


@lru_cache(1024)
def _specialties(values: tuple[str, ...]) -> Text:
    return listed(label_of(SPECIALTIES, value) for value in values)


def _flag(one: ListedFlag) -> Text:
    said = Text("{flag}（{state}）", "{flag} ({state})")
    return said.filled(flag=label_of(LABELS, one.flag), state=label_of(STATE_LABELS, one.state))


def _in_words(filters: ApplicationFilters, lines: Sequence[Line]) -> str:
    """What the list was narrowed by, above its head."""
    return str(_("；")).join(f"{label}{_('：')}{value}" for label, value in _conditions(filters, lines) if value)


def _conditions(filters: ApplicationFilters, lines: Sequence[Line]) -> Iterator[tuple[str, str]]:
    said = language()
    yield _("业务"), next((line.title.in_(said) for line in lines if line.id == filters.line), "")
    yield _("进度"), STATUSES[filters.status].label.in_(said) if filters.status else ""
    yield _("业务编号"), filters.number
    yield _("姓名"), filters.name
    yield _("证件号码"), mask_id_number(filters.id_number) if filters.id_number else ""
    yield _("注册编号"), filters.registration_no
    yield _("专业"), label_of(SPECIALTIES, filters.specialty).in_(said)
    yield _("单位名称或代码"), filters.employer
    if filters.declared_from or filters.declared_to:
        yield _("申报日期"), f"{filters.declared_from or ''} – {filters.declared_to or ''}"
