"""The `case` fixture of the scenarios, for tests of what is made of applications."""

from __future__ import annotations

from tests.scenarios.conftest import case, database_url, services

__all__ = ["case", "database_url", "services"]
