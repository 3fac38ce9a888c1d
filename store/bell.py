"""The queue port: who is told, after a commit, that there are new jobs. The rows are the truth, a ring a courtesy."""

from __future__ import annotations

from typing import Protocol


class Bell(Protocol):
    """Wakes workers; losing a ring costs one poll of the pump, nothing else (RELIABILITY.md 2.4)."""

    def ring(self) -> None: ...


class NoBell:
    """Nobody is woken: every pump looks by itself each second."""

    def ring(self) -> None:
        return None
