"""Filters of the application lists, read from the address (F-QRY-C2, F-QRY-APP): what cannot be read matches all."""

from __future__ import annotations

from collections.abc import Container, Mapping
from datetime import date

from applications.queries import SORTS, Sort
from applications.views import ApplicationFilters
from registry.labels import SPECIALTIES
from web.texts import APPLICATION_STATUSES

TEXT_FILTERS = ("line", "number", "name", "id_number", "registration_no", "employer")
NAMES = (*TEXT_FILTERS, "specialty", "status", "declared_from", "declared_to", "side", "sort")
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


def read_sort(args: Mapping[str, str]) -> Sort:
    return next((sort for sort in SORTS if sort == args.get("sort")), SORTS[0])


def is_filtered(filters: ApplicationFilters) -> bool:
    """Whether anything narrows the list of a line or of a side: those are lists of their own."""
    return filters != ApplicationFilters(side=filters.side, line=filters.line)


def read_day(value: str) -> date | None:
    try:
        return date.fromisoformat(value.strip())
    except ValueError:
        return None


def _one_of(value: str, known: Container[str]) -> str:
    return value if value in known else ""
