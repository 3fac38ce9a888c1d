"""How far an application has come on its diagram, from the history and the state of its instance."""

from __future__ import annotations

from sqlalchemy import Connection, select

from applications.lines import FILL_APPLICATION
from applications.records import ApplicationRow
from applications.views import PathOnDiagram
from kernel.texts import Text
from processes.definitions import Definitions
from processes.execution import Execution
from processes.history import history_of
from registry.labels import DISTRICTS, label_of
from store.tables import instance
from store.tables.engine import RUNNING


def path_on_diagram(
    connection: Connection, row: ApplicationRow, definitions: Definitions, publicity: Text
) -> PathOnDiagram:
    """What the present lap has passed: after a return the drawing starts again at the form.

    `publicity` is the small line of the publicity: how long it takes, or until when.
    """
    run = connection.execute(
        select(instance.c.definition_id, instance.c.state, instance.c.status).where(instance.c.id == row.instance_id)
    ).one()
    events = history_of(connection, row.instance_id)
    forms = [at for at, each in enumerate(events) if each.event == "entered" and each.path == FILL_APPLICATION]
    shown = events[: forms[0]] + events[forms[-1] :] if forms else events
    now = {}
    if run.status in RUNNING:
        now = dict(Execution.load(definitions.get(run.definition_id), run.state).position().active)
    return PathOnDiagram(
        definition_id=run.definition_id,
        taken_flows=frozenset(each.path for each in shown if each.event == "flow_taken"),
        done=frozenset(each.path for each in shown if each.event == "completed"),
        now=now,
        notes={**_notes(row), "review/publicity": publicity},
    )


def _notes(row: ApplicationRow) -> dict[str, Text]:
    names = {"old_employer_confirm": row.old_employer_name, "new_employer_confirm": row.new_employer_name}
    notes = {path: Text(short_name(name), short_name(name)) for path, name in names.items() if name}
    if row.supervising_district:
        district = label_of(DISTRICTS, row.supervising_district)
        notes["review/review_by_district"] = Text(district.zh, district.en.removesuffix(" District"))
    return notes


def short_name(name: str) -> str:
    """A firm as people call it, short enough for a drawing: 北京恒筑建设工程有限公司 is 恒筑建设工程."""
    for ending in ("集团有限公司", "有限责任公司", "股份有限公司", "有限公司"):
        name = name.removesuffix(ending)
    return name.removeprefix("北京市").removeprefix("北京") or name
