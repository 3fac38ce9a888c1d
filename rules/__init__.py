"""Decisions: the expression language FEEL and the decision tables on it. No database."""
