"""A definition goes on deciding by the tables it was deployed with (DESIGN.md 4, Versions)."""

import hashlib

from kernel.actors import SYSTEM
from processes.definitions import Definitions
from processes.execution import Execution
from store.tables import decision_version
from tests.processes.validation.drawing import Known, call, diagram, line, service, through
from tests.rules.decision_files import decision_file

RULE = (
    '<businessRuleTask id="decide_window" camunda:decisionRef="window" camunda:resultVariable="window" '
    'camunda:mapDecisionResult="singleResult"/>'
)
DECIDING = diagram(
    f'<startEvent id="begun"/>{RULE}{service()}<endEvent id="done"/>'
    + line("begun", "decide_window", "announce", "done"),
    key="p",
)
CALLING = through(call(attributes='calledElement="p"'), "call_other", key="caller")


def window(limit):
    rows = [[f"> {limit}", "false", '"TOO_EARLY"'], [f"<= {limit}", "true", ""]]
    return decision_file("window", "UNIQUE", ["days"], ["open", "code"], rows)


class Files:
    """The decision files of the test, as `rules.tables.Decisions` gives them."""

    def __init__(self):
        self.current = window(90)

    def xml(self, key):
        assert key == "window"
        return self.current


def test_a_released_table_does_not_change_a_deployed_definition(database, clock):
    files = Files()
    definitions = Definitions(database, Known(), forms=None, decisions=files, clock=clock)
    old = definitions.deploy(DECIDING, "p.bpmn", by=SYSTEM, activate=True)

    files.current = window(60)
    new = definitions.deploy(DECIDING, "p.bpmn", by=SYSTEM, activate=True)

    assert old.id != new.id
    anew = Definitions(database, Known(), forms=None, decisions=files, clock=clock)
    for service_process in (definitions, anew):
        assert Execution.start(service_process.get(old.id), {"days": 75}).variables()["window"]["open"] is True
        assert Execution.start(service_process.get(new.id), {"days": 75}).variables()["window"]["open"] is False
    with database.read() as connection:
        stored = {row.sha256: bytes(row.xml) for row in connection.execute(decision_version.select())}
    assert stored == {hashlib.sha256(file).hexdigest(): file for file in (window(90), window(60))}


def test_a_caller_decides_by_the_tables_of_what_it_calls(database, clock):
    definitions = Definitions(database, Known(), forms=None, decisions=Files(), clock=clock)
    definitions.deploy(DECIDING, "p.bpmn", by=SYSTEM, activate=True)

    caller = definitions.deploy(CALLING, "caller.bpmn", by=SYSTEM, activate=True)

    assert definitions.get(caller.id).engine.decisions.keys() == {"window"}
