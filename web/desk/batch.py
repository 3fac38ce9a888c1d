"""Agreeing to several tasks at once: what can be done and what cannot is named before, and told after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import redirect, render_template, request
from flask.typing import ResponseReturnValue

from applications.views import BatchResult, InboxItem, TaskView
from forms.model import Choice, Form
from kernel.errors import NotFound, Reason
from kernel.texts import Text
from web.access import needs, signed_in_actor
from web.desk import DESK_ROLES, desk
from web.desk.address import Address
from web.services import form_of, services

_ONE_BY_ONE = Text("要单独办理，并填写意见", "Must be decided one by one, with an opinion")
_LEFT_OVER = Text("一次最多办理 {max} 项", "At most {max} tasks at once")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One selected task: the answer the batch gives to it, or why it cannot."""

    task: TaskView
    answer: Choice | None
    obstacle: Text | None = None


@desk.get("/inbox/batch")
@needs(*DESK_ROLES)
def batch() -> ResponseReturnValue:
    """The confirmation: by name what the batch can and cannot do."""
    address = Address.from_query(request.args)
    candidates = _candidates(request.args.getlist("select"))
    if not candidates:
        return redirect(address.list().url, 303)
    return render_template("desk/batch.html", address=address, candidates=candidates)


@desk.post("/inbox/batch")
@needs(*DESK_ROLES)
def run_batch() -> ResponseReturnValue:
    """Decide what can be decided; each task is a command of its own and has its own result."""
    candidates = _candidates(request.form.getlist("select"))
    results: list[BatchResult] = []
    for answer in sorted({one.answer.value for one in candidates if one.answer}):
        results += services().applications.complete_batch(
            [one.task.item.task_id for one in candidates if one.answer and one.answer.value == answer],
            {"decision": [answer]},
            by=signed_in_actor(),
            command_id=f"{request.form.get('command_id', '')}-{answer}",
        )
    return render_template(
        "desk/batch_result.html",
        address=Address.from_query(request.args),
        results=results,
        left=[one for one in candidates if not one.answer],
    )


def verdict_on(item: InboxItem) -> tuple[Choice | None, Text | None]:
    """The answer a batch gives to an open task, or why it cannot."""
    if item.refusal is not None:
        return None, item.refusal.message
    answer = batch_answer(form_of(item))
    return answer, None if answer else _ONE_BY_ONE


def batch_answer(form: Form) -> Choice | None:
    """The answer a batch may give to a form: the first choice of its decision, which is the favourable one.

    None when the form asks for more than a decision: an appeal, say, needs its own words.
    """
    answer = None
    for field in form.fields.values():
        if field.kind == "decision":
            answer = field.choices[0]
        elif field.required:
            return None
    return answer


def _candidates(task_ids: Sequence[str]) -> list[Candidate]:
    """The selected tasks as they stand now; what is not the actor's to see falls away."""
    actor = signed_in_actor()
    most = services().settings.batch_max
    found: list[Candidate] = []
    with services().database.read() as connection:
        for task_id in dict.fromkeys(task_ids):
            try:
                task = services().inbox.task(connection, task_id, actor)
            except NotFound:
                continue
            found.append(_candidate(task) if len(found) < most else Candidate(task, None, _LEFT_OVER.filled(max=most)))
    return found


def _candidate(task: TaskView) -> Candidate:
    if not task.is_open:
        return Candidate(task, None, Reason("TASK_ALREADY_DONE").message)
    answer, obstacle = verdict_on(task.item)
    if answer and (reasons := task.obstacles.get(answer.value)):  # a batch writes no opinion
        return Candidate(task, None, reasons[0].message)
    return Candidate(task, answer, obstacle)
