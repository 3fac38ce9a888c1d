"""`make soak`: the installation under load while it is killed; ends with one line of figures.

SOAK_SECONDS  how long it is disturbed (600)
SOAK_KILLS    how often in that time (one in ten seconds)
SOAK_CLIENTS  how many people work at once (12)
SOAK_REDIS    off: Redis is away for the middle half of the time
SOAK_SEED     what chance starts from (1); the moments of the kills depend on the machine, too
SOAK_DIR      where files and log go (a temporary folder, kept when something is wrong)
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event

from kernel.settings import Settings
from store.business_clock import BusinessClock
from store.migrate import upgrade
from tests.crash.nursery import with_sample_data
from tests.crash.soak.installation import Installation, harms
from tests.crash.soak.journal import Journal
from tests.crash.soak.people import Crowd, Load, clients
from tests.crash.soak.verdict import DAYS_TO_CLOSE, Verdict, judge, seconds_until_empty
from tests.postgresql import Cluster
from tests.redis_server import RedisServer
from wiring import Services, build

TRANSFERS_A_SECOND = 8  # more than two cores can do
SECONDS_TO_START = 120
_TICK_S = 0.1


@dataclass(frozen=True, slots=True)
class Plan:
    """How long, how hard, and from which seed."""

    seconds: float
    kills: int
    clients: int
    seed: int
    redis_off: bool

    @classmethod
    def from_environment(cls) -> Plan:
        given = os.environ.get
        seconds = float(given("SOAK_SECONDS", "600"))
        return cls(
            seconds=seconds,
            kills=int(given("SOAK_KILLS") or max(1, round(seconds / 10))),
            clients=int(given("SOAK_CLIENTS", "12")),
            seed=int(given("SOAK_SEED", "1")),
            redis_off=given("SOAK_REDIS", "on") == "off",
        )


def main() -> int:
    plan = Plan.from_environment()
    folder = Path(os.environ.get("SOAK_DIR") or tempfile.mkdtemp(prefix="permitflow-soak-"))
    folder.mkdir(parents=True, exist_ok=True)
    is_clean = _soak(plan, folder)
    if is_clean and "SOAK_DIR" not in os.environ:
        shutil.rmtree(folder)
    else:
        _tell(f"  journal and log: {folder}")
    return 0 if is_clean else 1


def _soak(plan: Plan, folder: Path) -> bool:
    chance = random.Random(plan.seed)
    journal = Journal(folder / "journal")
    with _database() as cluster, (folder / "service.log").open("wb") as log:
        environment = _environment(cluster.url(cluster.TEMPLATE), folder)
        services = _services(environment)
        crowd = Crowd(services, int(plan.seconds * TRANSFERS_A_SECOND) + plan.clients, services.settings.demo_password)
        installation = Installation(environment, log, cluster, RedisServer(folder), chance)
        load = Load(installation.hosts, crowd, journal, Event(), plan.seed)
        people = list(clients(load, plan.clients))
        try:
            installation.start()
            _wait(lambda: all(installation.answers(host) for host in installation.hosts), installation)
            for person in people:
                person.start()
            _disturb(installation, plan, chance)
            ended_at = time.monotonic()
            installation.heal()
            load.stop.set()
            _wait(lambda: not any(person.is_alive() for person in people), installation)
            _move_clock(services)
            empty_after = seconds_until_empty(services, ended_at, installation.look_after)
        finally:
            load.stop.set()
            installation.stop()
        verdict = judge(services, journal.entries())
        services.database.engine.dispose()
    _tell(f"  {plan}")
    _report(installation, journal, verdict, empty_after)
    return verdict.is_clean and empty_after is not None and not journal.surprises


def _disturb(installation: Installation, plan: Plan, chance: random.Random) -> None:
    """Harm after harm until the time is over, and the supervisor all the while."""
    deck = harms(chance)
    pause = plan.seconds / plan.kills
    begun = time.monotonic()
    next_at = begun + pause * chance.uniform(0.3, 0.7)
    off_at, on_at = begun + plan.seconds / 4, begun + plan.seconds * 3 / 4
    is_off = False
    while (now := time.monotonic()) < begun + plan.seconds:
        installation.look_after()
        if plan.redis_off and is_off != (off_at <= now < on_at):
            is_off = not is_off
            (installation.without_redis if is_off else installation.with_redis)()
        if now >= next_at:
            while not installation.suffer(next(deck)):
                pass
            next_at += pause * chance.uniform(0.5, 1.5)
        time.sleep(_TICK_S)


def _wait(is_done: Callable[[], bool], installation: Installation, seconds: float = SECONDS_TO_START) -> None:
    deadline = time.monotonic() + seconds
    while not is_done():
        installation.look_after()
        if time.monotonic() > deadline:
            raise TimeoutError(f"Expected this to take less than {seconds:.0f} s")
        time.sleep(_TICK_S)


def _move_clock(services: Services) -> None:
    """Let the publicity of everything that was passed be over."""
    BusinessClock(services.database, services.system_clock).advance(timedelta(days=DAYS_TO_CLOSE))


@contextmanager
def _database() -> Iterator[Cluster]:
    cluster = Cluster(durable=True)
    try:
        cluster.start()
        upgrade(cluster.create_template())
        yield cluster
    finally:
        cluster.stop()


def _environment(url: str, folder: Path) -> dict[str, str]:
    passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {**passed, "DATABASE_URL": url, "VAR_DIR": str(folder / "var"), "DEMO": "1", "PUBLICITY_DAYS": "1"}


def _services(environment: dict[str, str]) -> Services:
    settings = Settings.from_environment(environment)
    with_sample_data(settings, build(settings).system_clock)
    return build(settings)


def _report(installation: Installation, journal: Journal, verdict: Verdict, empty_after: float | None) -> None:
    counted = journal.counted
    _tell(f"  kills: {_listed(installation.kills)}; started again: {_listed(installation.restarts)}")
    _tell(f"  answers and more: {_listed(counted)}")
    for name in ("lost", "doubled", "hung", "broken"):
        for each in getattr(verdict, name)[:20]:
            _tell(f"  {name}: {each}")
    for surprise in journal.surprises[:20]:
        _tell(f"  unexpected: {surprise}")
    acknowledged = sum(counted[command] for command in ("start", "attach", "submit", "decide"))
    emptied = "not empty in time" if empty_after is None else f"empty after {empty_after:.0f} s"
    more = "".join(
        f", {name} {len(found)}"
        for name, found in (("broken", verdict.broken), ("unexpected", journal.surprises))
        if found
    )
    _tell(
        f"soak: {acknowledged} acknowledged, {installation.kills.total()} kills, lost {len(verdict.lost)}, "
        f"doubled {len(verdict.doubled)}, hung {len(verdict.hung)}{more}, queue {emptied}"
    )


def _listed(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in sorted(counted.items()))


def _tell(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
