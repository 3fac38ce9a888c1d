"""Making decisions for other systems: by a version of a decision, without any instance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from kernel.clock import Clock
from kernel.errors import InvalidInput, NotFound, Reason
from rules.dmn import DecisionFailed
from rules.feel import FeelError, to_plain
from rules.tables import model_of
from store.tables import decision_definition, decision_version


class Evaluating:
    """Reads versions of decisions and evaluates them; `now()` and `today()` in them follow the clock."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def latest_id(self, connection: Connection, key: str) -> str:
        """The newest version of a decision.

        Raises:
            NotFound: there is none.
        """
        there = (decision_definition.c.key == key) & decision_definition.c.deleted_at.is_(None)
        query = select(decision_definition.c.id).where(there).order_by(decision_definition.c.version.desc()).limit(1)
        found = connection.execute(query).scalar()
        if found is None:
            raise NotFound(detail=f"No matching decision definition with key: {key}")
        return str(found)

    def xml(self, connection: Connection, decision_id: str) -> bytes:
        """The file of a version.

        Raises:
            NotFound: there is no such version.
        """
        return self._file(connection, decision_id)[1]

    def evaluate(self, connection: Connection, decision_id: str, inputs: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What a version gives for these inputs: one context of outputs for each rule that gave a result.

        Raises:
            NotFound: there is no such version.
            InvalidInput: (DECISION_FAILED) an input is missing or of another type, or the table cannot decide.
        """
        key, xml = self._file(connection, decision_id)
        model = model_of(xml)
        try:
            value = model.evaluate_decision(key, dict(inputs), now=self._clock.now())
        except (DecisionFailed, FeelError) as error:
            raise InvalidInput(Reason("DECISION_FAILED"), detail=f"Decision {key}: {error}") from error
        return model.decision(key).entries(to_plain(value))

    def _file(self, connection: Connection, decision_id: str) -> tuple[str, bytes]:
        pinned = (decision_version.c.sha256 == decision_definition.c.sha256) & (
            decision_version.c.key == decision_definition.c.key
        )
        query = (
            select(decision_definition.c.key, decision_version.c.xml)
            .join(decision_version, pinned)
            .where((decision_definition.c.id == decision_id) & decision_definition.c.deleted_at.is_(None))
        )
        row = connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(detail=f"no decision definition {decision_id}")
        return row.key, bytes(row.xml)
