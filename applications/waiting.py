"""The sentence at the top of an application: whose turn it is, and what comes next (UI.md 1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from applications import statuses
from applications.lines import Line
from applications.records import ApplicationRow
from applications.views import Waiting
from kernel.dates import day_in_words
from kernel.settings import Settings
from kernel.texts import Text
from registry.labels import DISTRICTS, label_of

_DISTRICT_NEXT = Text("{district}建委初审", "Review by the {district} commission")
_CENTRE_NEXT = Text("注册中心审核", "Review by the registration centre")
_PUBLICITY_NEXT = Text("公示 {days} 天", "Publicity for {days} days")
_CLOSING_NEXT = Text("更新登记，办结", "Update of the register")
_CITY_NEXT = Text("市建委审核", "Review by the city commission")


@dataclass(frozen=True, slots=True)
class Situation:
    """What the sentence is made of: the row, the scopes of its open tasks, its publicity, and who reads.

    `skipped` tells that the old employer was not asked because it no longer exists (G-06).
    """

    row: ApplicationRow
    line: Line
    open_scopes: frozenset[str]
    period: Any
    skipped: bool
    is_own: bool
    settings: Settings

    @property
    def relief(self) -> Text:
        """Said to the applicant only: an officer who reads the case may well have something to do."""
        return Text("现在不用您操作。", " There is nothing for you to do now.") if self.is_own else Text("", "")


def waiting_for(case: Situation) -> Waiting:
    """Whom the application waits for, as its status and its open tasks say."""
    known = _BY_STATUS.get(case.row.status)
    if known is None:
        label = statuses.LABELS[case.row.status]
        return Waiting(label, statuses.EXPLANATIONS[case.row.status])
    return known(case)


def _draft(case: Situation) -> Waiting:
    return Waiting(
        Text("还没提交，等您填好", "Not submitted yet: your turn"),
        Text("填好并上传材料后，提交申请。", "Fill in the form, upload the files, then submit it."),
        _after_submit(case),
    )


def _returned(case: Situation) -> Waiting:
    return Waiting(
        Text("已退回，等您修改", "Returned: your turn"),
        Text("按退回原因修改后重新提交{again}。", "Change it as the reason says and submit again{again}.").filled(
            again=_again(case.line)
        ),
        _after_submit(case),
    )


def _after_submit(case: Situation) -> Text | None:
    """What comes next: whoever confirms, else the first officer."""
    who = case.line.confirmed_by
    if who is not None:
        return Text("{who}确认", "Confirmation by {who}").filled(who=who)
    district = case.row.supervising_district
    return _DISTRICT_NEXT.filled(district=label_of(DISTRICTS, district)) if district else _CENTRE_NEXT


def _again(line: Line) -> Text:
    if line.confirmed_by is None:
        return Text("", "")
    each = Text("，{who}要再确认一次", "; {who} must confirm anew")
    return each.filled(who=line.confirmed_by)


def _pending(case: Situation) -> Waiting:
    row = case.row
    old = f"enterprise:{row.old_employer}" in case.open_scopes
    new = f"enterprise:{row.new_employer}" in case.open_scopes
    next_step = _DISTRICT_NEXT.filled(district=label_of(DISTRICTS, row.supervising_district))
    remind = Text("系统每 {days} 天提醒一次。", " The service reminds it every {days} days.")
    often = remind.filled(days=case.settings.employer_remind_days)
    if case.line.employer != "transfer":
        headline = Text("等{name}确认", "Waiting for {name}").filled(name=row.new_employer_name)
        return Waiting(headline, _joined(case.relief, often), next_step)
    if old and new:
        return Waiting(
            Text("等两个单位确认", "Waiting for both employers"),
            Text(
                "先后不限，两个单位都同意后报区建委。系统每 {days} 天提醒一次。",
                "In either order. Once both agree it goes to the district. The service reminds them every {days} days.",
            ).filled(days=case.settings.employer_remind_days),
            next_step,
        )
    if old:
        headline = Text("等原单位{name}确认", "Waiting for the old employer, {name}").filled(name=row.old_employer_name)
        done = Text("现单位已同意。", "The new employer has agreed.")
    else:
        headline = Text("等现单位{name}确认", "Waiting for the new employer, {name}").filled(name=row.new_employer_name)
        done = Text("原单位已同意。", "The old employer has agreed.")
        if case.skipped:
            done = Text("原单位已注销，不用确认。", "The old employer no longer exists and is not asked.")
    return Waiting(headline, _joined(done, case.relief, often), next_step)


def _joined(*parts: Text) -> Text:
    return Text("".join(part.zh for part in parts), "".join(part.en for part in parts))


def _declared(case: Situation) -> Waiting:
    if case.row.supervising_district is None:  # a line of the registration centre (2.19)
        headline = Text("等注册中心审核", "Waiting for the registration centre")
        return Waiting(headline, case.relief, _CLOSING_NEXT)
    headline = Text("等{district}建委初审", "Waiting for the {district} commission").filled(
        district=label_of(DISTRICTS, case.row.supervising_district)
    )
    who = case.line.confirmed_by
    agreed = (
        Text("{who}已同意。", "{Who} agreed.").filled(who=who, Who=str(who.en).capitalize()) if who else case.relief
    )
    return Waiting(headline, agreed, _CITY_NEXT)


def _city(case: Situation) -> Waiting:
    return Waiting(
        Text("等市建委审核", "Waiting for the city commission"),
        Text("区建委已经通过。", "The district commission has passed it."),
        _PUBLICITY_NEXT.filled(days=case.settings.publicity_days) if case.line.publicity else _CLOSING_NEXT,
    )


def _publicity(case: Situation) -> Waiting:
    last = day_in_words(case.period.last_on) if case.period else ""
    if case.period and case.period.decision == "not_pass":
        return Waiting(
            Text("市建委审核不通过，公示到 {last}", "Not passed by the city; public until {last}").filled(last=last),
            Text("公示期内（含最后一天）可以申诉一次。", "You may appeal once, until the last day of the publicity."),
            Text("公示期满后审核不通过", "Not approved when the publicity ends"),
        )
    return Waiting(
        Text("审核通过，公示到 {last}", "Passed; public until {last}").filled(last=last),
        case.relief if case.is_own else Text("意见公开，任何人可以查看。", "The opinion is open to everybody."),
        Text("公告，更新注册", "Announcement and update of the registration"),
    )


def _appealing(case: Situation) -> Waiting:
    return Waiting(
        Text("等市建委审理申诉", "Waiting for the decision on the appeal"),
        Text(
            "由作出原意见以外的人员审理，公示结束也会等申诉审完。",
            "Another officer decides; the end of the publicity waits for it.",
        ),
        Text("公告，或维持不通过", "Announcement, or the decision stands"),
    )


def _closed(case: Situation) -> Waiting:
    return Waiting(Text("已办结", "Closed"), case.line.closed.filled(employer=case.row.new_employer_name or ""))


def _rejected(case: Situation) -> Waiting:
    return Waiting(
        Text("审核不通过", "Not approved"),
        Text("登记没有变化。可以重新申请。", "The register is unchanged. You may apply anew."),
    )


def _applied(case: Situation) -> Waiting:
    """To whom a request to release a flag went: of a project to its commission or the trading centre (2.27)."""
    next_step = Text("解除次日比对后消除标志", "Once released, the flag clears in the comparison of the next day")
    district = case.row.supervising_district
    if district:
        headline = Text(
            "等{district}建委或市交易中心解除", "Waiting for the {district} commission or the trading centre"
        )
        return Waiting(headline.filled(district=label_of(DISTRICTS, district)), case.relief, next_step)
    headline = Text("等注册中心解除", "Waiting for the registration centre")
    return Waiting(headline, case.relief, next_step)


_Sentence = Callable[[Situation], Waiting]
_BY_STATUS: dict[str, _Sentence] = {
    statuses.DRAFT: _draft,
    statuses.RETURNED: _returned,
    statuses.PENDING_CONFIRMATION: _pending,
    statuses.DECLARED: _declared,
    statuses.CITY_REVIEW: _city,
    statuses.PUBLICITY: _publicity,
    statuses.APPEALING: _appealing,
    statuses.CLOSED: _closed,
    statuses.REJECTED: _rejected,
    statuses.APPLIED: _applied,
}
