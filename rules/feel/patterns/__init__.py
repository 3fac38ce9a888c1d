"""The patterns of `matches`, `replace` and `split`: XPath regular expressions with counted steps.

Python's `re` speaks another dialect and can take exponential time on a hostile pattern. Here a pattern is compiled to
a small program, every state of it is visited at most once at each character, and each visit is paid from the budget.
"""

from rules.feel.patterns.machine import Pattern, compile_pattern
from rules.feel.patterns.syntax import PatternError

__all__ = ["Pattern", "PatternError", "compile_pattern"]
