"""A running service for each file of tests, and a browser that reports every error."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Response, WebError, expect

from kernel.settings import Settings
from store.engine import open_engine
from store.migrate import upgrade
from store.unit_of_work import Database
from tools import demo_data
from tools.serve import Service

CHROMIUM = "/usr/bin/chromium"
DEMO_TODAY = "2026-06-15"
SCREEN = {"width": 1280, "height": 900}
MOST_MS = 15_000  # a busy machine is slow, not wrong
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


class LiveService:
    """The service as a user meets it, with doors for what only a test may do."""

    def __init__(self, folder: Path, environment: dict[str, str], log: Path) -> None:
        self._log = log.open("ab")
        self.processes = Service(environment, self._log)
        self.settings = Settings.from_environment(environment)
        self.folder = folder
        self.log = log

    @property
    def url(self) -> str:
        return self.processes.url

    def database(self) -> Database:
        """The service's own database; the caller disposes of its engine."""
        return Database(open_engine(self.settings.database_url))

    def start(self) -> None:
        self.processes.start()
        self.processes.wait_until_ready()

    def stop(self) -> None:
        self.processes.stop()
        self._log.close()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the sample data of 2026-06-15; files of tests start from copies of it."""
    folder = tmp_path_factory.mktemp("demo")
    settings = Settings.from_environment(service_environment(folder, 0))
    upgrade(settings.database_url)
    demo_data.load(settings)
    return folder


@pytest.fixture(scope="module")
def service(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    """The service with fresh sample data, shared by the tests of one file."""
    folder = tmp_path_factory.mktemp("service") / "var"
    shutil.copytree(demo_folder, folder)
    live = LiveService(folder, service_environment(folder, free_port()), folder.parent / "service.log")
    try:
        live.start()
        yield live
    finally:
        live.stop()
        sys.stdout.write(live.log.read_text(errors="replace"))  # pytest shows it beside a failure


@pytest.fixture(scope="session")
def base_url() -> None:
    """The plugin's one address for all tests; here each file has a service, and `new_context` knows its address."""


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    if not Path(CHROMIUM).exists():
        if os.environ.get("CI"):
            raise RuntimeError(f"{CHROMIUM} is missing; `make test` installs it (Debian: chromium)")
        pytest.skip(f"{CHROMIUM} is missing")
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": ARGUMENTS}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_context_args, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "viewport": SCREEN}


@pytest.fixture
def browser_errors() -> list[str]:
    """What went wrong in any page of this test; a test that expects an error takes it out of here."""
    return []


@pytest.fixture(autouse=True)
def _no_browser_errors(browser_errors: list[str]) -> Iterator[None]:
    yield
    assert browser_errors == []


@pytest.fixture
def new_context(new_context: Any, service: LiveService, browser_errors: list[str]) -> Any:
    """Contexts on this file's service (`page.goto("/sign-in")`), whose pages report script errors, console errors
    and answers of 500 and above."""

    def watched(**arguments: Any) -> BrowserContext:
        context: BrowserContext = new_context(**{"base_url": service.url, **arguments})
        context.set_default_timeout(MOST_MS)
        expect.set_options(timeout=MOST_MS)
        watch(context, browser_errors)
        return context

    return watched


@pytest.fixture
def step() -> Callable[[str], None]:
    """Names the step that begins, as the README's tour names it; a failure shows the last one."""
    return lambda name: print(f"step: {name}")


def watch(context: BrowserContext, errors: list[str]) -> None:
    def on_script_error(error: WebError) -> None:
        errors.append(f"script error: {error.error}")

    def on_console(message: ConsoleMessage) -> None:
        # The browser notes every refusal (404, 409, 422) as an error of loading; those are answers, not errors.
        if message.type == "error" and "Failed to load resource" not in message.text:
            errors.append(f"console: {message.text}")

    def on_response(response: Response) -> None:
        if response.status >= 500:
            errors.append(f"{response.status}: {response.url}")

    context.on("weberror", on_script_error)
    context.on("console", on_console)
    context.on("response", on_response)


def service_environment(folder: Path, port: int) -> dict[str, str]:
    """The environment of a demo service whose clock starts on 2026-06-15; nothing of the machine's settings."""
    passed = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return {
        **passed,
        "VAR_DIR": str(folder),
        "PORT": str(port),
        "DEMO": "1",
        "DEMO_TODAY": DEMO_TODAY,
        "PYTHONUNBUFFERED": "1",
    }


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
