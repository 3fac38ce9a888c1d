"""What tests deploy over the interface, and how they send it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import orjson
from werkzeug.test import TestResponse

from tests.api.caller import Caller
from tests.processes.diagrams import call, end, flows, node, process, start, user
from tests.rules.decision_files import decision_file

ORDER = process("order", start() + user("approve") + end() + flows("started > approve > ended"))
CHANGED = ORDER.replace(b'id="approve"', b'id="approve" name="Approve"')
RATE = decision_file("rate", "UNIQUE", ["amount"], ["percent"], [["< 10", "1"], [">= 10", "2"]])
DEAR = RATE.replace(b"<text>2</text>", b"<text>3</text>")
FORM = orjson.dumps(
    {
        "type": "default",
        "id": "order_form",
        "components": [
            {
                "type": "group",
                "id": "whole",
                "label": "订单",
                "components": [{"type": "textfield", "id": "note_field", "key": "note", "label": "备注"}],
            }
        ],
    }
)
# A diagram that needs the decision and the form of its deployment, and one that calls it.
PRICED = process(
    "priced",
    start()
    + node("businessRuleTask", "find_rate", camunda__decisionRef="rate", camunda__resultVariable="found")
    + node("userTask", "confirm", camunda__formRef="order_form", camunda__candidateGroups="service")
    + end()
    + flows("started > find_rate > confirm > ended"),
)
CALLING = process(
    "calling",
    start() + call("price", "priced", {"amount": "amount"}) + end() + flows("started > price > ended"),
)


def send(caller: Caller, *files: tuple[str, bytes], **fields: str) -> TestResponse:
    """Post a deployment as a browser or the desktop modeler would; `deployment_name` is `deployment-name` there."""
    parts: dict[str, Any] = {name.replace("_", "-"): value for name, value in fields.items()}
    for name, content in files:
        parts.setdefault(name, []).append((BytesIO(content), name))
    return caller.call("POST", "/deployment/create", data=parts, content_type="multipart/form-data")


def deployed(caller: Caller, *files: tuple[str, bytes], **fields: str) -> dict[str, Any]:
    """The answer of a deployment that succeeds."""
    answer = send(caller, *files, **fields)
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    return dict(answer.json)


def definition_in(answer: dict[str, Any], key: str) -> dict[str, Any]:
    """The version of a process that a deployment has made."""
    found = (answer["deployedProcessDefinitions"] or {}).values()
    return next(dict(one) for one in found if one["key"] == key)
