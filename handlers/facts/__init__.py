"""What the decision tables of the lines look at, as things stand now: a fact is a function of its name.

A line needs no code to ask its rules: its diagram names tables (`eligibility`), and each takes from these facts what
it has inputs for (REQUIREMENTS.md 3.6).
"""

from handlers.facts import changes, employer, flags, form, person, registration
from handlers.facts.asked import FACTS, Asked, Books, Facts

__all__ = ["FACTS", "Asked", "Books", "Facts", "changes", "employer", "flags", "form", "person", "registration"]
