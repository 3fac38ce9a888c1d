"""What somebody does at the browser, in words: who they are, the form, the inbox, the clock of the demo bar."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import date, timedelta

from playwright.sync_api import BrowserContext, FilePayload, Locator, Page, expect

from demo.load import sample_scan

TRANSFER = "class2_employer_transfer"
QIYAN = "北京启岩建筑有限公司"  # E02
HENGZHU = "北京恒筑建设工程有限公司"  # E01

SECONDS_FOR_WORKER = 20


class Visitor:
    """One browser window. Every step waits until the page shows that it has been done."""

    def __init__(self, page: Page) -> None:
        self.page = page

    @classmethod
    def of(cls, context: BrowserContext) -> Visitor:
        return cls(context.new_page())

    # -- who

    def becomes(self, username: str) -> Visitor:
        """Switch to another account by the demo bar, and land on its start page."""
        page = self.page
        if page.url == "about:blank":
            page.goto("/demo")
        else:
            page.get_by_role("link", name="切换").or_(page.get_by_role("link", name="Switch")).click()
        button = page.locator(f"button[name=username][value={username}]").first
        closed = page.locator("details:not([open])", has=button)
        if closed.count():
            closed.locator("summary").first.click()
        name = page.locator(".pf-accounts li", has=button).locator("h3").first.inner_text().split()[0]
        button.click()
        expect(page.locator(".pf-demo")).to_contain_text(name)
        return self

    def speaks(self, language: str) -> Visitor:
        """Have the pages in "zh" or "en" from here on; the account remembers it."""
        page = self.page
        button = page.get_by_role("button", name={"zh": "中文", "en": "English"}[language])
        if button.count():  # it offers the other language only
            button.click()
        expect(page.locator("html")).to_have_attribute("lang", {"zh": "zh-CN", "en": "en"}[language])
        return self

    def speaks_english(self) -> Visitor:
        return self.speaks("en")

    # -- when

    @property
    def today(self) -> date:
        """The day on the business clock, which the demo bar shows on every page."""
        return date.fromisoformat(self.page.locator(".pf-demo .pf-nowrap").first.inner_text())

    def moves_clock(self, days: int) -> Visitor:
        """Let days pass by the demo bar."""
        page = self.page
        page.get_by_role("link", name=re.compile("切换|Switch")).click()
        page.get_by_label(re.compile("天数|Days")).fill(str(days))
        page.get_by_role("button", name=re.compile("^(前进|Go on)$")).click()
        told = page.get_by_role("status").filter(has_text=re.compile("业务时钟已到|business clock"))
        expect(told).to_be_visible()
        return self

    # -- the form of the transfer

    def begins_transfer(self) -> Visitor:
        """From the home page to the unsaved form."""
        self.page.goto("/home")
        self.page.get_by_role("link", name=re.compile("办理：.*执业企业变更")).click()
        expect(self.page.get_by_role("heading", level=1, name="执业企业变更")).to_be_visible()
        return self

    def looks_up(self, words: str) -> Visitor:
        """Search for an employer; a single one is chosen at once."""
        block = self.page.locator("#new_employer-block")
        block.get_by_role("textbox").fill(words)
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            block.get_by_role("button", name=re.compile("检索|Search")).click()
        expect(block.get_by_role("textbox")).to_have_value(words)
        expect(block.get_by_role("status")).to_contain_text(re.compile("找到|没有|未找到|ound|No "))
        return self

    def fills_contract(self, **changes: str) -> Visitor:
        """A fixed term of three years from tomorrow on, unless told otherwise."""
        for name, value in {**contract(self.today), **changes}.items():
            box = self.page.locator(f"#{name}")
            if name == "contract_type":
                box.select_option(value)
            else:
                box.fill(value)
        return self

    def saves(self) -> str:
        """Save the form by its button; returns the business number."""
        self.bar("save").click()
        self.page.wait_for_url("**/applications/*/form")
        return self.number

    @property
    def number(self) -> str:
        """The business number in the address of the page."""
        return self.page.url.split("/applications/")[1].split("/")[0].split("?")[0]

    def bar(self, action: str) -> Locator:
        """A button of the bar at the foot of the form."""
        return self.page.locator(f".pf-bar button[value={action}]")

    def chooses_file(self, kind: str, file: FilePayload) -> Visitor:
        self.page.locator(f"#{kind}-file").set_input_files(file)
        return self

    def uploads(self, *kinds: str) -> Visitor:
        """Upload a scan of each kind and wait until it stands in the list."""
        for kind in kinds:
            self.chooses_file(kind, scan(kind))
            expect(self.attachment(kind)).to_contain_text(f"{kind}.pdf")
        return self

    def attachment(self, kind: str) -> Locator:
        return self.page.locator(f"#{kind}")

    def submits(self) -> Visitor:
        """Submit; the form gives way to the page of the application."""
        self.bar("submit").click()
        self.page.wait_for_url(re.compile(r"/applications/[^/]+$"))
        return self

    def applies(self, to: str = QIYAN) -> str:
        """The whole application: look up, fill in, save, upload, submit. Returns the business number."""
        self.begins_transfer().looks_up(to).fills_contract()
        number = self.saves()
        self.uploads("AT-01", "AT-03").submits()
        return number

    # -- the application

    def opens(self, number: str, tab: str = "trail") -> Visitor:
        self.page.goto(f"/applications/{number}?tab={tab}")
        return self

    @property
    def status(self) -> Locator:
        """The chip beside the title."""
        return self.page.locator(".pf-head .pf-chip")

    def waits_for_status(self, number: str, words: str) -> Visitor:
        """Look again until the worker has done its part."""
        self.opens(number)
        deadline = time.monotonic() + SECONDS_FOR_WORKER
        while self.status.inner_text() != words and time.monotonic() < deadline:
            self.page.reload()
        expect(self.status).to_have_text(words)
        return self

    def withdraws(self, number: str) -> Visitor:
        """Withdraw on its confirmation page."""
        self.opens(number)
        words = re.compile("^(取消申报|Withdraw)$")
        self.page.get_by_role("link", name=words).click()
        self.page.get_by_role("button", name=words).click()
        expect(self.page.get_by_role("status")).to_contain_text(re.compile("已取消申报|ithdrawn"))
        return self

    def deletes(self, number: str) -> Visitor:
        """Delete on its confirmation page."""
        self.opens(number)
        words = re.compile("^(删除申请|Delete)$")
        self.page.get_by_role("link", name=words).click()
        self.page.get_by_role("button", name=words).click()
        expect(self.page.get_by_role("status").first).to_contain_text(re.compile("已删除|deleted"))
        return self

    # -- the inbox

    def opens_task(self, number: str) -> Visitor:
        """Open the task of an application by its row in the inbox."""
        page = self.page
        page.goto(f"/inbox?text={number}")
        page.locator(".pf-item h3 a").click()
        expect(page.locator(".pf-case-head")).to_contain_text(number)
        return self

    def chooses(self, decision: str, opinion: str = "") -> Visitor:
        """Choose and write, without sending."""
        decide = self.page.locator(".pf-decide")
        decide.locator(f"[name=decision][value={decision}]").check()
        if opinion:
            decide.get_by_role("textbox").fill(opinion)
        return self

    def sends_decision(self) -> Visitor:
        self.page.locator(".pf-decide button[data-decide]").click()
        return self

    def decides(self, number: str, decision: str, opinion: str = "") -> Visitor:
        """Decide the open task of an application and read that it was taken."""
        self.opens_task(number).chooses(decision, opinion).sends_decision()
        expect(self.page.get_by_role("status").first).to_contain_text(number)
        return self

    def has_no_task(self, number: str) -> Visitor:
        self.page.goto(f"/inbox?text={number}")
        expect(self.page.locator(".pf-item")).to_have_count(0)
        return self

    # -- what was refused

    @property
    def errors(self) -> Locator:
        """The summary at the top of a refused form."""
        return self.page.locator(".pf-errors")

    def refusal(self, code: str) -> Locator:
        """Where the page tells a reason of the catalogue."""
        return self.page.locator(f"[data-code={code}]").first


def contract(today: date) -> Mapping[str, str]:
    """The entries of a contract that every rule likes (R-V-12)."""
    start = today + timedelta(days=1)
    return {
        "contract_type": "fixed_term",
        "contract_start": start.isoformat(),
        "contract_end": (start + timedelta(days=1095)).isoformat(),
    }


def scan(kind: str, name: str | None = None, content: bytes | None = None) -> FilePayload:
    """A file as it is chosen in the browser: a PDF of one page unless told otherwise."""
    return {
        "name": name or f"{kind}.pdf",
        "mimeType": "application/pdf",
        "buffer": sample_scan(kind) if content is None else content,
    }
