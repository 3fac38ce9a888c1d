"""Named places where the crash tests stop, kill or break the process; one `if` when they are off.

`FAILPOINT=kill:commit.before:3` kills this process at the third visit of that place; `*` as the name counts every
visit. Read once at import: a production process never sets it. The crash harness arms its forks by `arm`.
"""

from __future__ import annotations

import os
import signal

_SPEC = os.environ.get("FAILPOINT", "")


class FailpointHit(RuntimeError):
    """The fault that a trap with the action `raise` lets happen."""


class Trap:
    """Counts visits and strikes at one of them: `action:name:visit`, the action being kill, stop or raise."""

    def __init__(self, spec: str) -> None:
        self.action, self.name, visit = spec.split(":")
        self.left = int(visit)

    def visit(self, name: str) -> None:
        if self.name not in ("*", name):
            return
        self.left -= 1
        if self.left == 0:
            self.strike(name)

    def strike(self, name: str) -> None:
        if self.action == "raise":
            raise FailpointHit(f"failpoint {name}")
        os.kill(os.getpid(), signal.SIGKILL if self.action == "kill" else signal.SIGSTOP)


_trap = Trap(_SPEC) if _SPEC else None


def arm(trap: Trap | None) -> None:
    """Set the trap of this process."""
    global _trap
    _trap = trap


def failpoint(name: str) -> None:
    """A place that the crash tests can hit."""
    if _trap is not None:
        _trap.visit(name)
