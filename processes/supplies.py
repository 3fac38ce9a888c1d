"""What the diagrams of a deployment may name: its own forms and decisions, those deployed before, the project's."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Protocol

import orjson
from sqlalchemy import Connection, select

from processes.decisions import suitable_mappings
from processes.validation import References
from rules.tables import model_of
from store.tables import decision_definition, decision_version, deployment, deployment_resource

REPOSITORY = "repository"
ANALYST = "analyst"


class DecisionSource(Protocol):
    """Where the project's decision files come from; a definition pins them by content."""

    def xml(self, key: str) -> bytes: ...


class FormSource(Protocol):
    """Where the schemas of the project's forms come from; a definition pins them by content."""

    def schema(self, key: str) -> Mapping[str, Any]: ...


class ProjectSupplies:
    """What the project itself holds, and nothing else."""

    def __init__(self, house: References, forms: FormSource, decisions: DecisionSource) -> None:
        self._house = house
        self._forms = forms
        self._decisions = decisions
        self.roles = house.roles
        self.scopes = house.scopes
        self.effects = house.effects
        self.employers = house.employers

    def template_exists(self, key: str) -> bool:
        return self._house.template_exists(key)

    def topic_exists(self, topic: str) -> bool:
        return self._house.topic_exists(topic)

    def process_exists(self, key: str) -> bool:
        return self._house.process_exists(key)

    def form_exists(self, key: str) -> bool:
        return self._house.form_exists(key)

    def decision_exists(self, key: str) -> bool:
        return self._house.decision_exists(key)

    def decision_mappings(self, key: str) -> frozenset[str]:
        return self._house.decision_mappings(key)

    def schema(self, key: str) -> Mapping[str, Any]:
        return self._forms.schema(key)

    def xml(self, key: str) -> bytes:
        return self._decisions.xml(key)


class DeployedSupplies(ProjectSupplies):
    """The files of one deployment first, then the latest that analysts have deployed, then what the project holds."""

    def __init__(
        self,
        project: tuple[References, FormSource, DecisionSource],
        connection: Connection,
        forms: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
        decisions: Mapping[str, bytes] = MappingProxyType({}),
    ) -> None:
        super().__init__(*project)
        self._connection = connection
        self._own_forms = forms
        self._own_decisions = decisions

    def form_exists(self, key: str) -> bool:
        return self._form(key) is not None or super().form_exists(key)

    def decision_exists(self, key: str) -> bool:
        return self._decision(key) is not None or super().decision_exists(key)

    def decision_mappings(self, key: str) -> frozenset[str]:
        xml = self._decision(key)
        return super().decision_mappings(key) if xml is None else suitable_mappings(model_of(xml).decision(key))

    def schema(self, key: str) -> Mapping[str, Any]:
        return self._form(key) or super().schema(key)

    def xml(self, key: str) -> bytes:
        return self._decision(key) or super().xml(key)

    def _form(self, key: str) -> Mapping[str, Any] | None:
        if key in self._own_forms:
            return self._own_forms[key]
        query = (
            select(deployment_resource.c.content)
            .join(deployment, deployment.c.id == deployment_resource.c.deployment_id)
            .where((deployment_resource.c.form == key) & deployment.c.deleted_at.is_(None))
            .order_by(deployment.c.deployed_at.desc())
            .limit(1)
        )
        found = self._connection.execute(query).scalar()
        return None if found is None else orjson.loads(found)

    def _decision(self, key: str) -> bytes | None:
        if key in self._own_decisions:
            return self._own_decisions[key]
        pinned = (decision_version.c.sha256 == decision_definition.c.sha256) & (decision_version.c.key == key)
        query = (
            select(decision_version.c.xml)
            .join(decision_definition, pinned)
            .where(
                (decision_definition.c.key == key)
                & (decision_definition.c.source == ANALYST)
                & decision_definition.c.deleted_at.is_(None)
            )
            .order_by(decision_definition.c.version.desc())
            .limit(1)
        )
        found = self._connection.execute(query).scalar()
        return None if found is None else bytes(found)
