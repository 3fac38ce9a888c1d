"""The engine alone, in memory, beside the stock library on the same diagram."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

from lxml import etree
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.bpmn.workflow import BpmnWorkflow
from SpiffWorkflow.util.task import TaskState

from bench.figures import Figures
from bench.life import DIAGRAM, KEY, TASKS, VARIABLES, answer
from processes.definition import Definition
from processes.execution import Execution

LIVES = 20


def steps(figures: Figures) -> Iterator[None]:
    """One instance after the other, from its start to its end: ours, and the library as it comes."""
    xml = DIAGRAM.read_bytes()
    definition = Definition.build({KEY: xml}, KEY)
    stock = Stock(xml)
    while True:
        yield
        figures.add("engine_step_us", per_step(lambda: ours(definition), LIVES))
        figures.add("stock_library_step_us", per_step(stock.life, LIVES))
        figures.add("stock_library_step_with_json_us", per_step(stock.stored_life, LIVES // 5))


def ours(definition: Definition) -> None:
    """As the service does: load, complete one task, dump, at each step."""
    state = Execution.start(definition, VARIABLES).dump()
    for element_id in TASKS:
        execution = Execution.load(definition, state)
        task = next(task for task in execution.user_tasks() if task.element.id == element_id)
        execution.complete(task.id, answer(element_id))
        state = execution.dump()
    assert Execution.load(definition, state).is_completed


class Stock:
    """The library as it comes. It evaluates Python, so the diagram's expressions are told it in Python."""

    def __init__(self, xml: bytes) -> None:
        parser = BpmnParser()
        parser.add_bpmn_xml(etree.fromstring(in_python(xml)))
        self._spec = parser.get_spec(KEY)
        self._serializer = BpmnWorkflowSerializer()

    def life(self) -> None:
        """Kept in memory and never stored: the floor that no service on the library goes below."""
        workflow = self._started()
        for element_id in TASKS:
            _complete(workflow, element_id)
        assert workflow.completed

    def stored_life(self) -> None:
        """Its whole JSON is written and read at each step."""
        workflow = self._started()
        for element_id in TASKS:
            workflow = self._serializer.deserialize_json(self._serializer.serialize_json(workflow))
            _complete(workflow, element_id)
        assert workflow.completed

    def _started(self) -> Any:
        workflow = BpmnWorkflow(self._spec)
        next(iter(workflow.get_tasks(state=TaskState.READY))).data.update(VARIABLES)
        workflow.do_engine_steps()
        return workflow


def in_python(xml: bytes) -> bytes:
    """The same diagram with Python's way into a dict and `==` for FEEL's, and its duration as a text."""
    text = re.sub(r"\.decision = ", '["decision"] == ', xml.decode())
    return re.sub(r">(P\d+D)<", r'>"\1"<', text).encode()


def per_step(life: Callable[[], None], lives: int) -> float:
    """Microseconds of processor time a user task: nothing is waited for here, so a busy machine need not count."""
    began = time.thread_time()
    for _ in range(lives):
        life()
    return (time.thread_time() - began) / (lives * len(TASKS)) * 1e6


def _complete(workflow: Any, element_id: str) -> None:
    task = next(
        task for task in workflow.get_tasks(state=TaskState.READY, manual=True) if task.task_spec.bpmn_id == element_id
    )
    task.data[element_id] = answer(element_id)
    task.run()
    workflow.do_engine_steps()
