"""Refusals and faults of the interface in the shape that Camunda's clients read: `type`, `message`, `code`.

Refusals of ours carry their reasons beside it. Where Camunda answers 500 to what a caller did wrong, we answer 400 or
409, so that 5xx means a fault of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import structlog
from flask import Blueprint, Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from marshmallow import Schema, ValidationError, fields
from werkzeug.exceptions import HTTPException

from kernel.errors import (
    ConcurrentChange,
    InstanceSuspended,
    InvalidInput,
    NotAllowed,
    NotFound,
    ServiceError,
    StateConflict,
)
from processes.definitions import DeploymentRefused
from processes.messaging import NobodyWaits
from web import problems
from web.api.prefix import PREFIX

log = structlog.get_logger()


class ErrorSchema(Schema):
    """What every refusal answers."""

    type = fields.String(required=True, metadata={"description": "the name of Camunda's exception"})
    message = fields.String(required=True)
    code = fields.Integer(required=True)
    reasons = fields.List(fields.Dict(), metadata={"description": "of the reason catalogue, in both languages"})
    details = fields.Dict(metadata={"description": "problems of a deployed file, by its name"})


def handle(blueprint: Blueprint) -> None:
    """Let the routes of a blueprint answer so."""
    blueprint.register_error_handler(ServiceError, refused)
    blueprint.register_error_handler(ValidationError, misread)
    blueprint.register_error_handler(HTTPException, http)
    blueprint.register_error_handler(Exception, fault)


def handle_unknown(app: Flask) -> None:
    """Let addresses and methods that no route has be answered so too, below `/engine-rest`."""

    def unknown(error: HTTPException) -> ResponseReturnValue:
        return http(error) if request.path.startswith(PREFIX) else problems.http(error)

    for status in (404, 405):
        app.register_error_handler(status, unknown)


def answer(status: int, kind: str, message: str, **more: Any) -> Response:
    response = jsonify({"type": kind, "message": message, "code": 0, **more})
    response.status_code = status
    return response


def refused(error: ServiceError) -> Response:
    log.info("refused", code=error.code, detail=error.detail, path=request.path)
    status, kind = _STATUS_AND_TYPE[next(each for each in _STATUS_AND_TYPE if isinstance(error, each))]
    more: dict[str, Any] = {"reasons": [reason.to_json() for reason in error.reasons]}
    if isinstance(error, DeploymentRefused):
        kind, more["details"] = "ParseException", _parse_details(error)
        return answer(status, kind, _parse_message(error), **more)
    return answer(status, kind, error.detail or error.reasons[0].message.en, **more)


def misread(error: ValidationError) -> Response:
    """A value that its schema let pass and that is found not to fit when it is read, such as a typed variable."""
    return answer(400, "InvalidRequestException", "; ".join(_sentences(error.messages)))


def http(error: HTTPException) -> Response:
    """What Flask, the router and the schemas refuse; a body or parameter that does not fit is 400, as in Camunda."""
    status = 400 if error.code == 422 else error.code or 500
    if status >= 500:
        return fault(error)
    if status < 400 and error.response is not None:
        return error.response  # type: ignore[return-value]
    data = getattr(error, "data", None) or {}
    message = "; ".join(_sentences(data.get("messages") or {})) or error.description or error.name
    response = answer(status, _TYPE_OF_STATUS.get(status, "InvalidRequestException"), message)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Basic realm="Permitflow", charset="UTF-8", Bearer'
    for name, value in error.get_headers():
        if name in ("Retry-After", "Allow"):
            response.headers[name] = value
    return response


def fault(error: Exception) -> Response:
    g.bare = True
    return answer(
        500,
        "ProcessEngineException",
        f"The engine could not do this; its number in the log is {problems.fault_number(error)}",
    )


_STATUS_AND_TYPE: Mapping[type[ServiceError], tuple[int, str]] = {
    NobodyWaits: (400, "MismatchingMessageCorrelationException"),
    InstanceSuspended: (409, "SuspendedEntityInteractionException"),
    InvalidInput: (400, "InvalidRequestException"),
    NotAllowed: (403, "AuthorizationException"),
    NotFound: (404, "InvalidRequestException"),
    ConcurrentChange: (409, "OptimisticLockingException"),
    StateConflict: (409, "ProcessEngineException"),
    ServiceError: (409, "ProcessEngineException"),
}
_TYPE_OF_STATUS = {401: "AuthenticationException", 403: "AuthorizationException", 404: "NotFoundException"}


# By the first words the desktop modeler knows that the file is wrong and not the service; it shows the rest.
_NOT_PARSED = "ENGINE-09005 Could not parse BPMN process. Errors:"
_MOST_SHOWN = 20


def _parse_message(refusal: DeploymentRefused) -> str:
    errors = [one for one in refusal.findings if one.severity == "error"]
    lines = []
    for one in errors[:_MOST_SHOWN]:
        places = (one.text.en, one.process, f"line {one.line}" if one.line else None, one.element_id)
        lines.append(" | ".join(place for place in places if place))
    return "\n* ".join((_NOT_PARSED, *lines))


def _parse_details(refusal: DeploymentRefused) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for finding in refusal.findings:
        of_file = found.setdefault(finding.process or "diagram.bpmn", {"errors": [], "warnings": []})
        of_file["errors" if finding.severity == "error" else "warnings"].append(
            {
                "message": finding.text.en,
                "line": finding.line or 0,
                "column": 0,
                "mainElementId": finding.element_id,
                "elementIds": [finding.element_id] if finding.element_id else [],
            }
        )
    return found


def _sentences(messages: Any, where: str = "") -> Iterator[str]:
    """The findings of schemas, each with its place: `json.variables.amount: Not a valid integer.`"""
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            yield from _sentences(inner, f"{where}.{name}" if where else str(name))
    elif isinstance(messages, (list, tuple)):
        for inner in messages:
            yield from _sentences(inner, where)
    else:
        yield f"{where}: {messages}" if where else str(messages)
