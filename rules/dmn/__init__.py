"""Decision files: DMN 1.1 to 1.5 with FEEL, read, compiled once, checked and evaluated (DESIGN.md 8; R-P-12).

`load` gives a model; `check` says what is wrong with its tables: gaps, overlaps, rows that never apply. Nothing of a
file reaches Python: its expressions are FEEL, its evaluation has a budget, and reading it is hardened.
"""

from rules.dmn.checks import check
from rules.dmn.findings import DecisionFailed, DmnRefused, Finding
from rules.dmn.loader import load
from rules.dmn.model import Decision, Model

__all__ = ["Decision", "DecisionFailed", "DmnRefused", "Finding", "Model", "check", "load"]
