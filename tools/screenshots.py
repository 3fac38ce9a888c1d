"""`make screenshots`: takes the pictures of the README from the service with the sample data of 2026-06-15."""

from __future__ import annotations

import io
import os
import socket
import sys
import tempfile

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from kernel.settings import Settings
from store.migrate import upgrade
from tools import demo_data
from tools.serve import ROOT, Service

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
IMAGES = ROOT / "docs" / "images"
SHOTS = (
    ("application", "p42", "/applications", "方慧敏"),
    ("inbox", "e02_admin", "/inbox", None),
    ("apply", "p51", "/home", "修改申请"),
)


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
                for name, account, path, follow in SHOTS:
                    _take(browser, service.url, name, account, path, follow)
                browser.close()
        finally:
            service.stop()
    return 0


def _take(browser: Browser, url: str, name: str, account: str, path: str, follow: str | None) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 860}, locale="zh-CN", base_url=url)
    page = context.new_page()
    page.goto("/demo")
    page.locator(f"button[name=username][value={account}]").click()
    page.wait_for_url("**/*")
    page.goto(path)
    if follow:
        _follow(page, follow)
    IMAGES.mkdir(parents=True, exist_ok=True)
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("P", palette=Image.Palette.ADAPTIVE, colors=128).save(IMAGES / f"{name}.png", optimize=True)
    context.close()


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
