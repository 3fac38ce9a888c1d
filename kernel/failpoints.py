"""Named places where the crash tests stop, kill or break the process; one `if` when they are off.

`FAILPOINT=kill:commands.before_commit:3` kills this process at the third visit of that place; `*` as the
name counts every visit. Read once at import: a production process never sets it.
"""

from __future__ import annotations

import os
import signal

_SPEC = os.environ.get("FAILPOINT", "")


class _Trap:
    def __init__(self, spec: str) -> None:
        self.action, self.name, hit = spec.split(":")
        self.left = int(hit)

    def visit(self, name: str) -> None:
        if self.name not in ("*", name):
            return
        self.left -= 1
        if self.left == 0:
            if self.action == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if self.action == "stop":
                os.kill(os.getpid(), signal.SIGSTOP)
            raise RuntimeError(f"failpoint {name}")


_trap = _Trap(_SPEC) if _SPEC else None


def failpoint(name: str) -> None:
    """A place that the crash tests can hit."""
    if _trap is not None:
        _trap.visit(name)
