"""`make screenshots`: takes the pictures of the README from the service with the sample data of 2026-06-15."""

from __future__ import annotations

import io
import os
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from kernel.settings import Settings
from store.migrate import upgrade
from tools import demo_data
from tools.serve import ROOT, Service

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
IMAGES = ROOT / "docs" / "images"
SECONDS_FOR_THE_NIGHT = 60


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture of a page: who looks, where, and what is opened there (a row of a list, or a link by its name)."""

    name: str
    account: str
    path: str
    follow: str | None = None


SHOTS = (
    Shot("home", "p07", "/home"),
    Shot("apply", "p51", "/home", "修改申请"),
    Shot("application", "p48", "/applications", "初始注册"),
    Shot("enterprise", "e02_admin", "/home"),
    Shot("list", "city_a", "/applications"),
    Shot("console", "ops", "/console/instances?line=class2_employer_transfer", "employer_confirm"),
)
# In the night the flags of what was declared on the day before are compared.
AFTER_THE_NIGHT = Shot("inbox", "district_haidian", "/inbox")


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "VAR_DIR": folder, "PORT": str(_free_port()), "DEMO": "1"}
        environment |= {"DEMO_TODAY": "2026-06-15", "HOST": "127.0.0.1"}
        settings = Settings.from_environment(environment)
        upgrade(settings.database_url)
        demo_data.load(settings)
        service = Service(environment)
        try:
            service.start()
            service.wait_until_ready()
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
                for shot in SHOTS:
                    _take(browser, service.url, shot)
                _take(browser, service.url, AFTER_THE_NIGHT, prepare=_let_a_night_pass)
                browser.close()
        finally:
            service.stop()
    return 0


def _take(browser: Browser, url: str, shot: Shot, prepare: Callable[[Page], None] | None = None) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN", base_url=url)
    page = context.new_page()
    page.goto("/demo")
    page.locator(f"button[name=username][value={shot.account}]").first.click()
    page.wait_for_url("**/*")
    page.goto(shot.path)
    if prepare:
        prepare(page)
    if shot.follow:
        _follow(page, shot.follow)
    IMAGES.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(IMAGES / f"{shot.name}.png", optimize=True)
    context.close()


def _let_a_night_pass(page: Page) -> None:
    """Move the clock by the demo bar, and look at the inbox again until a flag stands."""
    page.get_by_role("button", name="前进一天").click()
    deadline = time.monotonic() + SECONDS_FOR_THE_NIGHT
    while not page.locator(".pf-item [data-state=standing]").count():
        if time.monotonic() > deadline:
            raise TimeoutError("No flag stands in the inbox after the night")
        page.wait_for_timeout(500)
        page.goto(AFTER_THE_NIGHT.path)


def _follow(page: Page, name: str) -> None:
    """Open the application of a person in a list, or press a link or button by its name."""
    row = page.locator("tr", has_text=name).locator("a").first
    target = row if row.count() else page.get_by_role("link", name=name).first
    target.click()
    page.wait_for_load_state("load")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    sys.exit(main())
