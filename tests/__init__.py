"""The tests. Support modules beside them are imported as `tests.…`."""
