"""`make docs`: writes the generated pages of the documentation from the code, and checks every link of it."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from kernel.reasons import CATALOGUE
from tests.house.readme_rules import links_that_lead_nowhere
from tools.gallery import gallery
from tools.rest_page import rest_page
from tools.support_page import support_page

ROOT = Path(__file__).resolve().parent.parent

# Of every setting that `Settings.from_environment` reads; a test compares the names.
SETTINGS = {
    "HOST": ("127.0.0.1", "address the web process listens on"),
    "PORT": ("8000", "its port"),
    "DATABASE_URL": ("SQLite in `VAR_DIR`", "`sqlite:///path` or `postgresql://user:password@host/name`"),
    "VAR_DIR": ("`var`", "database file and attachments"),
    "APP_ENV": ("`development`", "`production` refuses the demo and its secret"),
    "SECRET_KEY": ("the demo's", "signs cookies; must be set with `DEMO=0`"),
    "DEMO": ("1, in production 0", "sample data, demo accounts and the demo bar"),
    "DEMO_PASSWORD": ("`Demo-2026-pass`", "of all demo accounts"),
    "DEMO_TODAY": ("the real date", "a date (`2026-06-15`) that the service's clock and the sample data start from"),
    "EXCHANGE_DIR": (
        "`exchange` in `VAR_DIR`",
        "files of the simulated sources: ministry, qualifications, enterprises, locks, abnormal list, social insurance",
    ),
    "REDIS_URL": ("none", "`redis://host:6379/0`: workers are woken at once; without it they look each second"),
    "OUTSIDE_THREADS": ("2", "threads of a worker for handlers that wait on other systems, 1 to 8"),
    "HELD_FETCHES": (
        "8",
        "fetches of external tasks that may wait in one web process; at most the threads of gunicorn less 8",
    ),
    "API_RATE_LIMIT": ("`6000/minute`", "calls of one account to the interface, each second, minute or hour"),
    "PUBLICITY_DAYS": ("10", "calendar days of publicity"),
    "EMPLOYER_REMIND_DAYS": ("3", "days between reminders to an employer"),
    "FORCED_DEREG_DAYS": ("180", "days after which an expired specialty may be deregistered by force"),
    "MAX_ATTACHMENT_MB": ("5", "size limit of one file"),
    "SUPPORT_PHONE": ("none", "telephone shown in the footer and in service guides"),
}


def pages() -> dict[str, str]:
    """Every generated page by its path below `docs`."""
    reasons = "\n".join(
        f"| `{code}` | {text.zh} | {text.en} |".replace("{", "‹").replace("}", "›")
        for code, text in sorted(CATALOGUE.items())
    )
    settings = "\n".join(f"| `{name}` | {default} | {meaning} |" for name, (default, meaning) in SETTINGS.items())
    note = "Written by `make docs`; change the code, not this page."
    return {
        "bpmn-support.md": support_page(note),
        **gallery(note),
        "reference/reasons.md": (
            f"# Reasons of refusal\n\n{note} A code never changes its meaning.\n\n"
            f"| Code | 中文 | English |\n|---|---|---|\n{reasons}\n"
        ),
        "reference/rest-api.md": rest_page(note),
        "reference/settings.md": (
            f"# Settings\n\n{note} All come from the environment.\n\n"
            f"| Variable | Default | Meaning |\n|---|---|---|\n{settings}\n"
        ),
    }


def settings_in_code() -> set[str]:
    """The environment variables that `kernel/settings.py` reads."""
    return {
        str(node.args[0].value)
        for node in ast.walk(ast.parse((ROOT / "kernel" / "settings.py").read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "environment.get"
        and isinstance(node.args[0], ast.Constant)
    }


def main() -> int:
    for name, text in pages().items():
        path = ROOT / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(f"docs/{name}")
    broken = links_that_lead_nowhere(ROOT)
    for line in broken:
        print(f"Link to nothing: {line}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
