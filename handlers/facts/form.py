"""Facts about what was filled in; a table may look at any answer by `document.<field>`."""

from __future__ import annotations

from typing import Any

from handlers.facts.asked import Asked, fact


@fact
def has_difference(asked: Asked) -> bool | None:
    """Whether any answer differs from what the books say of it (R-000-17); null before anything is filled in."""
    if asked.document is None or asked.row is None:
        return None
    return any(_text(asked.document.get(field.key)) != _text(asked.before(field)) for field in asked.form.changing)


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()


@fact
def document(asked: Asked) -> dict[str, Any] | None:
    """The answers of the form by field; null before anything is filled in."""
    return dict(asked.document) if asked.document is not None else None
