"""Tables of deployments: what was deployed together, its files, versions of decisions, and when processes begin."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from store.tables.base import Blob, Id, Key, Moment, metadata

deployment = Table(
    "deployment",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(255)),
    Column("source", String(255)),  # what the deployer calls itself; repository for the project's own files
    Column("deployed_at", Moment, nullable=False),
    Column("deployed_by", String(100), nullable=False),
    Column("deleted_at", Moment),  # kept for the instances that it has had
)
Index("ix_deployment_name", deployment.c.name, deployment.c.deployed_at)

deployment_resource = Table(
    "deployment_resource",
    metadata,
    Column("id", Id, primary_key=True),
    Column("deployment_id", Id, ForeignKey("deployment.id"), nullable=False),
    Column("name", String(255), nullable=False),  # of the file
    Column("form", Key),  # its key, when the file is a form
    Column("content", Blob, nullable=False),
    UniqueConstraint("deployment_id", "name"),
)
Index("ix_deployment_resource_form", deployment_resource.c.form)

decision_definition = Table(
    "decision_definition",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", Key, nullable=False),  # the decision's id in its file
    Column("name", String(255), nullable=False),
    Column("version", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),  # of the file, in decision_version
    Column("source", String(20), nullable=False),  # repository | analyst
    Column("deployment_id", Id, ForeignKey("deployment.id"), nullable=False),
    Column("resource", String(255), nullable=False),
    Column("deleted_at", Moment),
    UniqueConstraint("key", "version"),
)

timer_start = Table(
    "timer_start",  # a timer that the active version of a process begins by; the next slot, on the business clock
    metadata,
    Column("definition_id", Id, ForeignKey("definition.id"), primary_key=True),
    Column("element_id", Key, primary_key=True),
    Column("kind", String(10), nullable=False),  # date | duration | cycle
    Column("expression", String(300), nullable=False),  # ISO 8601, or five cron fields read in Asia/Shanghai
    Column("next_at", Moment),  # none: it has fired as often as it says
    Column("slots_left", Integer),  # none: without end
    Column("last_at", Moment),  # the slot that became an instance last
)
Index("ix_timer_start_next", timer_start.c.next_at)
