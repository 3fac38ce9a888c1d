"""Filters of the application lists, read from the address (F-QRY-C2, F-QRY-APP): what cannot be read matches all."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date

from applications.views import ApplicationFilters
from registry.labels import SPECIALTIES
from web.texts import APPLICATION_STATUSES

TEXT_FILTERS = ("line", "number", "name", "id_number", "registration_no", "employer")
SIDES = ("own", "in", "out")
MAX_LENGTH = 100


def read_filters(args: Mapping[str, str]) -> ApplicationFilters:
    texts = {name: args.get(name, "").strip()[:MAX_LENGTH] for name in TEXT_FILTERS}
    return ApplicationFilters(
        **texts,
        specialty=_one_of(args.get("specialty", ""), SPECIALTIES),
        status=_one_of(args.get("status", ""), APPLICATION_STATUSES),
        declared_from=read_day(args.get("declared_from", "")),
        declared_to=read_day(args.get("declared_to", "")),
        side=_one_of(args.get("side", ""), SIDES),
    )


def is_filtered(filters: ApplicationFilters) -> bool:
    return filters != ApplicationFilters(side=filters.side)


def read_day(value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        return None


def _one_of(value: str, known: Container[str]) -> str:
    return value if value in known else ""
