"""What the expressions of one place in a file may name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from rules.feel import Vocabulary
from rules.feel.types import Type


@dataclass(frozen=True, eq=False)
class Names:
    """Names known at a place: those of the `scope`, and `parts`, which are only reached by paths."""

    scope: frozenset[str]
    parts: frozenset[str]
    types: Mapping[str, Type]
    lenient: bool

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Built once for a place, because compiled expressions are kept by it."""
        return Vocabulary(self.scope | self.parts, self.types, lenient=self.lenient)

    def plus(self, names: Iterable[str]) -> Names:
        """The same place with more names: parameters, entries of a context, items of a loop."""
        wider = self.scope | frozenset(names)
        return self if wider == self.scope else Names(wider, self.parts, self.types, self.lenient)
