"""The interface on the real services with the sample data, and callers with the roles that a test asks for."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import insert

from identity.interface import ApiTokens
from kernel.actors import SYSTEM, Role
from store.tables import account, account_role
from tests.api.caller import Caller
from tests.web.conftest import app, driven, loaded, services, world  # noqa: F401 - the same service as the pages'
from wiring import Services

PASSWORD = "Service-2026-pass"


@pytest.fixture
def caller(app: Flask, services: Services) -> Callable[..., Caller]:  # noqa: F811
    """`caller(Role.SERVICE, Role.OPS, district="朝阳区")`: another system with an account of its own and a token."""

    def make(*roles: Role, district: str | None = None, enterprise: str | None = None) -> Caller:
        account_id = str(uuid4())
        row = {
            "id": account_id, "username": f"system_{account_id[:8]}", "name": "外部系统", "unit": "外部系统",
            "password_hash": services.passwords.hash(PASSWORD), "preferences": {}, "disabled": False,
            "failed_attempts": 0, "created_at": services.system_clock.now(),
            "district": district, "enterprise": enterprise,
        }  # fmt: skip
        with services.database.write() as work:
            work.connection.execute(insert(account).values(row))
            for role in roles:
                work.connection.execute(insert(account_role).values(account_id=account_id, role=role.value))
            token = ApiTokens(work.connection, services.system_clock).issue(account_id, "test", None, by=SYSTEM)
        return Caller(app, account_id, str(row["username"]), token)

    return make
