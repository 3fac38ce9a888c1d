"""The real services, for jobs that process instances leave behind."""

from __future__ import annotations

from tests.concurrency.conftest import case, services

__all__ = ["case", "services"]
