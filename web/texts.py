"""Words and forms that all pages share: status labels with tone and tooltip, dates, masks, names of roles.

The service's own sentences stand in the templates and are translated through `web/translations`; what is a *value*
of the catalogue (a status, a role, a code's next step) is a `Text` here, so that both languages stand side by side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from markupsafe import Markup, escape

from kernel.actors import Role
from kernel.clock import BEIJING, day_of
from kernel.dates import ENGLISH_MONTHS, day_in_words
from kernel.texts import Language, Text
from registry.labels import DISTRICTS
from store.paging import COUNTED

_ISO_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b", re.ASCII)


@dataclass(frozen=True, slots=True)
class StatusText:
    """How a status is shown (UI.md 2): a word, a glyph beside it, and the sentence behind it (R-000-14)."""

    label: Text
    icon: str
    meaning: Text


def _status(zh: str, en: str, icon: str, meaning_zh: str, meaning_en: str) -> StatusText:
    return StatusText(Text(zh, en), icon, Text(meaning_zh, meaning_en))


STATUSES: dict[str, StatusText] = {
    "due": _status("应续期", "Due", "clock", "现在可以办理，过了期限不能再办", "Open now, and only until its deadline"),
    "draft": _status("未申报", "Draft", "pencil", "还没提交", "Not yet submitted"),
    "pending_confirmation": _status(
        "待确认", "Waiting for employer", "hourglass", "等单位确认", "Waiting for the employer to confirm"
    ),
    "declared": _status(
        "已申报",
        "Declared",
        "tray",
        "已申报，等待审核",
        "Declared; waiting for the review",
    ),
    "city_review": _status(
        "市级审核中", "City review", "review", "区县已通过，市建委审核中", "The city commission decides"
    ),
    "publicity": _status(
        "公示中",
        "In publicity",
        "speaker",
        "审核结果正在公示，不服可申诉",
        "The decision is publicised; it can be appealed",
    ),
    "appealing": _status("申诉中", "Appealed", "scales", "申诉正在审核", "The appeal is being decided"),
    "announced": _status(
        "已公告", "Announced", "stamp", "已公告，正在更新注册", "Announced; the registry is being updated"
    ),
    "closed": _status("办结", "Closed", "check", "已办结，注册信息已更新", "Finished; the registry is up to date"),
    "rejected": _status("审核不通过", "Not approved", "cross", "审核不通过，已结束", "Finished without approval"),
    "returned": _status("已退回", "Returned", "back", "退回给申请人修改", "Returned to the applicant for changes"),
    "deleted": _status("已删除", "Deleted", "minus", "申请人已删除", "Deleted by the applicant"),
    "terminated": _status("已终止", "Terminated", "minus", "已由运维终止", "Stopped by operations"),
    "applied": _status("已申请", "Requested", "hourglass", "等解除单位办理", "With the body that releases it"),
    "released": _status(
        "已解除",
        "Released",
        "check",
        "已解除，次日比对后消除标志",
        "Released; the flag clears in the comparison of the next day",
    ),
    "release_refused": _status("未解除", "Not released", "cross", "没有解除，标志保留", "The flag stays"),
    "valid": _status("有效", "Valid", "check", "在有效期内", "In force"),
    "expired": _status("过期", "Expired", "minus", "有效期已过", "Past its expiry date"),
    "deregistered": _status("已注销", "Deregistered", "minus", "注册已注销", "The registration has ended"),
    "superseded": _status("已变更", "Superseded", "minus", "已有新的证书", "Replaced by a newer certificate"),
}

# The statuses an application can be filtered by, in the order of its life.
APPLICATION_STATUSES = (
    "draft",
    "pending_confirmation",
    "returned",
    "declared",
    "city_review",
    "publicity",
    "appealing",
    "announced",
    "closed",
    "rejected",
    "terminated",
    "applied",
    "released",
    "release_refused",
)

ROLES: dict[Role, Text] = {
    Role.INDIVIDUAL: Text("个人", "Individual"),
    Role.ENTERPRISE_ADMIN: Text("企业管理员", "Enterprise administrator"),
    Role.ENTERPRISE_USER: Text("企业用户", "Enterprise user"),
    Role.TRAINING_POINT: Text("培训点", "Training point"),
    Role.DISTRICT_REVIEWER: Text("区县建委审核", "District reviewer"),
    Role.CITY_REVIEWER: Text("市建委审核", "City reviewer"),
    Role.TRADING_CENTRE: Text("交易中心", "Trading centre"),
    Role.REGISTRATION_CENTRE: Text("注册中心", "Registration centre"),
    Role.SYSTEM_ADMIN: Text("系统管理员", "System administrator"),
    Role.ANALYST: Text("流程分析员", "Process analyst"),
    Role.OPS: Text("运维", "Operations"),
    Role.SERVICE: Text("接口账号", "Service account"),
}

NOTICE_STATES: dict[str, Text] = {
    "draft": Text("草稿", "Draft"),
    "published": Text("已发布", "Published"),
    "withdrawn": Text("已撤回", "Withdrawn"),
}

# Units that the service itself names; those of an office are its own words.
UNITS: dict[str, Text] = {
    "个人": Text("个人", "Individual"),
    "系统": Text("系统", "The service"),
    "系统管理": Text("系统管理", "System administration"),
    "系统运维": Text("系统运维", "Operations"),
    "外部系统": Text("外部系统", "Another system"),
    "流程分析": Text("流程分析", "Process analysis"),
    "执业资格注册中心": Text("执业资格注册中心", "Registration centre"),
    "市住建委交易中心": Text("市住建委交易中心", "City trading centre"),
}
_COMMISSION = "住房和城乡建设委员会"

# What to do next, by code; the catalogue's message is the headline (UI.md 5).
NEXT_STEPS: dict[str, Text] = {
    "APPEAL_ALREADY_FILED": Text("请等申诉结果，结果会发到消息里。", "Wait for the decision; a message will tell you."),
    "BUSINESS_IN_PROGRESS": Text("办结或删除那项申请后可办。", "Finish or delete that application first."),
    "CAPTCHA_WRONG": Text("请看新的图片再输一次。", "Look at the new picture and try again."),
    "CSRF_FAILED": Text("填写的内容还在，请核对后再提交一次。", "Your entries are kept. Check them and submit again."),
    "LOGIN_FAILED": Text(
        "请核对后再试；连续输错 5 次要等 15 分钟。",
        "Check both and try again; after 5 wrong tries you wait 15 minutes.",
    ),
    "NOT_FOUND": Text(
        "可能已被删除，或者不属于您的账号。请从首页或“我的申请”进入。",
        "It may be gone, or it does not belong to your account. Start from home or your applications.",
    ),
    "ROLE_NOT_ALLOWED": Text("请换用有权限的账号登录。", "Sign in with an account that may do this."),
    "STALE_FORM": Text("对照两份内容，选一份继续。", "Compare both versions and choose one to go on with."),
    "STATE_CONFLICT": Text("请回到申请页面看最新进度。", "See the present stage on the application's page."),
    "TASK_ALREADY_DONE": Text(
        "您的意见没有提交。看处理结果，或办下一项。", "Your opinion was not sent. See the result, or take the next one."
    ),
    "TASK_CLAIMED": Text("您的意见没有提交。可以办下一项。", "Your opinion was not sent. Take the next one."),
    "WITHDRAW_NOT_ALLOWED": Text(
        "区县建委作出决定后不能再取消申报。", "An application cannot be withdrawn once the district has decided."
    ),
}


def unit_name(unit: str) -> Text:
    """A unit as the reader says it; what nobody has translated stays as it is."""
    place = unit.removesuffix(_COMMISSION)
    if place != unit and (place == "北京市" or place in DISTRICTS):
        city = Text("北京市", "Beijing")
        commission = Text(f"{{place}}{_COMMISSION}", "{place} housing and construction commission")
        return commission.filled(place=DISTRICTS.get(place, city))
    return UNITS.get(unit, Text(unit, unit))


def long_date(value: date | datetime, language: Language) -> str:
    """A date in a sentence: 2026年7月15日, 15 Jul 2026; the day is the one in Asia/Shanghai."""
    return day_in_words(day_of(value) if isinstance(value, datetime) else value).in_(language)


def month_name(day: date, *, with_year: bool) -> Text:
    """A month on an axis: 2026年7月 or 7月, Jul 2026 or Jul."""
    zh, en = f"{day.month}月", ENGLISH_MONTHS[day.month - 1]
    return Text(f"{day.year}年{zh}", f"{en} {day.year}") if with_year else Text(zh, en)


def iso_date(value: date | datetime) -> str:
    """A date in a table or a code: 2026-07-15."""
    return (day_of(value) if isinstance(value, datetime) else value).isoformat()


def whole_dates(text: str) -> Markup:
    """A sentence whose dates are not broken at the end of a line: a browser may break behind every hyphen."""
    marked = escape(text)
    for day in set(_ISO_DATE.findall(text)):
        marked = marked.replace(day, Markup('<span class="pf-nowrap">{}</span>').format(day))
    return marked


def iso_moment(value: datetime) -> str:
    """A moment in a table: 2026-07-15 14:02, in Asia/Shanghai."""
    return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def clock_time(value: datetime) -> str:
    """The time of day: 14:02, in Asia/Shanghai."""
    return value.astimezone(BEIJING).strftime("%H:%M")


def short_moment(value: datetime) -> str:
    """A moment of this season in a list: 06-13 09:40."""
    return value.astimezone(BEIJING).strftime("%m-%d %H:%M")


def total(count: int) -> str:
    """A total as lists tell it: 9,845, and 10,000+ for what is counted no further (`store.paging`)."""
    return f"{COUNTED:,}+" if count > COUNTED else f"{count:,}"


def file_size(size_bytes: int) -> str:
    """1.2 MB, 340 KB."""
    if size_bytes >= 1024 * 1024:
        return f"{size_bytes / (1024 * 1024):.1f} MB"
    return f"{max(1, round(size_bytes / 1024))} KB"
