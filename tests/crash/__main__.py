"""`make crash`: processes x failpoints on both databases, then the planted bugs; ends with one line of figures.

CRASH_CASES   how many experiments on each database (150)
CRASH_SECONDS the longest time for them, should the machine be slow (no limit)
CRASH_DB      sqlite | postgresql | both
CRASH_SEED    what chance starts from (1)
CRASH_PLANTED names of planted bugs separated by commas, all, or none
CRASH_REPEAT  one experiment, as it was printed, made 25 times instead of all this
CRASH_DIR     where SQLite's files are kept (a folder in memory, where there is one)
"""

from __future__ import annotations

import gc
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import structlog

from tests.crash.harness.campaign import Campaign, Tally
from tests.crash.harness.databases import opened
from tests.crash.harness.laboratory import Case
from tests.crash.harness.mutants import MUTANTS

_IN_MEMORY = Path("/dev/shm")
_TIMES = 25


def main() -> int:
    given = os.environ.get
    kinds = ("sqlite", "postgresql") if given("CRASH_DB", "both") == "both" else (given("CRASH_DB", ""),)
    cases, seed, repeated = int(given("CRASH_CASES", "150")), int(given("CRASH_SEED", "1")), given("CRASH_REPEAT")
    wanted = given("CRASH_PLANTED", "all").split(",")
    structlog.configure(processors=[_silence])
    tally = Tally()
    with tempfile.TemporaryDirectory(prefix="permitflow-crash-", dir=given("CRASH_DIR") or _memory()) as name:
        folder = Path(name)
        gc.freeze()  # what is in memory now stays in the pages that all forks share
        for kind in kinds:
            with opened(kind, folder) as databases:
                campaign = Campaign(databases, folder, seed, _tell)
                if repeated:
                    campaign.repeat(Case.read(repeated), _TIMES, tally)
                    continue
                campaign.search(cases, tally, seconds=float(given("CRASH_SECONDS", "inf")))
                for mutant in MUTANTS:
                    if kind in mutant.databases and (wanted == ["all"] or mutant.name in wanted):
                        campaign.plant(mutant, tally)
    if not tally.is_clean:
        _tell(f"not clean: {dict(tally.found)}, seed {seed}")
    _tell(tally.line())
    return 0 if tally.is_clean else 1


def _tell(line: str) -> None:
    print(line, flush=True)


def _silence(*_: Any) -> Any:
    raise structlog.DropEvent  # thousands of planned faults are told by their results, not by their tracebacks


def _memory() -> str | None:
    return str(_IN_MEMORY) if _IN_MEMORY.is_dir() else None


if __name__ == "__main__":
    sys.exit(main())
