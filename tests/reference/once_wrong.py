"""Processes on which engine and game once differed, whoever was wrong; they are played for ever.

Seeds would not do: they mean other processes as soon as the generator draws one thing more. A new case is the tree of
the failing process (`random_process(seed).trees` prints as Python) cut down to what still differs.
"""

from __future__ import annotations

from tests.reference import blocks as b
from tests.reference.generator import RandomProcess

_TAKEN = b.User("asked", (b.Question("one", (True, False)), b.Question("two", (True, False))))


_INNERMOST = b.Scope("noticed", b.User("sign"), "signed")


def _handler(id: str, scope: b.Scope) -> b.Handler:
    return b.Handler(id, b.Event("message", id), True, scope)


def _process(body: b.Block, **called: b.Scope) -> RandomProcess:
    return RandomProcess.of({"once_wrong": b.Scope("started", body, "ended"), **called})


ONCE_WRONG: tuple[RandomProcess, ...] = (
    # The game let an inclusive join wait for a token that was already on its way to an end event of its own.
    _process(
        b.Sequence(
            (
                _TAKEN,
                b.Inclusive(
                    "some",
                    "gathered",
                    (
                        b.Branch(
                            b.Watched(
                                b.User("left"),
                                (
                                    b.Boundary(
                                        "stopped", b.Event("message", "stop"), True, b.User("tidy"), "ends", "tidied"
                                    ),
                                ),
                            ),
                            b.Condition(("asked", "one"), "=", True),
                        ),
                        b.Branch(b.User("right"), b.Condition(("asked", "two"), "=", True)),
                        b.Branch(b.Sequence()),
                    ),
                ),
                b.User("after"),
            )
        )
    ),
    # The engine knew no end event where a process ended inside the event sub-process of an event sub-process.
    RandomProcess.of(
        {
            "once_wrong": b.Scope(
                "started",
                b.User("work"),
                "ended",
                (
                    _handler(
                        "withdrawn",
                        b.Scope("begun", b.User("confirm"), "done", (_handler("given_up", _INNERMOST),)),
                    ),
                ),
            )
        }
    ),
)
