"""The engine alone, in memory, beside the stock library on the same diagram."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from bench.figures import Figures
from processes.definition import Definition
from processes.execution import Execution

DIAGRAM = Path(__file__).parent / "two_reviews.bpmn"
KEY = "two_reviews"
INSTANCES = 80
STEPS = 4  # user tasks of one instance


def steps(figures: Figures) -> Iterator[None]:
    """One instance after the other, from its start to its end: ours, and the library as it comes."""
    bench = _Engine()
    while True:
        yield
        bench.round(figures)


class _Engine:
    def __init__(self) -> None:
        xml = DIAGRAM.read_bytes()
        self._definition = Definition.build({KEY: xml}, KEY)
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(xml))
        self._spec = parser.get_spec(KEY)
        self._serializer = BpmnWorkflowSerializer()

    def round(self, figures: Figures) -> None:
        figures.add("engine_step_us", _per_step(self._ours, INSTANCES))
        figures.add("stock_library_step_us", _per_step(self._stock, INSTANCES))
        figures.add("stock_library_step_with_json_us", _per_step(self._stock_stored, INSTANCES // 4))

    def _ours(self) -> None:
        """As the service does: load, complete one task, dump, at each step."""
        state = Execution.start(self._definition, {"application_id": "x"}).dump()
        for _ in range(STEPS):
            execution = Execution.load(self._definition, state)
            execution.complete(execution.user_tasks()[0].id, {"decision": "pass"})
            state = execution.dump()
        assert Execution.load(self._definition, state).is_completed

    def _stock(self) -> None:
        """The library as it comes, never stored: the floor that no service on it goes below."""
        workflow = BpmnWorkflow(self._spec)
        workflow.do_engine_steps()
        for _ in range(STEPS):
            _run_next(workflow)
        assert workflow.completed

    def _stock_stored(self) -> None:
        """The library as it comes, its whole JSON written and read at each step."""
        workflow = BpmnWorkflow(self._spec)
        workflow.do_engine_steps()
        stored = self._serializer.serialize_json(workflow)
        for _ in range(STEPS):
            workflow = self._serializer.deserialize_json(stored)
            _run_next(workflow)
            stored = self._serializer.serialize_json(workflow)
        assert workflow.completed


def _run_next(workflow: Any) -> None:
    task = workflow.get_tasks(state=TaskState.READY, manual=True)[0]
    task.data["decision"] = "pass"
    task.run()
    workflow.do_engine_steps()


def _per_step(instance: Any, instances: int) -> float:
    began = time.perf_counter()
    for _ in range(instances):
        instance()
    return (time.perf_counter() - began) / (instances * STEPS) * 1e6
