"""Which experiments are made, how many, and what the whole of them tells."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.crash.harness.checks import Violation
from tests.crash.harness.databases import Databases
from tests.crash.harness.laboratory import MODES, Case, Laboratory, Mode
from tests.crash.harness.lines import Lines, random_lines, together, written
from tests.crash.harness.mutants import Mutant

MOST_FOR_A_MUTANT = 500
NEVER = 10**6  # no process visits so many failpoints
_MOST_VISITS = 12  # of one process with the same answers
_WEIGHTS: Mapping[Mode, int] = {"kill": 6, "stop": 2, "raise": 1, "pair": 2, "end": 1}


@dataclass(slots=True)
class Tally:
    """What was found so far, on all databases."""

    cases: int = 0
    found: Counter[str] = field(default_factory=Counter)
    processes: int = 0
    planted: int = 0
    caught: int = 0

    @property
    def is_clean(self) -> bool:
        return not self.found and self.caught == self.planted

    def line(self) -> str:
        """The one line that everything ends with."""
        found = ", ".join(f"{kind} {self.found[kind]}" for kind in ("lost", "doubled", "hung"))
        return f"crash: cases {self.cases}, {found}, planted caught {self.caught}/{self.planted}"


class Campaign:
    """Experiments on one kind of database, told as they go on."""

    def __init__(self, databases: Databases, folder: Path, seed: int, tell: Callable[[str], None]) -> None:
        self._databases = databases
        self._folder = folder
        self._seed = seed
        self._tell = tell
        self._numbers = count(1)
        self._sound: Laboratory | None = None
        self._found_clean: set[Case] = set()

    def search(self, cases: int, tally: Tally, *, seconds: float) -> None:
        """Disturb this many times, or as often as there is time for; nothing may be found."""
        began, modes = time.monotonic(), Counter[str]()
        drawn = random_lines(range(self._seed * 100_000, self._seed * 100_000 + max(6, cases // 12)))
        lines = together(written(), drawn)
        laboratory = self._laboratory(lines, None)
        # Random processes are many and met once; those written by hand come again with other answers.
        names = [*drawn.starting, *written().starting * max(1, len(drawn.starting) // 20)]
        for case in self._cases(laboratory, names, MODES, tally):
            if modes.total() >= cases or time.monotonic() - began > seconds:
                break
            modes[case.mode] += 1
            self._report(case, laboratory.run(case), tally)
        laboratory.close()
        took, made = time.monotonic() - began, modes.total()
        tally.cases += made
        self._tell(
            f"{self._databases.kind}: {made} cases in {took:.0f} s, {made / took:.1f} a second, {len(drawn.starting)} random processes; {dict(modes)}"
        )

    def repeat(self, case: Case, times: int, tally: Tally) -> None:
        """Make one experiment again; chance of the machine makes some of them go otherwise."""
        drawn = random_lines([int(case.line.split("_")[1])] if case.line.startswith("random_") else [])
        laboratory = self._laboratory(together(written(), drawn), None)
        for _ in range(times):
            tally.cases += 1
            self._report(case, laboratory.run(case), tally)
        laboratory.close()

    def plant(self, mutant: Mutant, tally: Tally) -> None:
        """Disturb the service with a planted bug until something is found; the sound one must stay clean meanwhile."""
        tally.planted += 1
        self._sound = sound = self._sound or self._laboratory(written(), None)
        planted = self._laboratory(written(), mutant)
        names = mutant.lines or written().starting
        cases = self._cases(sound, names, mutant.modes, Tally())
        for made, case in enumerate(cases, start=1):
            violations = planted.run(case, sound.undisturbed(case.line, case.seed))
            if case not in self._found_clean:
                self._report(case, sound.run(case), tally)
                self._found_clean.add(case)
            if violations:
                tally.caught += 1
                self._tell(f"{self._databases.kind}: {mutant.name} caught in {made} cases: {_told(violations)}")
                break
            if made == MOST_FOR_A_MUTANT:
                self._tell(f"{self._databases.kind}: {mutant.name} NOT CAUGHT in {made} cases, seed {self._seed}")
                break
        planted.close()

    # -- inside

    def _cases(
        self, laboratory: Laboratory, names: Sequence[str], modes: tuple[Mode, ...], tally: Tally
    ) -> Iterator[Case]:
        """Experiments without end: a line with a seed for its answers, and some of the failpoints that it passes."""
        chance = random.Random(self._seed)
        weights = [_WEIGHTS[mode] for mode in modes]
        while True:
            for line in chance.sample(names, len(names)):
                seed = chance.randrange(10**6)
                known = laboratory.undisturbed(line, seed)
                tally.processes += 1
                if known.violations:
                    self._report(Case(line, seed, NEVER, "kill"), list(known.violations), tally)
                visits = range(1, len(known.failpoints) + 1)
                for visit in chance.sample(visits, min(_MOST_VISITS, len(visits))):
                    yield Case(line, seed, visit, chance.choices(modes, weights)[0])

    def _report(self, case: Case, violations: list[Violation], tally: Tally) -> None:
        if violations:
            tally.found.update({violation.kind for violation in violations})
            self._tell(f"{self._databases.kind} {case}: {_told(violations)}")
            self._tell(f"    again: make crash CRASH_DB={self._databases.kind} CRASH_REPEAT={case}")

    def _laboratory(self, lines: Lines, mutant: Mutant | None) -> Laboratory:
        folder = self._folder / f"{self._databases.kind}_{next(self._numbers)}"
        folder.mkdir()
        return Laboratory(self._databases.new(), folder, lines.files, mutant.install if mutant else None)


def _told(violations: list[Violation]) -> str:
    return "; ".join(f"{violation.kind}: {violation.text}"[:600] for violation in violations[:4])
