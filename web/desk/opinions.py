"""Stock opinions (常用意见): sentences that an officer inserts instead of typing them (DESIGN.md 9).

Everybody starts with the defaults of the form in front of them; who keeps a list of their own has that list
everywhere instead. It is stored in the account's preferences.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kernel.texts import Language, Text

PREFERENCE = "opinions"
MAX_OPINIONS = 20
MAX_LENGTH = 200

_OF_EMPLOYERS = (
    Text("情况属实，同意。", "The facts are correct; we agree."),
    Text("劳动合同已解除，同意调出。", "The labour contract has ended; we agree to the transfer."),
    Text("劳动合同尚未解除，暂不同意。", "The labour contract has not ended yet."),
    Text("未与本单位签订劳动合同。", "No labour contract was signed with us."),
)
_OF_OFFICERS = (
    Text("材料齐全，符合要求。", "The papers are complete and meet the requirements."),
    Text("附件不清晰，请重新扫描上传。", "An attachment is not legible; scan and upload it again."),
    Text("申请表签字或盖章不全。", "A signature or seal is missing on the application form."),
    Text("劳动合同与填写的内容不一致，请核对。", "The labour contract differs from what was entered."),
)
_OF_APPEALS = (
    Text("申诉理由成立，予以支持。", "The appeal is justified and upheld."),
    Text("申诉理由不成立，维持原意见。", "The appeal is not justified; the decision stands."),
)
_OF_FORMS = {"employer_confirm": _OF_EMPLOYERS, "review_appeal": _OF_APPEALS}


def stock_opinions(preferences: Mapping[str, Any], form: str, language: Language) -> tuple[str, ...]:
    """The sentences offered beside the opinion field of a form."""
    own = own_opinions(preferences)
    if own is not None:
        return own
    return tuple(opinion.in_(language) for opinion in _OF_FORMS.get(form, _OF_OFFICERS))


def own_opinions(preferences: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The person's own list, or None while they have none; an empty list is a choice too."""
    stored = preferences.get(PREFERENCE)
    return tuple(str(opinion) for opinion in stored) if isinstance(stored, list) else None


def default_opinions(language: Language) -> tuple[str, ...]:
    """All defaults, to start a list of one's own from."""
    return tuple(opinion.in_(language) for opinion in (*_OF_EMPLOYERS, *_OF_OFFICERS, *_OF_APPEALS))


def read_opinions(text: str) -> tuple[tuple[str, ...], Sequence[str]]:
    """One opinion a line as (kept, too long); blank lines and repetitions fall away."""
    lines = list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))
    return tuple(line for line in lines if len(line) <= MAX_LENGTH), [line for line in lines if len(line) > MAX_LENGTH]
