"""How far a process instance is, as drawings need it: paths of elements with what happened there."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

State = Literal["done", "now", "stuck", "todo"]


@dataclass(frozen=True, slots=True)
class Progress:
    """What happened and what is open, by element path (`review/review_by_district`).

    `now` and `stuck` count the tokens and the incidents of an element; `notes` are the small lines below the names.
    """

    done: Collection[str] = ()
    now: Mapping[str, int] = field(default_factory=dict)
    stuck: Mapping[str, int] = field(default_factory=dict)
    taken_flows: Collection[str] = ()
    notes: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_begun(self) -> bool:
        """False for the drawing of a definition that no instance is shown on."""
        return bool(self.done or self.now or self.stuck or self.taken_flows)

    def tokens(self, path: str, covers: Collection[str] = ()) -> int:
        """The tokens on an element or, for one that holds others, inside it."""
        return _inside(self.now, path, covers)

    def incidents(self, path: str, covers: Collection[str] = ()) -> int:
        return _inside(self.stuck, path, covers)

    def state(self, path: str, covers: Collection[str] = ()) -> State | None:
        """What to show of an element; None where no instance is shown.

        `covers` are the paths of the elements inside a collapsed sub-process; what a call activity calls is found by
        its path.
        """
        if not self.has_begun:
            return None
        if self.incidents(path, covers):
            return "stuck"
        if self.tokens(path, covers):
            return "now"
        return "done" if path in self.done else "todo"


def _inside(counts: Mapping[str, int], path: str, covers: Collection[str]) -> int:
    inner = sum(
        count
        for place, count in counts.items()
        if place.startswith(f"{path}/") or any(place == one or place.startswith(f"{one}/") for one in covers)
    )
    return inner or counts.get(path, 0)
