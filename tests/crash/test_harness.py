"""The crash harness on both databases, small: nothing is lost, doubled or left hanging, and planted bugs are caught."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from kernel.failpoints import FailpointHit, Trap
from tests.crash.harness.laboratory import Case
from tests.crash.soak.browser import Browser
from tests.crash.soak.journal import Journal

ROOT = Path(__file__).resolve().parent.parent.parent
CASES = 24
PLANTED = ("done_before_advance", "answered_before_commit", "command_committed_first")


@pytest.mark.crash
@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_small_run_is_clean_and_has_teeth(kind: str, request: pytest.FixtureRequest):
    """F1, F2, F3 of RELIABILITY.md 5, as `make crash` runs them at length."""
    if kind == "postgresql":
        request.getfixturevalue("postgresql_cluster")  # skips where there is no server; the run starts its own

    ran = crash(CRASH_DB=kind, CRASH_CASES=str(CASES), CRASH_PLANTED=",".join(PLANTED))

    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr[-4000:]
    last = ran.stdout.splitlines()[-1]
    assert last == f"crash: cases {CASES}, lost 0, doubled 0, hung 0, planted caught {len(PLANTED)}/{len(PLANTED)}"


def test_a_case_is_repeated_by_what_was_printed():
    case = Case("rework", 596853, 41, "kill")

    assert Case.read(str(case)) == case
    assert Case("rework", 596853, 41, "end") != case


def test_a_trap_strikes_at_the_visit_it_is_told():
    trap = Trap("raise:commit.before:2")
    trap.visit("commit.before")
    trap.visit("commit.after")

    with pytest.raises(FailpointHit, match=r"commit\.before"):
        trap.visit("commit.before")
    trap.visit("commit.before")


def crash(**settings: str) -> subprocess.CompletedProcess[str]:
    """`make crash`, in a process of its own, because only one without threads can be forked."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CRASH_")}
    return subprocess.run(
        [sys.executable, "-m", "tests.crash"],
        cwd=ROOT,
        env=kept | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_answer_that_is_cut_off_is_asked_for_again(tmp_path: Path):
    """A host that is killed in the middle of a redirect has not answered."""
    head = b"HTTP/1.1 303 See Other\r\nLocation: /menu\r\nContent-Length: 5\r\nConnection: close\r\n\r\n"
    journal = Journal(tmp_path / "journal")
    with closing(journal), socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for body in (b"mo", b"moved"):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(head + body)

        served = Thread(target=serve, daemon=True)
        served.start()
        browser = Browser([f"http://127.0.0.1:{server.getsockname()[1]}"], journal)

        assert browser.post("/decide", {"decision": "pass"}, leads_to="/menu") == "/menu"
        served.join(20)
