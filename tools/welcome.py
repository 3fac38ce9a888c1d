"""What a newcomer reads when the service has started."""

from __future__ import annotations

from kernel.settings import Settings

# A selection; the full list stands in README.md.
ACCOUNTS = (
    ("p04, p16", "个人 吴思齐、韩秋月 / constructors"),
    ("e01_admin, e02_admin", "原单位、现单位 / old and new employer"),
    ("district_chaoyang", "朝阳区建委 / district commission"),
    ("city_a, city_b", "市建委 / city commission (city_b: appeals)"),
    ("analyst, ops, admin", "流程分析、运维、系统管理 / analyst, operations, administrator"),
)
FIRST_STEPS = (
    "以 p04 登录，办理“执业企业变更”，新单位选北京启岩建筑有限公司 / As p04 apply for an employer transfer to E02",
    "以 e01_admin、e02_admin 在待办中同意 / Agree as both employers, in either order",
    "以 district_chaoyang、city_a 审核通过 / Pass it as district and city",
    "用演示栏把时钟拨快 10 天，看到公告与办结 / Move the clock past the 10 days of publicity: closed",
)


def welcome(url: str, settings: Settings) -> str:
    """The address, the accounts and the first steps, in both languages."""
    lines = ["", f"服务已就绪 / The service is ready:  {url}", ""]
    if not settings.demo:
        lines += ["管理员账号 / First administrator:  .venv/bin/flask create-admin admin", ""]
    else:
        lines += [
            f"演示账号 / Demo accounts (密码 / password: {settings.demo_password}):",
            *(f"  {name:<20} {text}" for name, text in ACCOUNTS),
            "",
            "试一试 / Try this:",
            *(f"  {number}. {step}" for number, step in enumerate(FIRST_STEPS, start=1)),
            "",
            "重新开始 / Start afresh: make demo-reset",
        ]
    return "\n".join([*lines, "停止 / Stop: Ctrl-C", ""])
