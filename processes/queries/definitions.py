"""The lists of what is deployed: deployments, versions of processes, versions of decisions.

Whoever may ask for them sees them all: nothing in them belongs to a case.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select, true

from kernel.actors import Actor
from kernel.errors import NotFound
from processes.queries.query import Column, Criterion, Query, after, at, before, equals, flag, like, number, one_of
from store.tables import decision_definition, definition, deployment, deployment_resource, instance, job


def _all(actor: Actor) -> ColumnElement[bool]:
    return true()


def _deployments() -> Select[Any]:
    return select(deployment).where(deployment.c.deleted_at.is_(None))


DEPLOYMENTS = Query(
    "deployment",
    _deployments,
    key=deployment.c.id,
    visible=_all,
    criteria={
        "id": equals(deployment.c.id),
        "name": equals(deployment.c.name),
        "nameLike": like(deployment.c.name),
        "source": equals(deployment.c.source),
        "withoutSource": flag(lambda: deployment.c.source.is_(None)),
        "withoutTenantId": flag(true),
        "before": before(deployment.c.deployed_at),
        "after": after(deployment.c.deployed_at),
    },
    orders={"id": deployment.c.id, "name": deployment.c.name, "deploymentTime": deployment.c.deployed_at},
)


def resources_of(connection: Connection, deployment_id: str) -> Sequence[Any]:
    """The files of a deployment, without their content."""
    columns = (deployment_resource.c.id, deployment_resource.c.name, deployment_resource.c.deployment_id)
    query = select(*columns).where(deployment_resource.c.deployment_id == deployment_id)
    return connection.execute(query.order_by(deployment_resource.c.name)).all()


def resource_of(connection: Connection, deployment_id: str, resource_id: str) -> Any:
    """One file of a deployment.

    Raises:
        NotFound: the deployment has no such file.
    """
    this = (deployment_resource.c.id == resource_id) & (deployment_resource.c.deployment_id == deployment_id)
    row = connection.execute(select(deployment_resource).where(this)).one_or_none()
    if row is None:
        raise NotFound(detail=f"Expected file '{resource_id}' in deployment '{deployment_id}', but it is not there")
    return row


def _process_definitions() -> Select[Any]:
    columns = (column for column in definition.c if column.name not in ("xml", "pins"))
    return select(*columns).where(definition.c.deleted_at.is_(None))


def _of_versions(key: Column, name: Column, resource: Column) -> dict[str, Criterion]:
    return {
        "key": equals(key),
        "keysIn": one_of(key),
        "keyLike": like(key),
        "name": equals(name),
        "nameLike": like(name),
        "resourceName": equals(resource),
        "resourceNameLike": like(resource),
        "withoutTenantId": flag(true),
    }


PROCESS_DEFINITIONS = Query(
    "process definition",
    _process_definitions,
    key=definition.c.id,
    visible=_all,
    criteria={
        **_of_versions(definition.c.key, definition.c.name, definition.c.resource),
        "processDefinitionId": equals(definition.c.id),
        "processDefinitionIdIn": one_of(definition.c.id),
        "deploymentId": equals(definition.c.deployment_id),
        "deployedAfter": after(definition.c.deployed_at),
        "deployedAt": at(definition.c.deployed_at),
        "version": number(lambda value: definition.c.version == value),
        "latestVersion": Criterion(
            "flag", lambda _: definition.c.is_active, "the version on which instances start when the key is given"
        ),
        "active": flag(lambda: ~definition.c.is_suspended),
        "suspended": flag(lambda: definition.c.is_suspended),
        "versionTag": equals(definition.c.version_tag),
        "versionTagLike": like(definition.c.version_tag),
        "withoutVersionTag": flag(lambda: definition.c.version_tag.is_(None)),
    },
    orders={
        "id": definition.c.id,
        "key": definition.c.key,
        "name": definition.c.name,
        "version": definition.c.version,
        "versionTag": definition.c.version_tag,
        "deploymentId": definition.c.deployment_id,
        "deployTime": definition.c.deployed_at,
    },
)

_other = decision_definition.alias("other")
_LATEST = (
    select(func.max(_other.c.version))
    .where((_other.c.key == decision_definition.c.key) & _other.c.deleted_at.is_(None))
    .scalar_subquery()
)


def _decision_definitions() -> Select[Any]:
    return (
        select(decision_definition, deployment.c.deployed_at)
        .join(deployment, deployment.c.id == decision_definition.c.deployment_id)
        .where(decision_definition.c.deleted_at.is_(None))
    )


DECISION_DEFINITIONS = Query(
    "decision definition",
    _decision_definitions,
    key=decision_definition.c.id,
    visible=_all,
    criteria={
        **_of_versions(decision_definition.c.key, decision_definition.c.name, decision_definition.c.resource),
        "decisionDefinitionId": equals(decision_definition.c.id),
        "decisionDefinitionIdIn": one_of(decision_definition.c.id),
        "deploymentId": equals(decision_definition.c.deployment_id),
        "deployedAfter": after(deployment.c.deployed_at),
        "deployedAt": at(deployment.c.deployed_at),
        "version": number(lambda value: decision_definition.c.version == value),
        "latestVersion": flag(lambda: decision_definition.c.version == _LATEST),
    },
    orders={
        "id": decision_definition.c.id,
        "key": decision_definition.c.key,
        "name": decision_definition.c.name,
        "version": decision_definition.c.version,
        "deploymentId": decision_definition.c.deployment_id,
        "deployTime": deployment.c.deployed_at,
    },
)


def running_by_definition(connection: Connection) -> list[dict[str, Any]]:
    """The versions that instances run on, with how many, and how many of their jobs wait for an operator."""
    runs = instance.c.ended_at.is_(None)
    running = (
        select(instance.c.definition_id, func.count().label("instances"))
        .where(runs)
        .group_by(instance.c.definition_id)
        .subquery()
    )
    failed = (
        select(instance.c.definition_id, func.count().label("jobs"))
        .join(job, job.c.instance_id == instance.c.id)
        .where(runs & (job.c.state == "incident"))
        .group_by(instance.c.definition_id)
        .subquery()
    )
    query = (
        _process_definitions()
        .add_columns(running.c.instances, func.coalesce(failed.c.jobs, 0).label("failed_jobs"))
        .join(running, running.c.definition_id == definition.c.id)
        .join(failed, failed.c.definition_id == definition.c.id, isouter=True)
        .order_by(definition.c.key, definition.c.version)
    )
    return [
        {"id": row.id, "instances": row.instances, "failed_jobs": row.failed_jobs, "definition": row}
        for row in connection.execute(query)
    ]
