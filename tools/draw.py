"""Draws every diagram of `bpmn/` into `var/pictures/`, to be looked at: `python -m tools.draw`.

Gives one SVG a diagram and one page, `index.html`, that shows them in light and dark, without an instance and at
several moments of one.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from html import escape
from pathlib import Path

from kernel.texts import Language
from processes.picture import draw
from processes.picture.geometry import read

LINE = "class2_employer_transfer"
MOMENTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("filled in", {"now": {"fill_application": 1}}),
    (
        "one employer agreed",
        {
            "done": {"application_started", "fill_application", "old_employer_confirm"},
            "now": {"new_employer_confirm/employer_confirm": 1},
            "notes": {
                "fill_application": "06-10",
                "old_employer_confirm": "恒筑，已同意",
                "new_employer_confirm": "启岩，等待中",
            },
        },
    ),
    ("district decides", {"now": {"review/review_by_district": 1}, "notes": {"review/review_by_district": "朝阳区"}}),
    ("appeal open", {"now": {"review/publicity_timer": 1, "review/appeal/review_appeal": 1}}),
    ("rejected", {"done": {"rejected", "fill_application", "review/review_by_city", "review/publicity"}}),
    (
        "closed",
        {
            "done": {
                "closed",
                "fill_application",
                "old_employer_confirm",
                "new_employer_confirm",
                "review/review_by_district",
                "review/review_by_city",
                "review/publicity",
                "review/announce",
                "review/apply_registry",
            }
        },
    ),
)
PAGE = """<!doctype html><html lang="zh-CN" data-bs-theme="{theme}"><meta charset="utf-8"><title>{theme}</title>
<link rel="stylesheet" href="tokens.css"><link rel="stylesheet" href="components.css">
<body class="pf-page">{body}</body></html>
"""


def pictures(folder: Path) -> Iterator[tuple[str, str]]:
    """Each picture with its name: every diagram as it is, then the moments of a transfer."""
    files = {path.stem: path.read_bytes() for path in sorted(folder.glob("*.bpmn"))}
    for key in files:
        yield key, draw(files, key, detail="full")
    languages: tuple[Language, ...] = ("zh", "en")
    for language in languages:
        yield f"applicant, {language}", draw(files, LINE, detail="applicant", language=language)
        for name, moment in MOMENTS:
            picture = draw(files, LINE, detail="applicant", language=language, **moment)  # type: ignore[arg-type]
            yield f"applicant, {name}, {language}", picture
    yield (
        "commission_review in progress",
        draw(files, LINE, detail="full", under="review", done={"review/declare"}, now={"review/review_by_district": 1}),
    )
    yield f"{LINE} in progress", draw(files, LINE, detail="full", **_half_way(files[LINE]))  # type: ignore[arg-type]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bpmn", type=Path, default=Path("bpmn"))
    parser.add_argument("--styles", type=Path, default=Path("web/static"), help="folder of tokens.css, components.css")
    parser.add_argument("--out", type=Path, default=Path("var/pictures"))
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    drawn = list(pictures(options.bpmn))
    for name, picture in drawn:
        (options.out / f"{name.replace(', ', '-').replace(' ', '_')}.svg").write_text(picture, encoding="utf-8")
    for style in ("tokens.css", "components.css"):
        found = next(iter(options.styles.rglob(style)), None)
        if found is not None:
            (options.out / style).write_bytes(found.read_bytes())
    body = "".join(f"<h2>{escape(name)}</h2><div class='pf-scroll'>{picture}</div>" for name, picture in drawn)
    for theme in ("light", "dark"):
        (options.out / f"{theme}.html").write_text(PAGE.format(theme=theme, body=body), encoding="utf-8")
    print(f"{len(drawn)} pictures in {options.out}")


def _half_way(xml: bytes) -> dict[str, object]:
    """A transfer that was returned once and waits for the new employer again, with one job that failed."""
    behind = {
        "application_started",
        "check_start",
        "application_drafted",
        "fill_application",
        "check_submit",
        "confirmation_started",
        "both_employers_asked",
        "old_employer_confirm",
        "employer_disagreed",
        "application_returned",
    }
    taken = {flow.id for flow in read(xml).flows.values() if flow.source in behind}
    return {
        "done": behind,
        "now": {"new_employer_confirm/employer_confirm": 1},
        "stuck": {"check_start": 1},
        "taken_flows": taken,
    }


if __name__ == "__main__":
    main()
