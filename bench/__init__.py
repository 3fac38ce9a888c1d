"""Measurements of the hot paths (DESIGN.md 6): what a command costs in statements, commits and milliseconds."""
