"""The pure engine and, beside it, the validator and the database layer of processes."""
