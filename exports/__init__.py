"""Documents: one module a kind, built from frozen values, never from rows (REQUIREMENTS.md 4.4)."""
