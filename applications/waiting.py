"""The sentence at the top of an application: whose turn it is, and what comes next (UI.md 1.1, 1.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from applications import statuses
from applications.records import ApplicationRow
from applications.views import Waiting
from kernel.texts import Text

_DISTRICT_NEXT = Text("{district}建委初审", "Review by the {district} commission")
_CITY_NEXT = Text("市建委审核", "Review by the city commission")
_NO_WORRY = Text("现在不用您操作。", "There is nothing for you to do now.")


def waiting_for(row: ApplicationRow, open_scopes: set[str], period: Any, skipped: bool) -> Waiting:
    """Whom the application waits for, as its status and its open tasks say."""
    known = _BY_STATUS.get(row.status)
    if known is None:
        label = statuses.LABELS[row.status]
        return Waiting(label, statuses.EXPLANATIONS[row.status])
    return known(row, open_scopes, period, skipped)


def _draft(row: ApplicationRow, open_scopes: set[str], period: Any, skipped: bool) -> Waiting:
    return Waiting(
        Text("还没提交，等您填好", "Not submitted yet: your turn"),
        Text(
            "填好并上传材料后，提交到单位确认。", "Fill in the form, upload the files, then submit it to the employers."
        ),
        Text("两个单位确认", "Both employers confirm"),
    )


def _returned(row: ApplicationRow, open_scopes: set[str], period: Any, skipped: bool) -> Waiting:
    return Waiting(
        Text("已退回，等您修改", "Returned: your turn"),
        Text(
            "按退回原因修改后重新提交，两个单位都要再确认一次。",
            "Change it as the reason says and submit again; both employers confirm anew.",
        ),
        Text("两个单位确认", "Both employers confirm"),
    )


def _pending(row: ApplicationRow, open_scopes: set[str], period: Any, skipped: bool) -> Waiting:
    old = f"enterprise:{row.old_employer}" in open_scopes
    new = f"enterprise:{row.new_employer}" in open_scopes
    next_step = _DISTRICT_NEXT.filled(district=row.supervising_district)
    if old and new:
        return Waiting(
            Text("等两个单位确认", "Waiting for both employers"),
            Text(
                "先后不限，两个单位都同意后报区建委。系统每 3 天提醒一次。",
                "In either order. Once both agree it goes to the district. The service reminds them every 3 days.",
            ),
            next_step,
        )
    if old:
        headline = Text("等原单位{name}确认", "Waiting for your old employer, {name}").filled(
            name=row.old_employer_name
        )
        done = Text("现单位已同意，或无需确认。", "The new employer has agreed, or need not be asked.")
    else:
        headline = Text("等现单位{name}确认", "Waiting for your new employer, {name}").filled(
            name=row.new_employer_name
        )
        done = Text("原单位已同意，或无需确认。", "The old employer has agreed, or need not be asked.")
    return Waiting(
        headline, Text(f"{done.zh}{_NO_WORRY.zh}系统每 3 天提醒一次。", f"{done.en} {_NO_WORRY.en}"), next_step
    )


def _declared(row: ApplicationRow, open_scopes: set[str], period: Any, skipped: bool) -> Waiting:
    headline = Text("等{district}建委初审", "Waiting for the {district} commission").filled(
        district=row.supervising_district
    )
    return Waiting(headline, Text("两个单位都已同意。", "Both employers have agreed."), _CITY_NEXT)


def _city(row: ApplicationRow, open_scopes: set[str], period: Any, skipped: bool) -> Waiting:
    return Waiting(
        Text("等市建委审核", "Waiting for the city commission"),
        Text("区建委已经通过。", "The district commission has passed it."),
        Text("公示 10 天", "Publicity for 10 days"),
    )


def _publicity(row: ApplicationRow, open_scopes: set[str], period: Any, skipped: bool) -> Waiting:
    last = f"{period.last_on:%Y-%m-%d}" if period else ""
    if period and period.decision == "not_pass":
        return Waiting(
            Text("市建委审核不通过，公示到 {last}", "Not passed by the city; public until {last}").filled(last=last),
            Text("公示期内（含最后一天）可以申诉一次。", "You may appeal once, until the last day of the publicity."),
            Text("公示期满后审核不通过", "Not approved when the publicity ends"),
        )
    return Waiting(
        Text("审核通过，公示到 {last}", "Passed; public until {last}").filled(last=last),
        _NO_WORRY,
        Text("公告，更新注册", "Announcement and update of the registration"),
    )


def _appealing(row: ApplicationRow, open_scopes: set[str], period: Any, skipped: bool) -> Waiting:
    return Waiting(
        Text("等市建委审理申诉", "Waiting for the decision on the appeal"),
        Text(
            "由作出原意见以外的人员审理，公示结束也会等申诉审完。",
            "Another officer decides; the end of the publicity waits for it.",
        ),
        Text("公告，或维持不通过", "Announcement, or the decision stands"),
    )


def _closed(row: ApplicationRow, open_scopes: set[str], period: Any, skipped: bool) -> Waiting:
    return Waiting(
        Text("已办结，注册单位是{name}", "Closed: the employer is now {name}").filled(name=row.new_employer_name),
        Text("注册有效期不变。", "The dates of expiry have not changed."),
    )


def _rejected(row: ApplicationRow, open_scopes: set[str], period: Any, skipped: bool) -> Waiting:
    return Waiting(
        Text("审核不通过", "Not approved"),
        Text("注册没有变化。可以重新申请。", "The registration is unchanged. You may apply anew."),
    )


_Sentence = Callable[[ApplicationRow, set[str], Any, bool], Waiting]
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
}
