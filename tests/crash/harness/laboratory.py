"""One database and one other system, and the experiments made on them: disturb, let others go on, look at the result."""

from __future__ import annotations

import json
import os
import random
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Literal, get_args

from kernel import failpoints
from tests.crash.forking import ended_within, forked, waited
from tests.crash.harness.checks import Checks, Outcome, Violation
from tests.crash.harness.client import LEASE_IS_OVER, WORKER, Client
from tests.crash.harness.journal import Journal
from tests.crash.harness.outside import MORNING, Outside, SharedClock
from tests.crash.harness.service import Service

Mode = Literal["kill", "stop", "raise", "pair", "end"]
MODES: tuple[Mode, ...] = get_args(Mode)

_SECONDS = 60
_OTHERS_FIRST_S = 2.0
_OTHERS_BLOCKED_S = 0.05
_HOLDS_NOTHING = frozenset(
    {"commit.after", "claim.after_commit", "job.before_effect", "job.intended", "outside.called", "job.after_effect"}
)
_LONGEST_HEAD_START_S = 0.03
_RECOVERING = 7  # added to the seed: those who go on choose in another order

# What takes something back: how far that has come by then is a matter of order.
_DEPENDS_ON_ORDER = (
    b"messageEventDefinition", b"terminateEventDefinition", b"errorEventDefinition", b"escalationEventDefinition",
    b"signalEventDefinition", b"eventBasedGateway", b"completionCondition", b'triggeredByEvent="true"',
)  # fmt: skip

Install = Callable[[Service], None]


@dataclass(frozen=True, slots=True)
class Case:
    """One experiment, told by what it can be repeated with.

    kill: the victim dies at its `visit`-th failpoint, and another goes on. stop: it stands still there, others do the
    rest, and it wakes up. raise: a fault happens there, and the victim goes on. pair: two drive the instance at once
    until one of them dies. end: as stop, but an operator ends the instance in the meantime.
    """

    line: str
    seed: int
    visit: int
    mode: Mode

    def __str__(self) -> str:
        return f"{self.line}:{self.seed}:{self.visit}:{self.mode}"

    @classmethod
    def read(cls, text: str) -> Case:
        line, seed, visit, mode = text.split(":")
        return cls(line, int(seed), int(visit), next(known for known in MODES if known == mode))


@dataclass(frozen=True, slots=True)
class Undisturbed:
    """How an instance goes that nobody disturbs: the failpoints it passes, and what it leaves if that is certain."""

    failpoints: tuple[str, ...]
    outcome: Outcome | None
    violations: tuple[Violation, ...]


class _Recorder(failpoints.Trap):
    """Writes down the failpoints of an undisturbed run."""

    def __init__(self) -> None:
        super().__init__("none:*:0")
        self.seen: list[str] = []

    def visit(self, name: str) -> None:
        self.seen.append(name)


class Laboratory:
    """The service in the memory of this process, ready to be forked; `install` plants a bug in each fork."""

    def __init__(self, database_url: str, folder: Path, lines: Mapping[str, bytes], install: Install | None) -> None:
        self._folder = folder
        self._install = install
        self._business, self._system = SharedClock(), SharedClock()
        outside = Outside(folder / "outside.db")
        self._service = Service(database_url, outside, self._business, self._system)
        self._service.deploy(lines)
        self._checks = Checks(self._service.database, self._service.definitions, outside)
        self._checks.watch_jobs()
        self._lines = lines
        self._count = 0
        self._living: set[str] = set()  # the workers of this experiment that ended by themselves
        self._known: dict[tuple[str, int], Undisturbed] = {}
        self._warm_up()

    def undisturbed(self, line: str, seed: int) -> Undisturbed:
        if (line, seed) not in self._known:
            self._known[line, seed] = self._observe(line, seed)
        return self._known[line, seed]

    def run(self, case: Case, expected: Undisturbed | None = None) -> list[Violation]:
        """Make one experiment; empty when all went well."""
        expected = expected or self.undisturbed(case.line, case.seed)
        name = self._begin(f"{case.line[:20]}{case.seed}")
        journal = self._journal(name)
        self._living.clear()
        found = {
            "kill": self._kill,
            "stop": self._stop,
            "end": self._stop,
            "raise": self._raise,
            "pair": self._pair,
        }[case.mode](case, name, expected)
        found += self._go_on(case, name)
        found += self._checks.at_the_end(
            name, journal, stalled=case.mode not in ("kill", "raise"), living=frozenset(self._living)
        )
        outcome = self._checks.outcome(name) if not found else None
        if outcome and expected.outcome and not outcome.is_terminated:
            found += _compared(expected.outcome, outcome)
        return found

    def close(self) -> None:
        self._service.database.engine.dispose()

    # -- modes

    def _kill(self, case: Case, name: str, expected: Undisturbed) -> list[Violation]:
        waited(self._victim(case, name, "kill"), _SECONDS)
        found = self._checks.after_the_kill(name, self._journal(name))
        return found

    def _stop(self, case: Case, name: str, expected: Undisturbed) -> list[Violation]:
        victim = self._victim(case, name, "stop")
        status = waited(victim, _SECONDS, until_stopped=True)
        if status is None or not os.WIFSTOPPED(status):
            return []
        self._lease_passes()
        client = self._client(case, name, case.seed + _RECOVERING)
        other = self._forked(client.terminate if case.mode == "end" else client.go_on)
        # A victim that stands still inside a transaction holds the others up until it wakes.
        free = expected.failpoints[case.visit - 1] in _HOLDS_NOTHING  # as a rule: chance may bring it elsewhere
        ended = ended_within(other, _OTHERS_FIRST_S if free else _OTHERS_BLOCKED_S)
        os.kill(victim, signal.SIGCONT)
        found = _ended_well(waited(victim, _SECONDS), "the stalled process")
        return found if ended is not None else found + _ended_well(waited(other, _SECONDS), "the other process")

    def _raise(self, case: Case, name: str, expected: Undisturbed) -> list[Violation]:
        # Not among the living: a fault after its claim is the end of this worker as far as the job is concerned.
        return _ended_well(waited(self._victim(case, name, "raise"), _SECONDS), "the process with a fault")

    def _pair(self, case: Case, name: str, expected: Undisturbed) -> list[Violation]:
        chance = random.Random(f"{case}")
        companion = self._client(case, name, case.seed + _RECOVERING, who="b")
        operator = chance.random() < 0.25
        head_start = chance.uniform(0, _LONGEST_HEAD_START_S)

        def accompany() -> None:
            time.sleep(head_start)
            if operator:
                companion.terminate()
            else:
                companion.go_on()

        victim = self._victim(case, name, "kill")
        other = self._forked(accompany)
        if waited(victim, _SECONDS) == 0:
            self._living.add(f"{WORKER}{victim}")
        return self._ended(other, "the companion")

    # -- inside

    def _observe(self, line: str, seed: int) -> Undisturbed:
        outcomes, seen, violations = [], [], []
        for chance in (seed, seed + _RECOVERING):
            name = self._begin(f"{line[:20]}{seed}")
            client = self._client(Case(line, seed, 0, "kill"), name, chance)
            record = self._folder / f"{name}.failpoints"

            def travel(client: Client = client, record: Path = record) -> None:
                recorder = _Recorder()
                failpoints.arm(recorder)
                client.go_on()
                record.write_text(json.dumps(recorder.seen))

            found = self._ended(self._forked(travel), "the undisturbed process")
            seen.append(json.loads(record.read_text()) if record.exists() else [])
            violations += found + self._checks.at_the_end(name, self._journal(name))
            if not violations:
                outcomes.append(self._checks.outcome(name))
            certain = len(outcomes) == 2 and outcomes[0] == outcomes[1] and self._is_certain(line)
        return Undisturbed(tuple(seen[0]), outcomes[0] if certain else None, tuple(violations))

    def _is_certain(self, line: str) -> bool:
        """Whether the outcome follows from the decisions, in whatever order they are made."""
        with self._service.database.read() as connection:
            definitions = self._service.definitions
            files = definitions.files(connection, definitions.active_id(connection, line))
        return not any(word in xml for xml in files.values() for word in _DEPENDS_ON_ORDER)

    def _go_on(self, case: Case, name: str) -> list[Violation]:
        self._lease_passes()
        client = self._client(case, name, case.seed + 2 * _RECOVERING)

        def recover() -> None:
            client.go_on()
            client.repeat_all()

        return self._ended(self._forked(recover), "the process that goes on")

    def _victim(self, case: Case, name: str, action: str) -> int:
        client = self._client(case, name, case.seed)

        def travel() -> None:
            failpoints.arm(failpoints.Trap(f"{action}:*:{case.visit}"))
            client.go_on()

        return self._forked(travel)

    def _ended(self, pid: int, who: str) -> list[Violation]:
        """Wait for a process that nobody disturbs."""
        self._living.add(f"{WORKER}{pid}")
        return _ended_well(waited(pid, _SECONDS), who)

    def _forked(self, run: Callable[[], None]) -> int:
        self._service.database.engine.dispose()  # a connection belongs to one process

        def changed() -> None:
            self._service.pump = self._service.new_pump(f"{WORKER}{os.getpid()}")
            if self._install is not None:
                self._install(self._service)
            run()

        return forked(changed)

    def _client(self, case: Case, name: str, chance: int, who: str = "a") -> Client:
        return Client(self._service, self._journal(name), case.line, name, case.seed, chance, who)

    def _begin(self, name: str) -> str:
        self._count += 1
        self._business.set(MORNING)
        self._system.set(MORNING)
        return f"{name}.{self._count}"

    def _journal(self, name: str) -> Journal:
        return Journal(self._folder / f"{name}.journal")

    def _lease_passes(self) -> None:
        self._system.move_to(self._system.now() + 2 * LEASE_IS_OVER + timedelta(seconds=1))

    def _warm_up(self) -> None:
        """What this process has parsed and compiled, its forks have too."""
        for line in self._lines:
            with self._service.database.read() as connection:
                self._service.definitions.get(self._service.definitions.active_id(connection, line))
        line = next(iter(self._lines))
        name = self._begin("warm")
        client = self._client(Case(line, 1, 0, "kill"), name, 1)
        client.go_on()
        client.repeat_all()


def _ended_well(status: int | None, who: str) -> list[Violation]:
    if status is None:
        return [Violation("hung", f"{who} does not end")]
    return [Violation("broken", f"{who} ended with {status}")] if status else []


def _compared(expected: Outcome, found: Outcome) -> list[Violation]:
    missing, surplus = expected.facts - found.facts, found.facts - expected.facts
    return [
        *([Violation("lost", f"without the fault there are also {dict(missing)}")] if missing else []),
        *([Violation("doubled", f"without the fault there is not {dict(surplus)}")] if surplus else []),
    ]
