"""The statuses of an application and whose turn it is in each (REQUIREMENTS.md 0.5)."""

from __future__ import annotations

from datetime import date

from kernel.texts import Text

DRAFT = "draft"
PENDING_CONFIRMATION = "pending_confirmation"
DECLARED = "declared"
CITY_REVIEW = "city_review"
PUBLICITY = "publicity"
APPEALING = "appealing"
ANNOUNCED = "announced"
CLOSED = "closed"
REJECTED = "rejected"
RETURNED = "returned"
DELETED = "deleted"
TERMINATED = "terminated"
APPLIED = "applied"  # this and the next two: of the release of a flag (2.27)
RELEASED = "released"
RELEASE_REFUSED = "release_refused"

ENDED = frozenset({CLOSED, REJECTED, DELETED, TERMINATED, RELEASED, RELEASE_REFUSED})
EDITABLE = frozenset({DRAFT, RETURNED})
WITHDRAWABLE = frozenset({PENDING_CONFIRMATION, DECLARED, RETURNED})  # G-01
HIDDEN = frozenset({DELETED})  # kept for audit, shown in no list


LABELS: dict[str, Text] = {
    DRAFT: Text("未申报", "Draft"),
    PENDING_CONFIRMATION: Text("待确认", "Waiting for employer"),
    DECLARED: Text("已申报", "Declared"),
    CITY_REVIEW: Text("市级审核中", "With the city commission"),
    PUBLICITY: Text("公示中", "In publicity"),
    APPEALING: Text("申诉中", "Appeal under review"),
    ANNOUNCED: Text("已公告", "Announced"),
    CLOSED: Text("办结", "Closed"),
    REJECTED: Text("审核不通过", "Not approved"),
    RETURNED: Text("已退回", "Returned"),
    DELETED: Text("已删除", "Deleted"),
    TERMINATED: Text("已终止", "Terminated"),
    APPLIED: Text("已申请", "Requested"),
    RELEASED: Text("已解除", "Released"),
    RELEASE_REFUSED: Text("未解除", "Not released"),
}

# How far each still has to go: lists by progress begin with the greatest. Rows keep these numbers, so none of them ever
# changes, and a status to come takes one between two others.
PROGRESS = {
    DRAFT: 150,
    PENDING_CONFIRMATION: 140,
    DECLARED: 130,
    CITY_REVIEW: 120,
    PUBLICITY: 110,
    APPEALING: 100,
    ANNOUNCED: 90,
    CLOSED: 80,
    REJECTED: 70,
    RETURNED: 60,
    DELETED: 50,
    TERMINATED: 40,
    APPLIED: 30,
    RELEASED: 20,
    RELEASE_REFUSED: 10,
}
NEVER = date.min  # the day on which an application that was not declared was, in the order of lists

# What each status means to the applicant, said under the chip (R-000-14).
EXPLANATIONS: dict[str, Text] = {
    DRAFT: Text("还没提交", "Not yet submitted"),
    PENDING_CONFIRMATION: Text("等待单位确认", "Waiting for the employer to confirm"),
    DECLARED: Text("已申报，等待审核", "Declared, waiting for the review"),
    CITY_REVIEW: Text("市建委正在审核", "The city commission is reviewing"),
    PUBLICITY: Text("审核意见公示中", "The opinion is open to the public"),
    APPEALING: Text("市建委正在审核申诉", "The appeal is being reviewed"),
    ANNOUNCED: Text("已经公告，正在更新注册", "Announced; the registration is being updated"),
    CLOSED: Text("已经办完", "Finished"),
    REJECTED: Text("没有通过，可以重新申请", "Not approved; a new application is possible"),
    RETURNED: Text("退回给您修改", "Back with you for changes"),
    DELETED: Text("已经删除", "Deleted"),
    TERMINATED: Text("已由管理人员终止", "Stopped by the operators"),
    APPLIED: Text("等解除单位办理", "With the body that releases it"),
    RELEASED: Text("已经解除，次日比对后消除标志", "Released; the flag clears in the comparison of the next day"),
    RELEASE_REFUSED: Text("没有解除，标志保留", "Not released; the flag stays"),
}
