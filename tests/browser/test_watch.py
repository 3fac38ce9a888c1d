"""The watch over the browser sees what goes wrong in a page."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.conftest import watch

pytestmark = pytest.mark.browser

PAGES = {
    "/script": "<script>nothing.there()</script>",
    "/console": "<script>console.error('broken')</script>",
    "/refused": "<script>fetch('/missing')</script>",
    "/fault": "<img src='/500'>",
}


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        page = PAGES.get(self.path, "")
        self.send_response(500 if self.path == "/500" else 200 if page or self.path == "/favicon.ico" else 404)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page.encode())

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/script", "script error: nothing is not defined"), ("/console", "console: broken"), ("/fault", "500: ")],
)
def test_an_error_is_seen(browser: Browser, site: str, path: str, expected: str) -> None:
    assert [found for found in errors_at(browser, site + path) if found.startswith(expected)] != []


def test_a_refusal_is_an_answer_and_no_error(browser: Browser, site: str) -> None:
    assert errors_at(browser, f"{site}/refused") == []


def errors_at(browser: Browser, url: str) -> list[str]:
    errors: list[str] = []
    context = browser.new_context()
    watch(context, errors)
    page = context.new_page()
    page.goto(url)
    page.wait_for_load_state("networkidle")
    context.close()
    return errors
