"""What the validator accepts, the engine builds and starts; the two never disagree (DESIGN.md, third principle)."""

import copy
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from processes.definition import Definition
from processes.execution import Execution
from processes.releasing import called_by
from processes.validation import validate
from processes.xml import parse
from rules.tables import Decisions
from tests.processes.validation.drawing import through, user
from tests.processes.validation.test_accepted import ACCEPTED, Everything
from tests.processes.validation.test_fuzz import apply, change

ELSEWHERE = through(user("elsewhere_task"), "elsewhere_task", key="elsewhere")
VARIABLES = {"publicity_until": "2026-06-15T09:00:00", "a": 1, "area": 6, "people": ["one", "two"]}
DECISIONS = {key: tables.xml(key) for tables in (Decisions(),) for key in tables}
FILES = {path.stem: path.read_bytes() for path in sorted((Path(__file__).parents[3] / "bpmn").glob("*.bpmn"))}


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_diagram_starts_and_waits_or_ends(name):
    definition = Definition.build({"p": ACCEPTED[name], "elsewhere": ELSEWHERE}, "p")
    execution = Execution.start(definition, VARIABLES)
    again = Execution.load(definition, execution.dump())
    waiting = [*again.user_tasks(), *again.service_tasks(), *again.timers(), *again.subscriptions()]
    waiting += again.position().active if name.startswith("conditional") else []
    assert waiting or again.is_completed


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(FILES)), change)
def test_a_changed_diagram_that_is_still_accepted_can_be_built(key, one):
    root = copy.deepcopy(parse(FILES[key]))
    apply(root, *one)
    files = {**FILES, key: etree.tostring(root)}
    if any(finding.severity == "error" for finding in validate(files, KnownHere())):
        return
    called = {process: called_by(data) for process, data in files.items()}
    for process in files:
        whole = reached(process, called)
        if key in whole:  # the others are built from what nobody has changed
            Definition.build({each: files[each] for each in whole}, process, DECISIONS)


def reached(process, called):
    """A process and all that it calls, and they, as they are deployed together."""
    found = [process]
    for each in found:
        found += [one for one in sorted(called[each]) if one not in found]
    return found


class KnownHere(Everything):
    """Every form and topic exists, and no process but those of the files."""

    def process_exists(self, key):
        return False
