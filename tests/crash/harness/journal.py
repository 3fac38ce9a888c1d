"""What the client of one case asked and was answered. It outlives the processes that die: it is the oracle."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.crash.harness.service import Command


class Journal:
    """One line for each question and each answer, written at once; several processes may write."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def ask(self, command: Command) -> None:
        self._write("asked", command["key"], dict(command))

    def answer(self, key: str, answer: Any) -> None:
        self._write("answered", key, answer)

    def refuse(self, key: str, code: str) -> None:
        self._write("refused", key, code)

    def broken(self, key: str, error: BaseException) -> None:
        """Something that would be an answer 500 to somebody."""
        self._write("broken", key, f"{type(error).__name__}: {error}"[:2000])

    def stuck(self, where: str) -> None:
        """The client could do nothing more, and the instance had not ended."""
        self._write("stuck", "", where)

    def asked(self) -> dict[str, Command]:
        return {key: value for kind, key, value in self._lines() if kind == "asked"}

    def answers(self) -> dict[str, list[Any]]:
        """All answers to each command, in order."""
        return self._each("answered")

    def refused_after_answer(self) -> Iterator[tuple[str, Any]]:
        """The commands that were refused although they had been answered, with the code of the refusal."""
        answered: set[str] = set()
        for kind, key, value in self._lines():
            if kind == "answered":
                answered.add(key)
            elif kind == "refused" and key in answered:
                yield key, value

    def faults(self) -> list[str]:
        return [f"{key}: {value}" for kind, key, value in self._lines() if kind == "broken"]

    def last_stuck(self) -> str:
        return next((value for kind, _, value in reversed(list(self._lines())) if kind == "stuck"), "")

    def _each(self, wanted: str) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        for kind, key, value in self._lines():
            if kind == wanted:
                found.setdefault(key, []).append(value)
        return found

    def _lines(self) -> Iterator[tuple[str, str, Any]]:
        for line in self._file.read_text().splitlines() if self._file.exists() else ():
            kind, key, value = json.loads(line)
            yield kind, key, value

    def _write(self, *entry: Any) -> None:
        with self._file.open("a") as file:
            file.write(json.dumps(entry) + "\n")
