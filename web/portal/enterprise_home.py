"""The home page of an enterprise: what waits for it, and what its certificates and applications count (F-ENT-HOME)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask import render_template

from applications.enterprise_info import counts_of
from applications.views import ApplicationFilters, InboxFilters
from kernel.actors import Actor
from kernel.clock import day_of
from kernel.texts import Text
from registry.labels import SPECIALTIES, label_of
from registry.staff import EXPIRING_DAYS, Staff, StaffFigures
from web.navigation import inbox_counts
from web.services import services

SHOWN = 5
STATES = ("valid", "expired", "deregistered")  # in the order of the bars


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a bar; place and width are percentages of the longest bar."""

    state: str
    x: str
    width: str


@dataclass(frozen=True, slots=True)
class Bar:
    """The certificates of one specialty by state."""

    label: Text
    parts: tuple[Part, ...]
    counts: tuple[tuple[str, int], ...]  # state and how many, none of zero


def enterprise_home(actor: Actor) -> str:
    uscc = actor.enterprise or ""
    today = day_of(services().clock.now())
    with services().database.read() as connection:
        counts = inbox_counts(connection, actor)
        todo = services().inbox.page(connection, actor, "todo", InboxFilters(), None, counts)
        recent = services().cases.mine(connection, actor, ApplicationFilters(), None)
        applications = counts_of(connection, uscc)
        titles = {line.id: line.title for line in services().cases.catalogue(connection)}
        figures = Staff(connection, uscc).figures(today)
        cards = services().cases.lines(connection, actor)
    return render_template(
        "portal/enterprise_home.html",
        todo=todo,
        counts=counts,
        recent=recent.items[:SHOWN],
        shown=SHOWN,
        applications=applications,
        titles=titles,
        figures=figures,
        bars=bars(figures),
        expiring_days=EXPIRING_DAYS,
        states=STATES,
        may=[card for card in cards if card.may_start],
        may_not=[card for card in cards if not card.may_start],
    )


def bars(figures: StaffFigures) -> tuple[Bar, ...]:
    """A bar a specialty, those with the most certificates first; all begin at zero and share one scale."""
    totals = {specialty: sum(states.values()) for specialty, states in figures.specialties.items()}
    longest = max(totals.values(), default=0)
    ordered = sorted(totals, key=lambda specialty: (-totals[specialty], specialty))
    return tuple(_bar(specialty, figures.specialties[specialty], longest) for specialty in ordered)


def _bar(specialty: str, many: Mapping[str, int], longest: int) -> Bar:
    counts = tuple((state, many[state]) for state in STATES if many.get(state))
    parts, before = [], 0
    for state, count in counts:
        parts.append(Part(state, f"{100 * before / longest:.2f}%", f"{100 * count / longest:.2f}%"))
        before += count
    return Bar(label_of(SPECIALTIES, specialty), tuple(parts), counts)
