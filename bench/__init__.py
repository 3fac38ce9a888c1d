"""`make bench`: what the hot paths cost, beside what the same work costs without us (docs/performance.md)."""
