"""Deployed definitions: versions, what each pins, and the parsed ones kept by id (DESIGN.md 4, Versions)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

from lxml import etree
from sqlalchemy import Connection, Row, func, select

from kernel.actors import SYSTEM, Actor
from kernel.clock import Clock
from kernel.errors import InvalidInput, NotFound, Reason, StateConflict
from kernel.texts import Text
from processes.definition import Definition
from processes.model import EmittedKind
from processes.releasing import Release, callees_first
from processes.supplies import (
    ANALYST,
    REPOSITORY,
    DecisionSource,
    DeployedSupplies,
    FormSource,
    ProjectSupplies,
)
from processes.titles import title_of
from processes.validation import Finding, References, validate
from processes.xml import BPMN, DiagramRefused, parse
from store.statements import Statement
from store.tables import decision_version, definition, instance
from store.tables.engine import RUNNING
from store.unit_of_work import Database, UnitOfWork, ask_on
from store.writing import DEPLOYMENT, one_at_a_time

WORKBENCH = "workbench"
_ACTIVE = Statement(select(definition.c.id).where(definition.c.is_active).order_by(definition.c.key))


class DeploymentRefused(InvalidInput):
    """The uploaded file is not fit to run; `findings` say where and why."""

    default_code: ClassVar[str] = "DEPLOYMENT_REFUSED"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(Reason("DEPLOYMENT_REFUSED"), detail="; ".join(f.text.en for f in findings[:5]))


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
        self.project = (references, forms, decisions)
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

    def to_start(self, work: UnitOfWork, key: str, definition_id: str | None = None) -> str:
        """The version that a new instance starts on, this one or the active one; nobody suspends or deletes it before
        the command ends.

        Raises:
            NotFound: there is no such version, or none is active.
            StateConflict: (DEFINITION_SUSPENDED) none may start on it.
        """
        active = select(definition.c.id).where((definition.c.key == key) & definition.c.is_active).scalar_subquery()
        wanted = definition.c.id == (definition_id or active)
        query = select(definition.c.id, definition.c.is_suspended).where(wanted & definition.c.deleted_at.is_(None))
        row = work.connection.execute(query.with_for_update(read=True)).one_or_none()
        if row is None:
            raise NotFound(detail=f"no version of process {key} to start")
        if row.is_suspended:
            raise StateConflict(Reason("DEFINITION_SUSPENDED"), detail=f"process definition {row.id} is suspended")
        return str(row.id)

    def active(self, connection: Connection) -> list[Definition]:
        """The versions that new instances start on, one of each process."""
        (rows,) = ask_on(connection, _ACTIVE())
        return [self.get(row.id) for row in rows]

    def starts(self, connection: Connection, kind: EmittedKind, name: str) -> list[tuple[str, str]]:
        """The active versions that begin with a message or signal of this name, each with its start event."""
        may_start = definition.c.is_active & ~definition.c.is_suspended
        ids = connection.execute(select(definition.c.id).where(may_start).order_by(definition.c.key))
        return [(id_, element) for id_ in ids.scalars().all() for element in self.get(id_).starts_with(kind, name)]

    def versions(self, connection: Connection) -> list[DefinitionRow]:
        """All versions, newest first within each process."""
        running = (
            select(instance.c.definition_id, func.count().label("open"))
            .where(instance.c.status.in_(RUNNING))
            .group_by(instance.c.definition_id)
            .subquery()
        )
        query = (
            select(definition, func.coalesce(running.c.open, 0).label("open"))
            .join(running, running.c.definition_id == definition.c.id, isouter=True)
            .where(definition.c.deleted_at.is_(None))
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
        sources = {process_id(parse(path.read_bytes())): path.read_bytes() for path in sorted(directory.glob("*.bpmn"))}
        findings = [f for f in validate(sources, ProjectSupplies(*self.project)) if f.severity == "error"]
        if findings:
            raise DeploymentRefused(findings)
        with self._database.write() as work:
            one_at_a_time(work, DEPLOYMENT)
            release = self._release(work, ProjectSupplies(*self.project), REPOSITORY, SYSTEM, REPOSITORY, REPOSITORY)
            for key in callees_first(sources):
                release.store(key, sources[key], f"{key}.bpmn", activate=True)

    def deploy_decisions(self, directory: Path) -> None:
        """Let the project's own decisions be versions, too: a file only when its content is new."""
        with self._database.write() as work:
            one_at_a_time(work, DEPLOYMENT)
            release = self._release(work, ProjectSupplies(*self.project), REPOSITORY, SYSTEM, REPOSITORY, REPOSITORY)
            for path in sorted(directory.glob("*.dmn")):
                release.store_decisions(path.read_bytes(), path.name)

    def check(self, data: bytes, file_name: str) -> list[Finding]:
        """What is wrong with an uploaded file; nothing is stored. Called processes are the active versions."""
        try:
            key = process_id(parse(data))
        except DiagramRefused as refused:
            return list(refused.findings)
        with self._database.read() as connection:
            files = self._active_files(connection) | {key: data}
            found = validate(files, DeployedSupplies(self.project, connection))
        return [finding for finding in found if finding.process in (None, key)]

    def deploy(self, data: bytes, file_name: str, *, by: Actor, activate: bool) -> DefinitionRow:
        """Deploy an analyst's file as a new version; with `activate`, its callers follow with versions of theirs.

        Raises:
            DeploymentRefused: with the findings; nothing is stored.
        """
        findings = [finding for finding in self.check(data, file_name) if finding.severity == "error"]
        if findings:
            raise DeploymentRefused(findings)
        key = process_id(parse(data))
        with self._database.write() as work:
            one_at_a_time(work, DEPLOYMENT)
            release = self._analysts(work, by, name=file_name)
            definition_id = release.store(key, data, file_name, activate=activate)
            if activate:
                release.redeploy_callers([key])
        with self._database.read() as connection:
            return next(row for row in self.versions(connection) if row.id == definition_id)

    def activate(self, definition_id: str, *, by: Actor) -> None:
        """Let new instances start on this version."""
        with self._database.write() as work:
            one_at_a_time(work, DEPLOYMENT)
            row = self._row(work.connection, definition_id)
            release = self._analysts(work, by, name=row.resource)
            release.activate(row.key, definition_id)
            release.redeploy_callers([row.key])

    # -- inside

    def _analysts(self, work: UnitOfWork, by: Actor, *, name: str) -> Release:
        supplies = DeployedSupplies(self.project, work.connection)
        return self._release(work, supplies, ANALYST, by, name, WORKBENCH)

    def _release(
        self, work: UnitOfWork, supplies: ProjectSupplies, origin: str, by: Actor, name: str, source: str
    ) -> Release:
        return Release(work, supplies, origin=origin, by=by, at=self._clock.now(), name=name, source=source)

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


def process_id(root: etree._Element) -> str:
    process = root.find(f".//{{{BPMN}}}process")
    return (process.get("id") or "") if process is not None else ""
