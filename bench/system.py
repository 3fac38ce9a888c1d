"""Another system that calls `/engine-rest`: its account, its token, and the requests it sends about the transfer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any
from uuid import uuid4

import orjson
from sqlalchemy import insert, select

from bench.clients import request
from bench.life import DIAGRAM, KEY, VARIABLES, answer
from bench.office import Office
from identity.interface import ApiTokens
from kernel.actors import SYSTEM, Role
from store.tables import account, account_role, task


class System:
    """Deploys the diagram, and has an account with a token."""

    def __init__(self, office: Office) -> None:
        self._office = office
        analyst = office.actor("analyst")
        office.services.definitions.deploy(DIAGRAM.read_bytes(), DIAGRAM.name, by=analyst, activate=True)

    @cached_property
    def _headers(self) -> Mapping[str, str]:
        services = self._office.services
        account_id = uuid4().hex
        row = {
            "id": account_id, "username": f"system_{uuid4().hex[:8]}", "name": "System", "unit": "System",
            "password_hash": "", "preferences": {}, "disabled": False, "failed_attempts": 0,
            "created_at": services.system_clock.now(),
        }  # fmt: skip
        with services.database.write() as work:
            work.connection.execute(insert(account).values(row))
            work.connection.execute(insert(account_role).values(account_id=account_id, role=Role.SERVICE.value))
            tokens = ApiTokens(work.connection, services.system_clock)
            token = tokens.issue(account_id, "bench", None, by=SYSTEM)
        return {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "Accept": "application/json"}

    def start(self) -> bytes:
        body = {"businessKey": uuid4().hex[:20], "variables": typed(VARIABLES)}
        return self._post(f"/process-definition/key/{KEY}/start", body)

    def complete(self, task_id: str, element_id: str, *, returns: bool = False) -> bytes:
        return self._post(f"/task/{task_id}/complete", {"variables": typed(answer(element_id, returns=returns))})

    def tasks(self, instances: Sequence[str], element_id: str) -> list[str]:
        """The open tasks of these instances at an element, in the instances' order; asked of the database itself."""
        query = select(task.c.instance_id, task.c.id).where(
            task.c.instance_id.in_(instances), task.c.element_id == element_id, task.c.status == "open"
        )
        with self._office.services.database.read() as connection:
            found = {row.instance_id: str(row.id) for row in connection.execute(query)}
        return [found[instance] for instance in instances]

    def _post(self, path: str, body: Mapping[str, Any]) -> bytes:
        return request("POST", f"/engine-rest{path}", headers=self._headers, body=orjson.dumps(body))


def typed(values: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {name: {"value": value} for name, value in values.items()}
