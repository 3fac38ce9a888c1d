"""How often one account may call the interface (`API_RATE_LIMIT`): counted in Redis where there is one, else in each
process. Without an answer of Redis the call goes on: a limit protects the service and is no permission.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import structlog
from flask import Flask, current_app
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import TooManyRequests

from kernel.actors import Actor
from kernel.clock import SystemClock
from kernel.settings import Settings

log = structlog.get_logger()
_EXTENSION = "interface_limits"
_REDIS_PATIENCE_S = 0.2


class _InProcess(MemoryStorage):
    """Counts as the library does, without a thread for each 10 ms in which something was counted: what that one
    forgets is forgotten when an account calls again, and there are no more counts than accounts."""

    def _MemoryStorage__schedule_expiry(self) -> None:  # noqa: N802 - the library's own name for it
        pass


@dataclass(frozen=True, slots=True)
class _Limits:
    counter: FixedWindowRateLimiter
    limit: RateLimitItem


def register(app: Flask, settings: Settings) -> None:
    patience: dict[str, Any] = {"socket_timeout": _REDIS_PATIENCE_S, "socket_connect_timeout": _REDIS_PATIENCE_S}
    storage = RedisStorage(settings.redis_url, wrap_exceptions=True, **patience) if settings.redis_url else _InProcess()
    app.extensions[_EXTENSION] = _Limits(FixedWindowRateLimiter(storage), parse(settings.api_rate_limit))


def refuse_too_many(actor: Actor) -> None:
    """
    Raises:
        TooManyRequests: (429) the account has used up the calls of this span; `Retry-After` says how long to wait.
    """
    limits = cast(_Limits, current_app.extensions[_EXTENSION])
    try:
        if limits.counter.hit(limits.limit, actor.id):
            return
        resets_at = limits.counter.get_window_stats(limits.limit, actor.id).reset_time
    except StorageError as error:
        log.warning("limits.away", error=str(error))
        return
    wait = max(1, round(resets_at - SystemClock().now().timestamp()))  # the counter goes by real time too
    raise TooManyRequests(f"Expected at most {limits.limit} of one account", retry_after=wait)
