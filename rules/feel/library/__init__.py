"""The built-in functions of FEEL (DMN 1.5, 10.3.4): one module a family, declared by their signatures.

A function only computes: no chance, no input or output, and of the clock only what the caller gives.
"""

from rules.feel.library import contexts, conversion, dates, figures, lists, numbers, ranges, strings
from rules.feel.library.signatures import LIBRARY, BuiltIn

LONGEST_NAME = max(len(name.split()) for name in LIBRARY)

__all__ = [
    "LIBRARY",
    "LONGEST_NAME",
    "BuiltIn",
    "contexts",
    "conversion",
    "dates",
    "figures",
    "lists",
    "numbers",
    "ranges",
    "strings",
]
