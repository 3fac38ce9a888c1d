"""Registrations of the ministry's systems, to look up and nothing else (F-QRY-MINISTRY, R-1.1-2, R-1.1-3)."""

from __future__ import annotations

from typing import ClassVar

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from applications.views import Page
from kernel.clock import day_of
from kernel.errors import NotFound, ServiceError
from registry.labels import SPECIALTIES
from registry.ministry import KINDS, READERS, MinistryFilters, MinistryMirror
from web.access import needs, signed_in_actor
from web.access import public as everybody
from web.portal import portal
from web.services import services

FILTERS = ("name", "id_number", "registration_no", "enterprise")


class ReadOnly(ServiceError):
    """Somebody tried to write what only the synchronisation writes (405)."""

    http_status: ClassVar[int] = 405
    default_code: ClassVar[str] = "READ_ONLY_DATA"


@portal.get("/ministry")
@needs(*READERS)
def ministry() -> ResponseReturnValue:
    return redirect(url_for("portal.ministry_kind", kind=next(iter(KINDS))), 303)


@portal.get("/ministry/<kind>")
@needs(*READERS)
def ministry_kind(kind: str) -> ResponseReturnValue:
    if kind not in KINDS:
        raise NotFound(detail=f"no kind {kind!r} in the mirror")
    filters = MinistryFilters(**{name: request.args.get(name, "").strip()[:100] for name in FILTERS})
    with services().database.read() as connection:
        mirror = MinistryMirror(connection)
        items, found = mirror.page(kind, signed_in_actor(), filters, request.args.get("cursor"))
        synced_at = mirror.synced_at()
    return render_template(
        "portal/ministry.html",
        page=Page(items, found.total, found.before, found.after),
        kind=kind,
        kinds=KINDS,
        filters=filters,
        filtered=filters != MinistryFilters(),
        synced_at=synced_at,
        specialties=SPECIALTIES,
        today=day_of(services().clock.now()),
    )


@portal.route("/ministry/<kind>", methods=["POST", "PUT", "PATCH", "DELETE"])
@everybody
def write_ministry(kind: str) -> ResponseReturnValue:
    """Say that there is no way to write it, to whomever (R-1.1-2)."""
    raise ReadOnly(detail=f"{request.method} of {kind!r}")
