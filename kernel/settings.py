"""Settings of one process, read once from the environment (DESIGN.md 12)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

DEMO_SECRET = "demo-only-secret-change-it"  # noqa: S105 - refused outside the demo

MOST_OUTSIDE_THREADS = 8  # each may hold a database connection beside its heartbeat's


@dataclass(frozen=True, slots=True)
class Settings:
    """What a process of the service is started with.

    Raises:
        ValueError: (from_environment) a production process with a demo secret or demo data.
    """

    database_url: str
    var_dir: Path
    secret_key: str = DEMO_SECRET
    host: str = "127.0.0.1"
    port: int = 8000
    app_env: str = "development"
    demo: bool = True
    demo_password: str = "Demo-2026-pass"  # noqa: S105 - of the sample accounts
    demo_today: date | None = None
    exchange_folder: Path | None = None
    redis_url: str = ""  # empty: nobody rings, every pump looks by itself each second
    outside_threads: int = 2
    # REQUIREMENTS.md 4.11
    publicity_days: int = 10
    employer_remind_days: int = 3
    forced_dereg_days: int = 180  # expired for longer, a specialty may be deregistered by force (G-08)
    max_attachment_mb: int = 5
    batch_max: int = 200
    comparison_batch: int = 200  # applications of one transaction of the nightly work
    session_idle_minutes: int = 30
    session_hours: int = 8
    support_phone: str = ""
    held_fetches: int = 8  # fetches of external tasks that may wait in one web process, each with a thread
    api_rate_limit: str = "6000/minute"  # calls of one account to the interface

    @property
    def production(self) -> bool:
        return self.app_env == "production"

    @property
    def attachments_dir(self) -> Path:
        return self.var_dir / "attachments"

    @property
    def exchange_dir(self) -> Path:
        """Where the simulated sources of the data exchange have their files."""
        return self.exchange_folder or self.var_dir / "exchange"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Settings:
        var_dir = Path(environment.get("VAR_DIR", "var")).resolve()
        production = environment.get("APP_ENV") == "production"
        today = environment.get("DEMO_TODAY", "")
        folder = environment.get("EXCHANGE_DIR", "")
        settings = cls(
            database_url=environment.get("DATABASE_URL") or f"sqlite:///{var_dir / 'permitflow.db'}",
            var_dir=var_dir,
            secret_key=environment.get("SECRET_KEY") or DEMO_SECRET,
            host=environment.get("HOST", "127.0.0.1"),
            port=int(environment.get("PORT", "8000")),
            app_env=environment.get("APP_ENV", "development"),
            demo=environment.get("DEMO", "0" if production else "1") == "1",
            demo_password=environment.get("DEMO_PASSWORD", "Demo-2026-pass"),
            demo_today=date.fromisoformat(today) if today else None,
            exchange_folder=Path(folder).resolve() if folder else None,
            redis_url=environment.get("REDIS_URL", ""),
            outside_threads=int(environment.get("OUTSIDE_THREADS", "2")),
            publicity_days=int(environment.get("PUBLICITY_DAYS", "10")),
            employer_remind_days=int(environment.get("EMPLOYER_REMIND_DAYS", "3")),
            forced_dereg_days=int(environment.get("FORCED_DEREG_DAYS", "180")),
            max_attachment_mb=int(environment.get("MAX_ATTACHMENT_MB", "5")),
            support_phone=environment.get("SUPPORT_PHONE", ""),
            held_fetches=int(environment.get("HELD_FETCHES", "8")),
            api_rate_limit=environment.get("API_RATE_LIMIT", "6000/minute"),
        )
        if settings.redis_url and not settings.redis_url.startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("Expected REDIS_URL to begin with redis://, rediss:// or unix://")
        if not 1 <= settings.outside_threads <= MOST_OUTSIDE_THREADS:
            raise ValueError(
                f"Expected OUTSIDE_THREADS from 1 to {MOST_OUTSIDE_THREADS}, found {settings.outside_threads}"
            )
        if settings.held_fetches < 0:
            raise ValueError(f"Expected HELD_FETCHES of 0 or more, found {settings.held_fetches}")
        if re.fullmatch(r"[1-9]\d*/(second|minute|hour)", settings.api_rate_limit) is None:
            raise ValueError(f"Expected API_RATE_LIMIT such as 6000/minute, found {settings.api_rate_limit}")
        if settings.production and settings.demo:
            raise ValueError("Expected DEMO=0 in production, but demo data were asked for")
        if not settings.demo and settings.secret_key == DEMO_SECRET:
            raise ValueError("Expected SECRET_KEY to be set outside the demo, but it is the demo's")
        return settings
