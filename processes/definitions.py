"""Deployed definitions: versions, what each pins, and the parsed ones kept by id (DESIGN.md 4, Versions)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar, Protocol
from uuid import uuid4

import orjson
from lxml import etree
from sqlalchemy import Connection, Row, func, insert, select, update

from kernel.actors import SYSTEM, Actor
from kernel.clock import Clock
from kernel.errors import InvalidInput, NotFound, Reason
from kernel.texts import Text
from processes.definition import Definition
from processes.model import EmittedKind
from processes.validation import Finding, References, validate
from processes.xml import BPMN, CAMUNDA, DiagramRefused, parse
from store.tables import decision_version, definition, form_version, instance
from store.unit_of_work import Database, UnitOfWork
from store.writing import DEPLOYMENT, insert_once, one_at_a_time

REPOSITORY = "repository"
ANALYST = "analyst"


class DeploymentRefused(InvalidInput):
    """The uploaded file is not fit to run; `findings` say where and why."""

    default_code: ClassVar[str] = "DEPLOYMENT_REFUSED"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(Reason("DEPLOYMENT_REFUSED"), detail="; ".join(f.text.en for f in findings[:5]))


class DecisionSource(Protocol):
    """Where decision files come from; the definition pins them by content."""

    def xml(self, key: str) -> bytes: ...


class FormSource(Protocol):
    """Where the schemas of forms come from; the definition pins them by content."""

    def schema(self, key: str) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class DefinitionRow:
    """One deployed version, for lists."""

    id: str
    key: str
    name: str
    title: Text
    version: int
    version_tag: str | None
    is_active: bool
    source: str
    deployed_at: datetime
    deployed_by: str
    open_instances: int


class Definitions:
    """Deploys, lists and loads definitions.

    A parsed definition is immutable and is built once a process; building is serialised, because SpiffWorkflow's
    parser registers callbacks on what it builds.
    """

    def __init__(
        self,
        database: Database,
        references: References,
        forms: FormSource,
        decisions: DecisionSource,
        clock: Clock,
    ) -> None:
        self._database = database
        self._references = references
        self._forms = forms
        self._decisions = decisions
        self._clock = clock
        self._parsed: dict[str, Definition] = {}
        self._pins: dict[str, Mapping[str, Mapping[str, str]]] = {}
        self._lock = Lock()

    # -- reading

    def get(self, definition_id: str) -> Definition:
        """The parsed definition of a version.

        Raises:
            NotFound: there is no such version.
        """
        parsed = self._parsed.get(definition_id)
        if parsed is None:
            with self._lock, self._database.read() as connection:
                parsed = self._parsed.get(definition_id) or self._build(connection, definition_id)
                self._parsed[definition_id] = parsed
        return parsed

    def pinned_forms(self, definition_id: str) -> Mapping[str, str]:
        """The content hash of each form that a version and its called processes use."""
        self.get(definition_id)
        return self._pins[definition_id]["form"]

    def files(self, connection: Connection, definition_id: str) -> dict[str, bytes]:
        """The XML of a version and of all processes it calls, by process id."""
        row = self._row(connection, definition_id)
        found = {row.key: bytes(row.xml)}
        for called in row.pins["process"].values():
            found |= self.files(connection, called)
        return found

    def xml(self, connection: Connection, definition_id: str) -> bytes:
        return bytes(self._row(connection, definition_id).xml)

    def active_id(self, connection: Connection, key: str) -> str:
        """The version that new instances of a process start on.

        Raises:
            NotFound: none is active.
        """
        query = select(definition.c.id).where((definition.c.key == key) & definition.c.is_active)
        found = connection.execute(query).scalar()
        if found is None:
            raise NotFound(detail=f"no active version of process {key}")
        return str(found)

    def starts(self, connection: Connection, kind: EmittedKind, name: str) -> list[tuple[str, str]]:
        """The active versions that begin with a message or signal of this name, each with its start event."""
        ids = connection.execute(select(definition.c.id).where(definition.c.is_active).order_by(definition.c.key))
        return [(id_, element) for id_ in ids.scalars().all() for element in self.get(id_).starts_with(kind, name)]

    def versions(self, connection: Connection) -> list[DefinitionRow]:
        """All versions, newest first within each process."""
        running = (
            select(instance.c.definition_id, func.count().label("open"))
            .where(instance.c.status == "active")
            .group_by(instance.c.definition_id)
            .subquery()
        )
        query = (
            select(definition, func.coalesce(running.c.open, 0).label("open"))
            .join(running, running.c.definition_id == definition.c.id, isouter=True)
            .order_by(definition.c.key, definition.c.version.desc())
        )
        return [self._listed(row) for row in connection.execute(query)]

    # -- deploying

    def deploy_repository(self, directory: Path) -> None:
        """Deploy the project's own diagrams: a file only when its content or what it pins is new.

        Not activated over a version that an analyst released.

        Raises:
            DeploymentRefused: a file of the project is not fit to run.
        """
        sources = {
            _process_id(parse(path.read_bytes())): path.read_bytes() for path in sorted(directory.glob("*.bpmn"))
        }
        findings = [f for f in validate(sources, self._references) if f.severity == "error"]
        if findings:
            raise DeploymentRefused(findings)
        with self._database.write() as work:
            one_at_a_time(work, DEPLOYMENT)
            for key in _callees_first(sources):
                self._store(work, key, sources[key], REPOSITORY, SYSTEM, activate=not self._analysts(work, key))

    def check(self, data: bytes, file_name: str) -> list[Finding]:
        """What is wrong with an uploaded file; nothing is stored. Called processes are the active versions."""
        try:
            key = _process_id(parse(data))
        except DiagramRefused as refused:
            return list(refused.findings)
        with self._database.read() as connection:
            files = self._active_files(connection) | {key: data}
        return [finding for finding in validate(files, self._references) if finding.process in (None, key)]

    def deploy(self, data: bytes, file_name: str, *, by: Actor, activate: bool) -> DefinitionRow:
        """Deploy an analyst's file as a new version; with `activate`, its callers follow with versions of theirs.

        Raises:
            DeploymentRefused: with the findings; nothing is stored.
        """
        findings = [finding for finding in self.check(data, file_name) if finding.severity == "error"]
        if findings:
            raise DeploymentRefused(findings)
        key = _process_id(parse(data))
        with self._database.write() as work:
            one_at_a_time(work, DEPLOYMENT)
            definition_id = self._store(work, key, data, ANALYST, by, activate=activate)
            if activate:
                self._redeploy_callers(work, key, by)
        with self._database.read() as connection:
            return next(row for row in self.versions(connection) if row.id == definition_id)

    def activate(self, definition_id: str, *, by: Actor) -> None:
        """Let new instances start on this version."""
        with self._database.write() as work:
            one_at_a_time(work, DEPLOYMENT)
            row = self._row(work.connection, definition_id)
            self._activate(work, row.key, definition_id)
            self._redeploy_callers(work, row.key, by)

    # -- inside

    def _build(self, connection: Connection, definition_id: str) -> Definition:
        row = self._row(connection, definition_id)
        self._pins[definition_id] = row.pins
        decisions = {key: self._decision_file(connection, key, digest) for key, digest in row.pins["decision"].items()}
        return Definition.build(self.files(connection, definition_id), row.key, decisions)

    def _decision_file(self, connection: Connection, key: str, digest: str) -> bytes:
        pinned = (decision_version.c.sha256 == digest) & (decision_version.c.key == key)
        return bytes(connection.execute(select(decision_version.c.xml).where(pinned)).scalar_one())

    def _row(self, connection: Connection, definition_id: str) -> Row[Any]:
        row = connection.execute(select(definition).where(definition.c.id == definition_id)).one_or_none()
        if row is None:
            raise NotFound(detail=f"no definition {definition_id}")
        return row

    def _listed(self, row: Row[Any]) -> DefinitionRow:
        return DefinitionRow(
            id=row.id,
            key=row.key,
            name=row.name,
            title=title_of(bytes(row.xml)),
            version=row.version,
            version_tag=row.version_tag,
            is_active=row.is_active,
            source=row.source,
            deployed_at=row.deployed_at,
            deployed_by=row.deployed_by,
            open_instances=row.open,
        )

    def _active_files(self, connection: Connection) -> dict[str, bytes]:
        query = select(definition.c.key, definition.c.xml).where(definition.c.is_active)
        return {key: bytes(xml) for key, xml in connection.execute(query)}

    def _analysts(self, work: UnitOfWork, key: str) -> bool:
        query = select(definition.c.source).where((definition.c.key == key) & definition.c.is_active)
        return work.connection.execute(query).scalar() == ANALYST

    def _store(self, work: UnitOfWork, key: str, xml: bytes, source: str, by: Actor, *, activate: bool) -> str:
        root = parse(xml)
        pins = self._pins_of(work, root)
        digest = hashlib.sha256(xml + orjson.dumps(pins, option=orjson.OPT_SORT_KEYS)).hexdigest()
        same = (definition.c.key == key) & (definition.c.sha256 == digest)
        existing = work.connection.execute(select(definition.c.id).where(same)).scalar()
        if existing is not None:
            if activate and source == ANALYST:
                self._activate(work, key, existing)
            return str(existing)
        process = root.find(f".//{{{BPMN}}}process")
        last = work.connection.execute(select(func.max(definition.c.version)).where(definition.c.key == key)).scalar()
        definition_id = str(uuid4())
        values = {
            "id": definition_id,
            "key": key,
            "version": (last or 0) + 1,
            "sha256": digest,
            "name": process.get("name") or key if process is not None else key,
            "version_tag": process.get(f"{{{CAMUNDA}}}versionTag") if process is not None else None,
            "xml": xml,
            "pins": pins,
            "source": source,
            "is_active": False,
            "deployed_at": self._clock.now(),
            "deployed_by": by.id,
        }
        work.connection.execute(insert(definition).values(values))
        if activate:
            self._activate(work, key, definition_id)
        return definition_id

    def _pins_of(self, work: UnitOfWork, root: etree._Element) -> dict[str, dict[str, str]]:
        called = sorted({node.get("calledElement", "") for node in root.iter(f"{{{BPMN}}}callActivity")})
        processes = {key: self.active_id(work.connection, key) for key in called}
        forms: dict[str, str] = {}
        decisions: dict[str, str] = {}
        for process in processes.values():
            pins = self._row(work.connection, process).pins
            forms |= pins["form"]
            decisions |= pins["decision"]
        for node in root.iter(f"{{{BPMN}}}startEvent", f"{{{BPMN}}}userTask"):
            key = node.get(f"{{{CAMUNDA}}}formRef")
            if key:
                forms[key] = self._pin_form(work, key)
        for node in root.iter(f"{{{BPMN}}}businessRuleTask"):
            key = node.get(f"{{{CAMUNDA}}}decisionRef", "")
            decisions[key] = self._pin_decision(work, key)
        return {"process": processes, "form": forms, "decision": decisions}

    def _pin_form(self, work: UnitOfWork, key: str) -> str:
        schema = self._forms.schema(key)
        digest = hashlib.sha256(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)).hexdigest()
        insert_once(work, form_version, {"sha256": digest, "key": key, "schema": schema})
        return digest

    def _pin_decision(self, work: UnitOfWork, key: str) -> str:
        xml = self._decisions.xml(key)
        digest = hashlib.sha256(xml).hexdigest()
        insert_once(work, decision_version, {"sha256": digest, "key": key, "xml": xml})
        return digest

    def _activate(self, work: UnitOfWork, key: str, definition_id: str) -> None:
        for_key = definition.c.key == key
        work.connection.execute(update(definition).where(for_key).values(is_active=False))
        work.connection.execute(update(definition).where(definition.c.id == definition_id).values(is_active=True))

    def _redeploy_callers(self, work: UnitOfWork, key: str, by: Actor) -> None:
        files = self._active_files(work.connection)
        for caller in _callees_first(files):
            if caller != key and key in _called_by(files[caller]):
                self._store(work, caller, files[caller], ANALYST, by, activate=True)


def title_of(xml: bytes) -> Text:
    """The titles of a process from its properties, or its name."""
    process = parse(xml).find(f".//{{{BPMN}}}process")
    if process is None:
        return Text("", "")
    found = {node.get("name"): node.get("value", "") for node in process.iter(f"{{{CAMUNDA}}}property")}
    name = process.get("name") or process.get("id") or ""
    return Text(found.get("title_zh") or name, found.get("title_en") or name)


def _process_id(root: etree._Element) -> str:
    process = root.find(f".//{{{BPMN}}}process")
    return (process.get("id") or "") if process is not None else ""


def _called_by(xml: bytes) -> set[str]:
    return {node.get("calledElement", "") for node in parse(xml).iter(f"{{{BPMN}}}callActivity")}


def _callees_first(files: Mapping[str, bytes]) -> list[str]:
    """Process ids so that each stands after all it calls; the validator has refused recursion."""
    order: list[str] = []

    def visit(key: str) -> None:
        if key in files and key not in order:
            for called in sorted(_called_by(files[key])):
                visit(called)
            order.append(key)

    for key in sorted(files):
        visit(key)
    return order
