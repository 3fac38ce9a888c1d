"""T-01 as its people do it: an application from the first save to the end, each command repeated until answered."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from tests.scenarios.case import CITY, DISTRICT, EMPLOYERS

LINE = "class2_employer_transfer"
APPLICANT = "p04"
TODAY = "2026-06-15"
NEW_EMPLOYER = "E02"
CONTRACT = {"contract_type": "fixed_term", "contract_start": "2026-06-16", "contract_end": "2029-06-15"}
KINDS = ("AT-01", "AT-03")
DECISIONS = (
    (EMPLOYERS["new"], "e02_admin", "agree"),
    (EMPLOYERS["old"], "e01_admin", "agree"),
    (DISTRICT, "district_chaoyang", "pass"),
    (CITY, "city_a", "pass"),
)
DAYS_OF_PUBLICITY = 11


class Unanswered(Exception):
    """The process died before it answered: nobody can tell from outside whether the command was carried out."""


class Client(Protocol):
    """What people can do; every answer means that it is done. `asked` is the same at each repetition."""

    def start(self, asked: Mapping[str, Any]) -> Any: ...

    def save(self, asked: Mapping[str, Any]) -> Any: ...

    def attach(self, asked: Mapping[str, Any]) -> Any: ...

    def submit(self, asked: Mapping[str, Any]) -> Any: ...

    def complete(self, asked: Mapping[str, Any]) -> Any: ...

    def move_clock(self, asked: Mapping[str, Any]) -> Any: ...

    def work(self) -> None:
        """Let the background work do what is due."""
        ...

    def revision(self, number: str) -> int: ...

    def open_task(self, number: str, path: str, username: str) -> str: ...


class Journal:
    """What was asked and what was answered, step by step. It outlives the processes: it is the oracle."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.asked: dict[str, dict[str, Any]] = {}
        self.answered: dict[str, Any] = {}
        for line in file.read_text().splitlines() if file.exists() else ():
            kind, step, value = json.loads(line)
            (self.asked if kind == "asked" else self.answered)[step] = value

    def ask(self, step: str, asked: dict[str, Any]) -> dict[str, Any]:
        self.asked[step] = asked
        self._write("asked", step, asked)
        return asked

    def answer(self, step: str, answer: Any) -> None:
        self.answered[step] = answer
        self._write("answered", step, answer)

    def _write(self, *entry: Any) -> None:
        with self._file.open("a") as file:
            file.write(json.dumps(entry) + "\n")


@dataclass(frozen=True, slots=True)
class Step:
    """One command: which, and what it is asked with, found out just before it is asked for the first time."""

    name: str
    command: str
    prepared: Callable[[Client, Journal], dict[str, Any]]


def steps() -> list[Step]:
    return [
        Step("start", "start", lambda client, journal: {"by": APPLICANT, "command_id": "start"}),
        Step("save", "save", _form),
        *(Step(f"attach {kind}", "attach", partial(_file, kind)) for kind in KINDS),
        Step("submit", "submit", lambda client, journal: {**_form(client, journal), "command_id": "submit"}),
        *(Step(path, "complete", partial(_decision, path, by, decision)) for path, by, decision in DECISIONS),
        Step("publicity", "move_clock", lambda client, journal: {"days": DAYS_OF_PUBLICITY}),
    ]


def go_on(client: Client, journal: Journal) -> None:
    """Do what is left of the journey, and let the background work follow each step."""
    for step in steps():
        if step.name not in journal.answered:
            asked = journal.asked.get(step.name) or journal.ask(step.name, step.prepared(client, journal))
            journal.answer(step.name, getattr(client, step.command)(asked))
        client.work()


def repeat_all(client: Client, journal: Journal) -> list[str]:
    """Send every command of people once more, long afterwards; each must be answered as it was (I2)."""
    differing = []
    for step in steps():
        if "command_id" in journal.asked[step.name]:
            answer = getattr(client, step.command)(journal.asked[step.name])
            if answer != journal.answered[step.name]:
                differing.append(f"{step.name} was answered {journal.answered[step.name]}, and later {answer}")
    return differing


def _form(client: Client, journal: Journal) -> dict[str, Any]:
    number = journal.answered["start"]
    return {"number": number, "by": APPLICANT, "revision": client.revision(number)}


def _file(kind: str, client: Client, journal: Journal) -> dict[str, Any]:
    return {"number": journal.answered["start"], "kind": kind, "by": APPLICANT}


def _decision(path: str, by: str, decision: str, client: Client, journal: Journal) -> dict[str, Any]:
    task_id = client.open_task(journal.answered["start"], path, by)
    return {"task_id": task_id, "by": by, "decision": decision, "command_id": path}
