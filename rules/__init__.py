"""Decisions: the expression language FEEL and, later, the decision tables. No database."""
