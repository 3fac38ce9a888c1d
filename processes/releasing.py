"""One deployment under way: versions of definitions and decisions, with what each pins, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

import orjson
from lxml import etree
from sqlalchemy import ColumnElement, Row, Table, func, insert, select, update

from kernel.actors import Actor
from kernel.errors import NotFound
from processes import timer_starts
from processes.extensions import read_extensions, tables_of
from processes.supplies import ANALYST, REPOSITORY, ProjectSupplies
from processes.xml import BPMN, CAMUNDA, parse
from rules.tables import model_of
from store.tables import (
    decision_definition,
    decision_version,
    definition,
    deployment,
    deployment_resource,
    form_version,
)
from store.unit_of_work import UnitOfWork
from store.writing import insert_once

# How long names may be in the tables; the files keep them whole.
_NAME, _TAG = 200, 50


class Release:
    """Stores versions under one deployment, whose row is written with the first of them.

    The caller holds the lock of deployments (`store.writing.DEPLOYMENT`). `origin` is REPOSITORY or ANALYST; a version
    of the project is not activated over one that an analyst released.
    """

    def __init__(
        self,
        work: UnitOfWork,
        supplies: ProjectSupplies,
        *,
        origin: str,
        by: Actor,
        at: datetime,
        name: str | None,
        source: str | None,
    ) -> None:
        self.id = str(uuid4())
        self.definitions: list[str] = []  # ids of the versions that are new
        self.decisions: list[str] = []
        self._work = work
        self._supplies = supplies
        self._origin = origin
        self._by = by
        self._at = at
        self._row = {"id": self.id, "name": name, "source": source, "deployed_at": at, "deployed_by": by.id}
        self._files: set[str] = set()

    def store(self, key: str, xml: bytes, resource: str, *, activate: bool, again: bool = False) -> str:
        """A version of a process, its id; with `again` a new one although nothing about it has changed."""
        root = parse(xml)
        pins = self._pins(root)
        digest = hashlib.sha256(xml + orjson.dumps(pins, option=orjson.OPT_SORT_KEYS)).hexdigest()
        same = (definition.c.key == key) & (definition.c.sha256 == digest) & definition.c.deleted_at.is_(None)
        newest = select(definition.c.id).where(same).order_by(definition.c.version.desc()).limit(1)
        existing = None if again else self._work.connection.execute(newest).scalar()
        if existing is not None:
            if activate and self._origin == ANALYST:
                self.activate(key, existing)
            return str(existing)
        self.file(resource, xml)
        definition_id = self._insert(key, xml, resource, root, pins, digest)
        if activate and not (self._origin == REPOSITORY and self._is_an_analysts(key)):
            self.activate(key, definition_id)
        return definition_id

    def store_decisions(self, xml: bytes, resource: str, *, again: bool = False) -> None:
        """Versions of all decisions of a file; `again` as in `store`."""
        digest = hashlib.sha256(xml).hexdigest()
        model = model_of(xml)
        for key in model.decision_ids:
            latest = self._latest_decision(key)
            if latest is not None:
                is_same = latest.sha256 == digest and not again
                if is_same or (self._origin == REPOSITORY and latest.source == ANALYST):
                    continue
            self.file(resource, xml)
            self._pin_decision(key, xml)
            row = {
                "id": str(uuid4()),
                "key": key,
                "name": (model.decision(key).name or key)[:_NAME],
                "version": self._next_version(decision_definition, decision_definition.c.key == key),
                "sha256": digest,
                "source": self._origin,
                "deployment_id": self.id,
                "resource": resource,
            }
            self._work.connection.execute(insert(decision_definition).values(row))
            self.decisions.append(str(row["id"]))

    def file(self, name: str, content: bytes, *, form: str | None = None) -> None:
        """Keep a file of the deployment."""
        if not self._files:
            self._work.connection.execute(insert(deployment).values(self._row))
        if name not in self._files:
            row = {"id": str(uuid4()), "deployment_id": self.id, "name": name, "form": form, "content": content}
            self._work.connection.execute(insert(deployment_resource).values(row))
            self._files.add(name)

    def activate(self, key: str, definition_id: str) -> None:
        """Let new instances of a process start on this version; its timers count from now on."""
        connection = self._work.connection
        connection.execute(update(definition).where(definition.c.key == key).values(is_active=False))
        connection.execute(update(definition).where(definition.c.id == definition_id).values(is_active=True))
        timer_starts.disarm_others(self._work, key, definition_id)
        row = connection.execute(
            select(definition.c.xml, definition.c.is_suspended).where(definition.c.id == definition_id)
        ).one()
        if not row.is_suspended:
            timer_starts.arm(self._work, definition_id, parse(bytes(row.xml)), at=self._at)

    def redeploy_callers(self, keys: Iterable[str]) -> None:
        """Let those who call what has changed follow with versions of theirs, and those who call them."""
        changed = set(keys)
        files = self.active_files()
        for caller in callees_first(files):
            if caller not in changed and called_by(files[caller]) & changed:
                name = f"{caller}.bpmn"
                self.store(caller, files[caller], f"caller.{name}" if name in self._files else name, activate=True)
                changed.add(caller)

    def active_files(self) -> dict[str, bytes]:
        query = select(definition.c.key, definition.c.xml).where(definition.c.is_active)
        return {key: bytes(xml) for key, xml in self._work.connection.execute(query)}

    # -- inside

    def _insert(
        self, key: str, xml: bytes, resource: str, root: etree._Element, pins: Mapping[str, Any], digest: str
    ) -> str:
        process = root.find(f".//{{{BPMN}}}process")
        name = None if process is None else process.get("name")
        tag = None if process is None else process.get(f"{{{CAMUNDA}}}versionTag")
        definition_id = str(uuid4())
        values = {
            "id": definition_id,
            "key": key,
            "version": self._next_version(definition, definition.c.key == key),
            "sha256": digest,
            "name": (name or key)[:_NAME],
            "version_tag": tag[:_TAG] if tag else None,
            "xml": xml,
            "pins": pins,
            "source": self._origin,
            "deployment_id": self.id,
            "resource": resource,
            "is_active": False,
            "is_suspended": False,
            "deployed_at": self._at,
            "deployed_by": self._by.id,
        }
        self._work.connection.execute(insert(definition).values(values))
        self.definitions.append(definition_id)
        return definition_id

    def _next_version(self, table: Table, of_key: ColumnElement[bool]) -> int:
        """Numbers of deleted versions are not given again."""
        last = self._work.connection.execute(select(func.max(table.c.version)).where(of_key)).scalar()
        return (last or 0) + 1

    def _is_an_analysts(self, key: str) -> bool:
        query = select(definition.c.source).where((definition.c.key == key) & definition.c.is_active)
        return self._work.connection.execute(query).scalar() == ANALYST

    def _latest_decision(self, key: str) -> Row[Any] | None:
        of_key = (decision_definition.c.key == key) & decision_definition.c.deleted_at.is_(None)
        query = select(decision_definition).where(of_key).order_by(decision_definition.c.version.desc()).limit(1)
        return self._work.connection.execute(query).first()

    def _pins(self, root: etree._Element) -> dict[str, dict[str, str]]:
        processes = {key: self._active(key) for key in sorted(called_in(root))}
        forms: dict[str, str] = {}
        decisions: dict[str, str] = {}
        for row in processes.values():
            forms |= row.pins["form"]
            decisions |= row.pins["decision"]
        for node in root.iter(f"{{{BPMN}}}startEvent", f"{{{BPMN}}}userTask"):
            key = node.get(f"{{{CAMUNDA}}}formRef")
            if key:
                forms[key] = self._pin_form(key)
        for node in root.iter(f"{{{BPMN}}}businessRuleTask"):
            key = node.get(f"{{{CAMUNDA}}}decisionRef", "")
            decisions[key] = self._pin_decision(key, self._supplies.xml(key))
        for process in root.iter(f"{{{BPMN}}}process"):
            for key in tables_of(read_extensions(process).properties):
                decisions[key] = self._pin_decision(key, self._supplies.xml(key))
        return {"process": {key: row.id for key, row in processes.items()}, "form": forms, "decision": decisions}

    def _active(self, key: str) -> Any:
        query = select(definition.c.id, definition.c.pins).where((definition.c.key == key) & definition.c.is_active)
        row: Any = self._work.connection.execute(query).one_or_none()
        if row is None:
            raise NotFound(detail=f"no active version of process {key}")
        return row

    def _pin_form(self, key: str) -> str:
        schema = self._supplies.schema(key)
        digest = hashlib.sha256(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)).hexdigest()
        insert_once(self._work, form_version, {"sha256": digest, "key": key, "schema": schema})
        return digest

    def _pin_decision(self, key: str, xml: bytes) -> str:
        digest = hashlib.sha256(xml).hexdigest()
        insert_once(self._work, decision_version, {"sha256": digest, "key": key, "xml": xml})
        return digest


def called_in(root: etree._Element) -> set[str]:
    """The processes that a diagram calls."""
    return {node.get("calledElement", "") for node in root.iter(f"{{{BPMN}}}callActivity")}


def called_by(xml: bytes) -> set[str]:
    return called_in(parse(xml))


def callees_first(files: Mapping[str, bytes]) -> list[str]:
    """Process ids so that each stands after all it calls; the validator has refused recursion."""
    order: list[str] = []

    def visit(key: str) -> None:
        if key in files and key not in order:
            for called in sorted(called_by(files[key])):
                visit(called)
            order.append(key)

    for key in sorted(files):
        visit(key)
    return order
