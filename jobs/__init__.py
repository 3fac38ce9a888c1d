"""Background work: the pump that claims and runs job rows, with leases and fences (RELIABILITY.md 2.4)."""
