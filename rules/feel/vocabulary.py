"""What a writer of expressions may name: without the caller's names `a - b` cannot be told from a name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from rules.feel.types import Type

_PARTS = re.compile(r"[^\W\d]\w*|\d+|\S")


class Vocabulary:
    """The names an expression may meet, also those of parts that it reaches by paths, and the types it may ask for.

    A name may hold spaces and the symbols `. / - ' + *`; where several names fit, the longest is meant (DMN 1.5,
    10.3.1.4). `lenient` takes foreign models as the standard has them: names with spaces that nobody has announced,
    and calls that cannot succeed, which then are null with a note. Otherwise both are refused when an expression is
    compiled. Build one for each set of names and keep it: expressions are cached by its identity.
    """

    def __init__(
        self, names: Iterable[str] = (), types: Mapping[str, Type] | None = None, *, lenient: bool = False
    ) -> None:
        self.names = frozenset(" ".join(name.split()) for name in names)
        self.types: Mapping[str, Type] = {" ".join(name.split()): kind for name, kind in (types or {}).items()}
        self.lenient = lenient
        self.longest = max((length_of(name) for name in (*self.names, *self.types)), default=1)


def length_of(name: str) -> int:
    """How many tokens a name has at most."""
    return len(_PARTS.findall(name))


PLAIN = Vocabulary()
