"""What pages and interfaces are given of an application: frozen values, never rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Generic, Literal, TypeVar

from kernel.errors import Reason
from kernel.texts import Text
from registry.flags import FlagView, InsuranceView

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `before` and `after` are opaque cursors for the neighbours, None at the ends.

    `total` is exact up to 10,000; a larger one is told as 10,001 (shown as "10,000+").
    """

    items: tuple[T, ...]
    total: int
    before: str | None = None
    after: str | None = None


@dataclass(frozen=True, slots=True)
class ApplicationFilters:
    """Filters of F-QRY-C2 and F-QRY-APP; an empty one matches all."""

    line: str = ""
    number: str = ""
    name: str = ""
    id_number: str = ""
    registration_no: str = ""
    specialty: str = ""
    employer: str = ""  # part of the name of the old or new employer, or its code
    status: str = ""
    declared_from: date | None = None
    declared_to: date | None = None
    side: str = ""  # own | in | out: my own, received transfer-in, received transfer-out


@dataclass(frozen=True, slots=True)
class ListedFlag:
    """An anomaly flag of a row, with what is read on click (R-1.10-2)."""

    flag: str
    state: str  # raised | standing | cleared
    blocking: bool
    explanation: Text


@dataclass(frozen=True, slots=True)
class ApplicationRow:
    """One row of an application list; the ID number is masked."""

    number: str
    line: str
    line_title: Text
    status: str
    applicant: str
    id_number_masked: str
    registration_no: str
    specialties: tuple[str, ...]
    old_employer_name: str
    new_employer_name: str
    created_at: datetime
    declared_on: date | None
    is_transfer: bool = False  # has an old and a new employer; the others have the new one alone
    own: bool = False  # the reader's own: who else reads it can neither withdraw nor delete it
    not_withdrawn: Reason | None = None  # why it cannot be withdrawn now (R-000-04)
    not_deleted: Reason | None = None  # why it cannot be deleted now (R-000-08)
    flags: tuple[ListedFlag, ...] = ()


@dataclass(frozen=True, slots=True)
class AttachmentView:
    id: str
    kind: str  # AT-01
    file_name: str
    media_type: str
    size_bytes: int
    pages: int
    uploaded_at: datetime


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One row of the 审办记录, as the reader may see it."""

    at: datetime
    action: str  # saved, submitted, agreed, returned, passed, not_passed, reminded, opened_publicity, ...
    step: Text
    actor_name: str
    unit: str
    decision: Text | None
    opinion: str
    status_after: str | None


@dataclass(frozen=True, slots=True)
class ReturnReason:
    """Why the application came back, shown in red at the top (F-AUDIT)."""

    unit: str
    at: datetime
    text: str
    by_old_employer: bool = False
    headline: Text = field(default_factory=lambda: Text("申请退回给您", "Your application was returned"))


@dataclass(frozen=True, slots=True)
class Action:
    """Something the reader may or may not do now, with its consequence or the reason against it."""

    name: str  # edit, submit, withdraw, delete, appeal, print, export
    label: Text
    allowed: bool
    consequence: Text
    refusal: Reason | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Whom the application waits for: the sentence at the top of the detail page and its companions."""

    headline: Text
    explanation: Text
    next_step: Text | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """The day on which an application will be done, in words, and what that day is worth."""

    label: Text  # certain, about, or at the earliest
    day: Text
    note: Text


@dataclass(frozen=True, slots=True)
class PathOnDiagram:
    """What the picture of the diagram needs: ids are element paths (`old_employer_confirm/employer_confirm`)."""

    definition_id: str
    taken_flows: frozenset[str]  # flow paths
    done: frozenset[str]
    now: dict[str, int]
    notes: dict[str, Text]


@dataclass(frozen=True, slots=True)
class ApplicationDetail:
    number: str
    id: str
    line: str
    line_title: Text
    status: str
    applicant: str
    created_at: datetime
    declared_on: date | None
    first_submitted_at: datetime | None
    old_employer_name: str
    new_employer_name: str
    supervising_district: str
    document: dict[str, Any]
    snapshot: dict[str, Any]  # the ID number is whole: only parties reach this view (F-NF-4)
    revision: int
    form: str  # key of the application form
    form_sha256: str  # of the version this instance pinned
    task_id: str | None  # the open fill_application task, for the applicant only
    attachments: tuple[AttachmentView, ...]
    trail: tuple[AuditEntry, ...]  # newest first
    waiting: Waiting
    expected: Expectation | None
    path: PathOnDiagram
    actions: tuple[Action, ...]
    return_reason: ReturnReason | None
    announcement_no: str | None
    announced_on: date | None
    publicity_until: date | None
    reminders: int = 0
    for_party: bool = True  # false: an onlooker's view, without attachments, its ID number masked (F-NF-4)
    flags: tuple[FlagView, ...] = ()  # cleared ones too
    # Of standing flags what the reader can ask to be released, or release as its body; None once it is released.
    release_links: Mapping[str, str | None] = field(default_factory=dict)
    insurance: InsuranceView | None = None  # of the applicant and the commissions only

    @property
    def offers_export(self) -> bool:
        """Whether its line has a document to print and sign."""
        return any(action.name == "export" for action in self.actions)


@dataclass(frozen=True, slots=True)
class InboxFilters:
    """Filters of F-INBOX; they live in the URL."""

    line: str = ""
    text: str = ""  # name, ID number or business number
    arrived_from: date | None = None
    arrived_to: date | None = None
    side: str = ""  # in | out (transfer side, for enterprises)


@dataclass(frozen=True, slots=True)
class InboxItem:
    task_id: str
    number: str
    line: str
    line_title: Text
    element_id: str
    task_name: Text
    form: str
    form_sha256: str
    applicant: str
    id_number_masked: str
    other_employer: str  # the other side of a transfer, seen from the reader
    side: str  # in | out | ""
    status: str  # of the application
    arrived_at: datetime
    due_on: date | None
    assignee: str | None  # account id
    assignee_name: str | None
    is_mine: bool
    refusal: Reason | None = None  # why the reader may not decide it (someone else holds it, own case, same reviewer)
    ended_at: datetime | None = None
    decision: Text | None = None
    flags: tuple[FlagView, ...] = ()  # of an open task, those that are not cleared


@dataclass(frozen=True, slots=True)
class InboxCounts:
    """How many tasks stand in each queue; the two sides of 待办 for an enterprise only."""

    todo: int
    done: int
    mine: int
    todo_in: int | None = None
    todo_out: int | None = None

    def total(self, queue: Literal["todo", "done", "mine"], filters: InboxFilters) -> int | None:
        """The total of a list; None for one that is filtered further than these counts."""
        if filters == InboxFilters():
            return {"todo": self.todo, "done": self.done, "mine": self.mine}[queue]
        if queue == "todo" and filters == InboxFilters(side=filters.side):
            return self.todo_in if filters.side == "in" else self.todo_out
        return None


@dataclass(frozen=True, slots=True)
class TaskView:
    """One task with its case, for deciding: everything the decision page shows."""

    item: InboxItem
    is_open: bool
    may_decide: bool
    case: ApplicationDetail
    ended_by_name: str | None = None
    opinion: str = ""  # of the decision, once it is made
    # Why a choice is not open now, by its value; OPINION_REQUIRED says that it is with an opinion (R-1.10-6).
    obstacles: Mapping[str, Sequence[Reason]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LineCard:
    """One line of the catalogue, and whether the reader may start it now."""

    line: str
    title: Text
    summary: Text
    may_start: bool
    refusals: tuple[Reason, ...] = ()
    open_number: str | None = None  # the application in the way, if any
    instead: tuple[LineCard, ...] = ()  # the lines that are the way out of the refusals and may be started


@dataclass(frozen=True, slots=True)
class GuideStep:
    name: Text
    who: Text
    duration: Text | None


@dataclass(frozen=True, slots=True)
class Guide:
    """The service guide of a line (办事指南), generated from its diagram, form and rules."""

    line: str
    title: Text
    conditions: tuple[Text, ...]
    materials: tuple[tuple[str, Text, bool], ...]  # (AT-01, name, required)
    steps: tuple[GuideStep, ...]
    definition_id: str
    publicity: bool


@dataclass(frozen=True, slots=True)
class MessageView:
    id: int
    title: Text
    body: Text
    sent_at: datetime
    is_read: bool
    number: str | None


@dataclass(frozen=True, slots=True)
class PublicityItem:
    """One row of the public page; the ID number is masked (F-PUBLICITY)."""

    number: str
    applicant: str
    id_number_masked: str
    line_title: Text
    specialties: tuple[str, ...]
    employer: str
    decision: str  # pass | not_pass
    opens_on: date
    last_on: date


@dataclass(frozen=True, slots=True)
class AnnouncementItem:
    announcement_no: str
    number: str
    applicant: str
    id_number_masked: str
    line_title: Text
    specialties: tuple[str, ...]
    employer: str
    announced_on: date


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What became of one item of a batch."""

    task_id: str
    number: str
    applicant: str
    done: bool
    refusals: tuple[Reason, ...] = ()
