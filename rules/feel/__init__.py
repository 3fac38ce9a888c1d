"""FEEL, the one expression language of diagrams, tables and forms (DESIGN.md, second principle; R-P-05).

A text is parsed once into an immutable tree and compiled to closures; nothing of it ever reaches `eval`, and an
expression can read its scope, compute and return, and nothing else.

Supported: numbers (decimal, 34 digits), strings, `true false null`, `@"2026-06-15"`, lists, contexts, paths,
`= != < <= > >=`, `+ - * /`, `and or not()`, `in` with lists, ranges and tests, `between`, `if then else`, and the
functions of `rules.feel.functions`. Whatever else FEEL knows is refused when the expression is compiled.
"""

from rules.feel.errors import FeelError
from rules.feel.expression import Expression, UnaryTests, compile_expression, compile_unary
from rules.feel.values import to_plain

__all__ = ["Expression", "FeelError", "UnaryTests", "compile_expression", "compile_unary", "to_plain"]
