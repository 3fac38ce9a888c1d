"""FEEL, the one expression language of diagrams, tables and forms (DESIGN.md, second principle; R-P-05).

A text is parsed once into an immutable tree and compiled to closures; nothing of it ever reaches `eval`, and an
expression can read its scope, compute and return, and nothing else.

The language is that of DMN 1.5, chapter 10: expressions and unary tests, all literals, contexts, lists, filters,
paths, ranges, `for`, `some`, `every`, `if`, `between`, `in`, `instance of`, functions and the whole built-in library;
three-valued logic, 34-digit decimals, days and times with zones. `docs/feel.md` says what is supported and which
reading is taken where the standard leaves room. What steps, texts, nesting and calls may cost is bounded.
"""

from rules.feel.errors import FeelError
from rules.feel.expression import Expression, UnaryTests, compile_expression, compile_unary
from rules.feel.frame import Note
from rules.feel.values import to_plain
from rules.feel.vocabulary import Vocabulary

__all__ = [
    "Expression",
    "FeelError",
    "Note",
    "UnaryTests",
    "Vocabulary",
    "compile_expression",
    "compile_unary",
    "to_plain",
]
