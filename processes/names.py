"""Names that expressions can say."""

from __future__ import annotations

import re

from rules.feel import FeelError, compile_expression

_NAME = re.compile(r"[^\W\d]\w{0,79}")


def is_variable_name(text: str) -> bool:
    """Whether FEEL reads the text as the name of a variable: no blanks, no hyphens, no word of the language."""
    if not _NAME.fullmatch(text):
        return False
    try:
        return compile_expression(text).names == {text}
    except FeelError:
        return False
