"""Deployments of several files: diagrams, decisions and forms that belong together, all or nothing (DESIGN.md 4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from sqlalchemy import Connection, select

from kernel.actors import Actor
from kernel.clock import Clock
from kernel.errors import InvalidInput, Reason
from kernel.texts import Text
from processes.definitions import Definitions, DeploymentRefused, process_id
from processes.findings import Finding, finding
from processes.releasing import Release, callees_first
from processes.supplies import ANALYST, DeployedSupplies
from processes.validation import validate
from processes.xml import DiagramRefused, parse
from rules.dmn import DmnRefused
from rules.tables import checked
from store.tables import definition, deployment, deployment_resource
from store.unit_of_work import Database, UnitOfWork
from store.writing import DEPLOYMENT, one_at_a_time

DIAGRAMS = (".bpmn", ".bpmn20.xml")
DECISIONS = (".dmn", ".dmn11.xml")
FORMS = (".form",)
MOST_FILES = 100
_LONGEST_NAME = 255


class FormProblem(Protocol):
    @property
    def component(self) -> str | None: ...

    @property
    def text(self) -> Text: ...


class FormReader(Protocol):
    """Reads the file of a form; `forms/` knows how."""

    def uploaded(self, data: bytes) -> tuple[str, Mapping[str, Any], Sequence[FormProblem]]:
        """Its key, its schema, and what is wrong with it; with problems the others are empty."""
        ...


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment and the ids of the versions that it has made; none when nothing of it was new."""

    id: str
    definitions: Sequence[str] = ()
    decisions: Sequence[str] = ()


@dataclass(slots=True)
class _Files:
    """The files of a deployment, read: diagrams by process id, decision files by decision, forms by key."""

    diagrams: dict[str, bytes] = field(default_factory=dict)
    decisions: dict[str, bytes] = field(default_factory=dict)
    forms: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)  # of the file of each process
    form_of: dict[str, str] = field(default_factory=dict)  # the key of the form in each file of one
    findings: list[Finding] = field(default_factory=list)


class Deployments:
    """Deploys what other systems send."""

    def __init__(self, database: Database, definitions: Definitions, forms: FormReader, clock: Clock) -> None:
        self._database = database
        self._definitions = definitions
        self._forms = forms
        self._clock = clock

    def create(
        self,
        files: Mapping[str, bytes],
        *,
        name: str | None,
        source: str | None,
        by: Actor,
        skip_same: bool = False,
        changed_only: bool = False,
    ) -> Deployed:
        """Deploy files by their names and let new instances start on their processes; who calls these follows.

        With `skip_same` nothing is deployed when the last deployment of this name held the same files, and that one is
        answered; with `changed_only` only the files that changed get new versions. Otherwise every file gets one.

        Raises:
            DeploymentRefused: with the findings, each of which names its file as `process`; nothing is stored.
            InvalidInput: there is no file, or there are too many.
        """
        if not 0 < len(files) <= MOST_FILES:
            raise InvalidInput(
                Reason("DEPLOYMENT_REFUSED"), detail=f"Expected from 1 to {MOST_FILES} files, but found {len(files)}"
            )
        found = self._read(files)
        with self._database.read() as connection:
            self._check(connection, found)
        with self._database.write() as work:
            one_at_a_time(work, DEPLOYMENT)
            if skip_same or changed_only:
                same = _same(work.connection, name, files)
                if same is not None:
                    return Deployed(same)
            supplies = DeployedSupplies(self._definitions.project, work.connection, found.forms, found.decisions)
            release = Release(work, supplies, origin=ANALYST, by=by, at=self._clock.now(), name=name, source=source)
            return self._store(work, release, files, found, again=not changed_only)

    def _store(
        self, work: UnitOfWork, release: Release, files: Mapping[str, bytes], found: _Files, *, again: bool
    ) -> Deployed:
        for name, content in files.items():
            if name in found.form_of:
                release.file(name, content, form=found.form_of[name])
            elif name.lower().endswith(DECISIONS):
                release.store_decisions(content, name, again=again)
        for key in callees_first(found.diagrams):
            release.store(key, found.diagrams[key], found.names[key], activate=True, again=again)
        release.redeploy_callers(found.diagrams)
        return Deployed(release.id, release.definitions, release.decisions)

    # -- reading the files

    def _read(self, files: Mapping[str, bytes]) -> _Files:
        found = _Files()
        for name, content in files.items():
            lower = name.lower()
            if len(name) > _LONGEST_NAME:
                found.findings.append(finding("file_name_long", process=name[:80], limit=_LONGEST_NAME))
            elif lower.endswith(DIAGRAMS):
                _read_diagram(name, content, found)
            elif lower.endswith(DECISIONS):
                _read_decisions(name, content, found)
            elif lower.endswith(FORMS):
                self._read_form(name, content, found)
            else:
                expected = ", ".join((*DIAGRAMS, *DECISIONS, *FORMS))
                found.findings.append(finding("file_unknown", process=name, expected=expected))
        return found

    def _read_form(self, name: str, content: bytes, found: _Files) -> None:
        key, schema, problems = self._forms.uploaded(content)
        found.findings += [Finding(one.component, None, "form_refused", one.text, process=name) for one in problems]
        if not problems:
            _refuse_twice(key, name, found.forms, found)
            found.forms[key] = schema
            found.form_of[name] = key

    def _check(self, connection: Connection, found: _Files) -> None:
        active = select(definition.c.key, definition.c.xml).where(definition.c.is_active)
        diagrams = {key: bytes(xml) for key, xml in connection.execute(active)} | found.diagrams
        supplies = DeployedSupplies(self._definitions.project, connection, found.forms, found.decisions)
        refused = found.findings + [
            replace(one, process=found.names[one.process])
            for one in validate(diagrams, supplies)
            if one.process in found.diagrams
        ]
        if any(one.severity == "error" for one in refused):
            raise DeploymentRefused(refused)


def _read_diagram(name: str, content: bytes, found: _Files) -> None:
    try:
        key = process_id(parse(content))
    except DiagramRefused as refused:
        found.findings += [replace(one, process=name) for one in refused.findings]
        return
    _refuse_twice(key, name, found.diagrams, found)
    found.diagrams[key] = content
    found.names[key] = name


def _read_decisions(name: str, content: bytes, found: _Files) -> None:
    try:
        keys = checked(content).decision_ids
    except DmnRefused as refused:
        found.findings += [
            Finding(one.element_id, one.line, one.code, one.text, one.severity, name) for one in refused.findings
        ]
        return
    for key in keys:
        _refuse_twice(key, name, found.decisions, found)
        found.decisions[key] = content


def _refuse_twice(key: str, name: str, known: Mapping[str, Any], found: _Files) -> None:
    if key in known:
        found.findings.append(finding("key_twice", key, process=name, found=key))


def _same(connection: Connection, name: str | None, files: Mapping[str, bytes]) -> str | None:
    """The last deployment of a name, when it held these files."""
    of_name = (deployment.c.name == name) & deployment.c.deleted_at.is_(None)
    last = connection.execute(
        select(deployment.c.id).where(of_name).order_by(deployment.c.deployed_at.desc()).limit(1)
    ).scalar()
    if last is None:
        return None
    query = select(deployment_resource.c.name, deployment_resource.c.content)
    held = connection.execute(query.where(deployment_resource.c.deployment_id == last))
    contents = {resource: bytes(content) for resource, content in held}
    return str(last) if all(contents.get(resource) == content for resource, content in files.items()) else None
