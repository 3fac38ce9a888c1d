"""The game by itself, on processes whose outcome anybody can tell."""

from __future__ import annotations

from typing import Any

from tests.reference import blocks as b
from tests.reference.game import Game
from tests.reference.generator import RandomProcess


def playing(*parts: b.Block, **called: b.Block) -> Game:
    trees = {key: b.Scope("started", body, "ended") for key, body in called.items()}
    return Game(RandomProcess.of({"main": b.Scope("started", b.Sequence(parts), "ended"), **trees}))


def waits(game: Game) -> list[str]:
    return sorted(one.path for one in game.waiting)


def happens(game: Game, path: str, **values: Any) -> list[str]:
    """Let the first thing at a path happen; return what waits then."""
    game.choose(next(one for one in game.waiting if one.path == path), values)
    return waits(game)


def boundary(id: str, event: b.Event, body: b.Block, *, interrupting: bool) -> b.Boundary:
    return b.Boundary(id, event, interrupting, body, "on" if interrupting else "ends", f"{id}_over")


def test_second_lap_waits_for_both_again() -> None:
    both = b.Parallel("fork", "join", (b.User("left"), b.User("right")))
    again = b.Condition(("decide", "again"), "=", True)
    game = playing(b.Loop("lap", b.Sequence((both, b.User("decide"))), "which", again))
    assert waits(game) == ["left", "right"]
    assert happens(game, "left") == ["right"]
    assert happens(game, "right") == ["decide"]
    assert happens(game, "decide", again=True) == ["left", "right"]
    assert happens(game, "right") == ["left"]
    assert happens(game, "left") == ["decide"]
    assert happens(game, "decide", again=False) == []
    assert (game.ended, game.end) == (True, "ended")


def test_inclusive_join_waits_for_what_was_taken() -> None:
    taken = b.Condition(("ask", "one"), "=", True)
    split = b.Inclusive("some", "gathered", (b.Branch(b.User("one"), taken), b.Branch(b.User("other"))))
    game = playing(b.User("ask"), split, b.User("after"))
    assert happens(game, "ask", one=True) == ["one"]
    assert happens(game, "one") == ["after"]
    assert happens(playing(b.User("ask"), split), "ask") == ["other"]


def test_interrupting_event_ends_its_activity_and_the_other_kind_does_not() -> None:
    events = (
        boundary("withdrawn", b.Event("message", "withdraw"), b.User("tidy"), interrupting=True),
        boundary("reminded", b.Event("timer", text="R2/P1D", turns=2), b.User("nudge"), interrupting=False),
    )
    game = playing(b.Watched(b.User("work"), events), b.User("after"))
    assert happens(game, "reminded") == ["nudge", "reminded", "withdrawn", "work"]
    assert happens(game, "reminded") == ["nudge", "nudge", "withdrawn", "work"]
    assert happens(game, "withdrawn", reason=1) == ["nudge", "nudge", "tidy"]
    assert game.variables["withdraw"] == {"reason": 1}
    assert happens(game, "tidy") == ["after", "nudge", "nudge"]


def test_error_crosses_a_call_and_ends_what_runs_beside() -> None:
    called = b.Sequence((b.User("check"), b.Raise("failed", "owed")))
    beside = b.Parallel("fork", "join", (b.Call("asked", "called"), b.User("beside")))
    part = b.SubProcess("part", b.Scope("begun", beside, "done"))
    watched = b.Watched(part, (boundary("owing", b.Event("error", "owed"), b.User("pay"), interrupting=True),))
    game = playing(watched, called=called)
    assert waits(game) == ["asked/check", "beside"]
    assert happens(game, "asked/check") == ["pay"]


def test_called_process_has_variables_of_its_own() -> None:
    call = b.Call("asked", "called", {"given": "ask"}, {"answer": "check"})
    game = playing(b.User("ask"), call, called=b.User("check"))
    happens(game, "ask", way=1)
    assert game.waiting[0].variables == {"given": {"way": 1}}
    happens(game, "asked/check", way=2)
    assert game.variables == {"given": 0, "ask": {"way": 1}, "answer": {"way": 2}}


def test_instances_hand_out_lists_and_stop_when_it_is_enough() -> None:
    enough = b.Condition(("nrOfCompletedInstances",), "=", 2)
    game = playing(b.Many(b.User("vote"), False, 3, enough), b.User("after"))
    last = game.waiting[2]
    game.choose(last, {"way": 3})
    assert waits(game) == ["vote", "vote"]
    assert happens(game, "vote", way=1) == ["after"]
    assert game.variables["vote"] == [{"way": 1}, None, {"way": 3}]


def test_what_was_done_is_undone_from_the_last_to_the_first() -> None:
    done = [b.User(name, undo=b.User(f"undo_{name}")) for name in ("one", "two")]
    game = playing(*done, b.User("ask"), b.Throw("undone", "compensation", ""), b.User("after"))
    for name in ("one", "two"):
        happens(game, name)
    assert happens(game, "ask") == ["undo_two"]
    assert happens(game, "undo_two") == ["undo_one"]
    assert happens(game, "undo_one") == ["after"]


def test_escalation_that_nobody_waits_for_changes_nothing() -> None:
    assert waits(playing(b.Throw("told", "escalation", "late"), b.User("after"))) == ["after"]


def test_signal_reaches_what_waits_now_and_nothing_later() -> None:
    heard = b.Event("signal", "open")
    twice = b.Sequence((b.Catch("heard", heard), b.Catch("heard_again", heard), b.User("after")))
    game = playing(b.Parallel("fork", "join", (twice, b.Sequence((b.User("ask"), b.Throw("told", "signal", "open"))))))
    assert happens(game, "ask") == ["heard_again"]
