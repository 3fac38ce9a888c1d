"""What happens regularly: rows whose time is over are forgotten, files that no row names are swept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, delete, or_, select

from identity.captcha import LIFETIME
from identity.sessions import SessionLimits, Sessions
from jobs.claims import ClaimedJob
from jobs.outside import Errand, Outing, Result
from jobs.pump import Runner
from jobs.schedules import Schedule
from kernel.clock import Clock
from kernel.settings import Settings
from kernel.texts import Text
from processes.archiving import ARCHIVED_AFTER, archive_ended
from processes.ports import Repeat
from store.tables import attachment, captcha, command, document, parked_form, sign_in_attempt
from store.unit_of_work import Database, UnitOfWork

FORGET_EXPIRED = Schedule(
    "forget_expired", "7 * * * *", Text("清理过期会话与暂存", "Forget expired sessions and entries")
)
FORGET_COMMANDS = Schedule("forget_commands", "20 3 * * *", Text("清理旧的提交编号", "Forget old command ids"))
SWEEP_FILES = Schedule(
    "sweep_files", "40 3 * * *", Text("清扫无主文件", "Sweep files that nothing names"), lane="outside"
)
ARCHIVE_ENDED = Schedule("archive_ended", "*/10 0-5 * * *", Text("收存办结实例的历史", "Archive ended instances"))
SCHEDULES = (FORGET_EXPIRED, FORGET_COMMANDS, SWEEP_FILES, ARCHIVE_ENDED)
ARCHIVED_AT_ONCE = 2_000  # about three seconds; 72,000 in a night

PARKED_FOR = timedelta(hours=24)
ATTEMPTS_FOR = timedelta(days=1)
COMMANDS_FOR = timedelta(days=30)  # nobody sends a command again after so long; its task is closed in any case
ORPHANS_FROM = timedelta(days=1)  # a file is written before its row is committed
SWEPT_FOR = timedelta(days=30)  # a database that was restored too old must not cost files


def cleaning_runners(business: Clock, clock: Clock, limits: SessionLimits) -> Mapping[str, Runner]:
    """The regular jobs that only change rows; again at any time."""

    def forget_expired(work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None:
        connection, now = work.connection, clock.now()
        Sessions(connection, clock, limits).forget_expired()
        connection.execute(delete(captcha).where(captcha.c.created_at <= now - LIFETIME))
        connection.execute(delete(parked_form).where(parked_form.c.created_at <= now - PARKED_FOR))
        unlocked = or_(sign_in_attempt.c.locked_until.is_(None), sign_in_attempt.c.locked_until <= now)
        old = sign_in_attempt.c.failed_at <= now - ATTEMPTS_FOR
        connection.execute(delete(sign_in_attempt).where(old & unlocked))

    def forget_commands(work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None:
        work.connection.execute(delete(command).where(command.c.created_at <= clock.now() - COMMANDS_FOR))

    def archive(work: UnitOfWork, claimed: ClaimedJob, deferred: frozenset[str]) -> None:
        archive_ended(work, before=business.now() - ARCHIVED_AFTER, most=ARCHIVED_AT_ONCE)

    return {
        FORGET_EXPIRED.kind: forget_expired,
        FORGET_COMMANDS.kind: forget_commands,
        ARCHIVE_ENDED.kind: archive,
    }


def cleaning_errands(database: Database, settings: Settings, clock: Clock) -> Mapping[str, Errand]:
    """The regular jobs that change files."""
    return {SWEEP_FILES.kind: SweepFiles(database, settings, clock)}


@dataclass(frozen=True, slots=True)
class SweepFiles:
    """Files without a row are set aside first and deleted a month later; parked entries leave at once."""

    database: Database
    settings: Settings
    clock: Clock

    def prepare(self, connection: Connection, claimed: ClaimedJob) -> Outing:
        return Outing(Repeat.BY_KEY, self.sweep)

    def settle(self, work: UnitOfWork, claimed: ClaimedJob, result: Result, deferred: frozenset[str]) -> None:
        return None

    def sweep(self) -> Result:
        """Returns how many files were set aside and how many deleted."""
        aside = self.settings.var_dir / "swept"
        orphans = list(self._orphans())
        for file in orphans:
            aside.mkdir(parents=True, exist_ok=True)
            file.rename(aside / file.name)
            (aside / file.name).touch()  # from now on it is kept for SWEPT_FOR
        gone = [*self._old(aside, SWEPT_FOR), *self._old(self.settings.var_dir / "parked", PARKED_FOR)]
        for file in gone:
            file.unlink(missing_ok=True)
        return {"set_aside": len(orphans), "deleted": len(gone)}

    def _orphans(self) -> Iterator[Path]:
        root = self.settings.attachments_dir
        for folder in sorted(root.iterdir()) if root.is_dir() else ():
            old = self._old(folder, ORPHANS_FROM)
            named = self._named(file.name for file in old)
            yield from (file for file in old if file.name not in named)

    def _named(self, names: Iterable[str]) -> set[str]:
        wanted = list(names)
        with self.database.read() as connection:
            return {
                name
                for table in (attachment, document)
                for start in range(0, len(wanted), 500)
                for name in connection.execute(
                    select(table.c.stored_name).where(table.c.stored_name.in_(wanted[start : start + 500]))
                ).scalars()
            }

    def _old(self, folder: Path, age: timedelta) -> list[Path]:
        if not folder.is_dir():
            return []
        before = self.clock.now() - age
        return [
            file
            for file in sorted(folder.iterdir())
            if file.is_file() and datetime.fromtimestamp(file.stat().st_mtime, UTC) < before
        ]
