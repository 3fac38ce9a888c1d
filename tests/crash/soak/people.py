"""The clients: each drives one transfer after the other, from the sign-in to the city's decision."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from threading import Event, Lock, Thread
from uuid import uuid4

from demo.load import sample_scan
from demo.people import sample_people
from identity.accounts import Account, Accounts
from kernel.actors import Role
from registry.people import People
from registry.registrations import Registration, Registrations, Specialty
from tests.crash.journey import CONTRACT, KINDS, LINE
from tests.crash.soak.browser import PATIENCE_S, PAUSE_S, Browser, Stopped, Surprise, check
from tests.crash.soak.journal import Journal
from wiring import Services

OLD, NEW, DISTRICT, CITY = "e01_admin", "e02_admin", "district_chaoyang", "city_a"
EMPLOYERS = (OLD, NEW)
RETURNED = 0.2  # of the transfers come back from the district once, and are submitted again
SENT_TWICE = 0.2  # of the commands are sent once more at once,
SENT_LATE = 0.5  # and of so many transfers one command once more at the end, on a later lap
DAY_S = 15  # the business clock moves on by a day so often: publicity ends, reminders fall due


class Crowd:
    """People who may transfer, made before the load begins; each does so once."""

    def __init__(self, services: Services, many: int, password: str) -> None:
        self.password = password
        self._names = iter([f"soak-{number:06d}" for number in range(many)])
        self._lock = Lock()
        pattern = next(each for each in sample_people() if each.key == "P04")
        names = [f"soak-{number:06d}" for number in range(many)]
        with services.database.write() as work:
            clock = services.system_clock
            accounts = Accounts(work.connection, clock, services.passwords)
            employer = str(accounts.by_username(OLD).enterprise)
            self.new_employer = str(accounts.by_username(NEW).enterprise)
            specialty = Specialty("building", date(2025, 1, 1), date(2028, 12, 31))
            People(work.connection).add(
                *(replace(pattern, id=name, key=None, id_number=f"S{place:017d}") for place, name in enumerate(names))
            )
            Registrations(work.connection).add(
                *(Registration(name, name, f"京2{name[-6:]}soak", employer, (specialty,)) for name in names)
            )
            made = [
                Account(
                    id=name, username=name, name=pattern.name, unit="", created_at=clock.now(),
                    roles=frozenset({Role.INDIVIDUAL}), person_id=name,
                )
                for name in names
            ]  # fmt: skip
            accounts.enter(made, services.passwords.hash(password))

    def next(self) -> str:
        """
        Raises:
            Stopped: everybody has had their turn.
        """
        with self._lock:
            try:
                return next(self._names)
            except StopIteration:
                raise Stopped from None


@dataclass(frozen=True, slots=True)
class Load:
    """What all clients share."""

    hosts: Sequence[str]
    crowd: Crowd
    journal: Journal
    stop: Event
    seed: int


class Client(Thread):
    """One after the other, until the load is over."""

    def __init__(self, load: Load, number: int) -> None:
        super().__init__(name=f"client-{number}", daemon=True)
        self._load = load
        self._chance = random.Random(f"{load.seed}:{number}")
        self._first = number
        self._staff: dict[str, Browser] = {}

    def run(self) -> None:
        try:
            while not self._load.stop.is_set():
                try:
                    self._transfer()
                except Surprise as surprise:
                    self._load.journal.be_surprised(f"{self.name}: {surprise}")
        except Stopped:
            return

    def _transfer(self) -> None:
        check(self._load.stop)
        name = self._load.crowd.next()
        applicant = Browser(self._load.hosts, self._load.journal, first=self._first)
        applicant.sign_in(name, self._load.crowd.password, "individual")
        transfer = Transfer(self._load, self._chance, name, applicant, self._browser_of)
        transfer.go()
        self._load.journal.count("transfers")

    def _browser_of(self, username: str) -> Browser:
        if username not in self._staff:
            browser = Browser(self._load.hosts, self._load.journal, first=self._first)
            if username in EMPLOYERS:
                browser.sign_in(username, self._load.crowd.password, "enterprise")
            else:
                browser.switch(username)
            self._staff[username] = browser
        return self._staff[username]


class Transfer:
    """One application and the people who deal with it."""

    def __init__(
        self,
        load: Load,
        chance: random.Random,
        person: str,
        applicant: Browser,
        browser_of: Callable[[str], Browser],
    ) -> None:
        self._load = load
        self._chance = chance
        self._person = person
        self._applicant = applicant
        self._browser_of = browser_of
        self._number = ""
        self._sent: list[tuple[Callable[[], str], str]] = []  # each command, to be sent again, and its answer

    def go(self) -> None:
        self._begin()
        for kind in KINDS:
            self._attach(kind)
        rounds = ["return", "pass"] if self._chance.random() < RETURNED else ["pass"]
        for outcome in rounds:
            self._submit()
            for username in self._chance.sample(EMPLOYERS, 2):
                self._decide(username, "agree")
            self._decide(DISTRICT, outcome)
        self._decide(CITY, "pass")
        if self._chance.random() < SENT_LATE:
            self._once_more(*self._chance.choice(self._sent))

    def _begin(self) -> None:
        fields = self._entries() | {"action": "save"}
        location = self._command(
            lambda: self._applicant.post(f"/lines/{LINE}/apply", fields, leads_to="/applications/"),
            lambda answer: {"command": "start", "number": answer.split("/")[2], "id": fields["command_id"]},
        )
        self._number = location.split("/")[2]

    def _attach(self, kind: str) -> None:
        """Attaching has no command id: the same file takes the place of its first copy."""
        check(self._load.stop)
        path = f"/applications/{self._number}/attachments?kind={kind}"
        self._applicant.upload(path, kind, f"{kind}.pdf", SCANS[kind], leads_to=f"/applications/{self._number}/form")
        self._load.journal.acknowledge("attach", number=self._number, kind=kind)

    def _submit(self) -> None:
        page = self._applicant.get(f"/applications/{self._number}/form")
        found = re.search(r'name="revision"[^>]* value="(\d+)"', page)
        if found is None:
            raise Surprise(f"no form of {self._number} to submit")
        fields = self._entries() | {"revision": found.group(1), "action": "submit"}
        address = f"/applications/{self._number}"
        self._command(
            lambda: self._applicant.post(f"{address}/form", fields, leads_to=address),
            lambda answer: {"command": "submit", "number": self._number, "id": fields["command_id"]},
        )

    def _decide(self, username: str, decision: str) -> None:
        browser = self._browser_of(username)
        task_id = self._task_of(browser, username)
        fields = {"decision": decision, "opinion": "按规定办理。", "command_id": uuid4().hex}
        facts = {"by": username, "decision": decision, "task_id": task_id, "id": fields["command_id"]}
        self._command(
            lambda: browser.post(f"/inbox/tasks/{task_id}/decision", fields, leads_to="/inbox")[:6],
            lambda answer: {"command": "decide", "number": self._number, **facts},
        )

    def _task_of(self, browser: Browser, username: str) -> str:
        deadline = time.monotonic() + PATIENCE_S
        while True:
            check(self._load.stop)
            page = browser.get(f"/inbox?text={self._number}")
            found = re.search(r"/inbox/tasks/([^/\"]+)/decision", page)
            if found is not None:
                return found.group(1)
            if time.monotonic() > deadline:
                raise Surprise(f"{self._number} is not in the inbox of {username}")
            time.sleep(PAUSE_S)

    def _command(self, send: Callable[[], str], told: Callable[[str], Mapping[str, str]]) -> str:
        """Send a command until it is answered, keep the answer, and perhaps send it once more."""
        check(self._load.stop)
        answer = send()
        self._load.journal.acknowledge(**told(answer), person=self._person)
        self._sent.append((send, answer))
        if self._chance.random() < SENT_TWICE:
            self._once_more(send, answer)
        return answer

    def _once_more(self, send: Callable[[], str], answer: str) -> None:
        """The same command again: it must be answered as it was (I2)."""
        again = send()
        self._load.journal.count("sent again")
        if again != answer:
            raise Surprise(f"a command of {self._number} was answered {answer}, and later {again}")

    def _entries(self) -> dict[str, str]:
        return {"new_employer": self._load.crowd.new_employer, **CONTRACT, "command_id": uuid4().hex}


class Calendar(Thread):
    """Lets the business clock move on by a day now and then."""

    def __init__(self, load: Load) -> None:
        super().__init__(name="calendar", daemon=True)
        self._load = load

    def run(self) -> None:
        browser = Browser(self._load.hosts, self._load.journal)
        browser.switch(CITY)
        while not self._load.stop.wait(DAY_S):
            try:
                browser.post("/demo/clock", {"days": "1", "hours": "0"}, leads_to="/")
                self._load.journal.count("days")
            except Surprise as surprise:
                self._load.journal.be_surprised(f"{self.name}: {surprise}")


def clients(load: Load, many: int) -> Iterator[Thread]:
    yield Calendar(load)
    yield from (Client(load, number) for number in range(many))


SCANS = {kind: sample_scan(kind) for kind in KINDS}
