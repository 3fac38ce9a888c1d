"""The decision values of forms, what they are called, and what they are in the trail (DESIGN.md 4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kernel.texts import Text

REVIEW_BY_DISTRICT = "review_by_district"
PASS = "pass"  # noqa: S105 - a decision value


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision value: its words and the action it stands for in the trail."""

    label: Text
    action: str


DECISIONS: Mapping[str, Decision] = {
    "agree": Decision(Text("同意", "Agreed"), "agreed"),
    "return": Decision(Text("退回", "Returned"), "returned"),
    "pass": Decision(Text("通过", "Passed"), "passed"),
    "not_pass": Decision(Text("不通过", "Not passed"), "not_passed"),
    "uphold": Decision(Text("申诉成立", "Appeal upheld"), "upheld"),
    "dismiss": Decision(Text("维持原意见", "Appeal dismissed"), "dismissed"),
    "release": Decision(Text("解除", "Released"), "released"),
    "refuse": Decision(Text("不解除", "Not released"), "release_refused"),
}


def label_of(decision: str | None, element_id: str | None = None) -> Text | None:
    """The words of a decision; an employer's return is called a disagreement."""
    if decision is None:
        return None
    if decision == "return" and element_id == "employer_confirm":
        return Text("不同意", "Disagreed")
    known = DECISIONS.get(decision)
    return known.label if known else Text(decision, decision)
