"""Errors as pages, or as problem JSON (RFC 9457) for callers that prefer it. Nothing of the inside leaks.

A refusal shows its catalogue message as headline, the next step below and its code; a fault shows a number that
stands in the log beside the cause (UI.md 5).
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import Flask, g, jsonify, make_response, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.utils import redirect

from kernel.errors import Fault, Reason, ServiceError
from kernel.texts import Text
from web import parking
from web.i18n import language
from web.security import ForeignOrigin
from web.services import services
from web.texts import NEXT_STEPS

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, in words for the reader."""

    status: int
    code: str
    headline: str
    next_step: str
    reasons: Sequence[Reason] = field(default_factory=tuple)
    quote: str | None = None  # the number to tell the support, for faults


def register(app: Flask) -> None:
    app.register_error_handler(CSRFError, _csrf_failed)
    app.register_error_handler(ServiceError, _refused)
    app.register_error_handler(HTTPException, http)
    app.register_error_handler(Exception, _fault)


def wants_json() -> bool:
    """Whether the caller prefers JSON over a page."""
    if request.path.startswith("/healthz"):
        return True
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json", "application/problem+json"], "text/html")
    return best != "text/html"


def problem_of(error: ServiceError) -> Problem:
    """A refusal in words; views that show it beside their form use this too."""
    first = error.reasons[0]
    return Problem(
        status=error.http_status,
        code=first.code,
        headline=first.message.in_(language()),
        next_step=next_step(first),
        reasons=tuple(error.reasons),
    )


def next_step(reason: Reason) -> str:
    """What the reader can do about a refusal, or nothing."""
    return NEXT_STEPS.get(reason.code, Text("", "")).in_(language())


def _refused(error: ServiceError) -> ResponseReturnValue:
    log.info("refused", code=error.code, detail=error.detail, path=request.path)
    return answer(problem_of(error))


def _csrf_failed(error: CSRFError) -> ResponseReturnValue:
    """Keep what was typed and show it on its page again; a request from elsewhere has no session to keep it for."""
    from web.access import current_actor

    actor = current_actor()
    account_id = actor.id if actor else session.get("account_id")
    may_keep = not isinstance(error, ForeignOrigin) and not wants_json() and not request.headers.get("HX-Request")
    if may_keep and parking.park(account_id):
        return redirect(parking.page_of_request(), 303)
    problem = problem_of(ServiceError(Reason("CSRF_FAILED")))
    return answer(Problem(400, problem.code, problem.headline, problem.next_step))


def http(error: HTTPException) -> ResponseReturnValue:
    """What Flask and its router refuse."""
    status = error.code or 500
    if status < 400 and error.response is not None:
        return error.response
    if status == 404:
        return answer(_with_status(problem_of(ServiceError(Reason("NOT_FOUND"))), 404))
    if status == 413:
        return answer(
            Problem(
                413, "FILE_TOO_LARGE", gettext("文件太大，没有上传"), gettext("请压缩后再上传，填写的内容没有受影响。")
            )
        )
    if status < 500:
        return answer(Problem(status, f"HTTP_{status}", gettext("这个请求没有办成"), gettext("请返回上一页再试一次。")))
    return _fault(error)


def fault_number(error: Exception) -> str:
    """The number under which a fault stands in the log; operators see it when it kept an instance from going on."""
    number = secrets.token_hex(4).upper()
    quote = f"E-{number[:4]}-{number[4:]}"
    log.error("fault", quote=quote, path=request.path, method=request.method, exc_info=error)
    if isinstance(error, Fault) and error.instance_id:
        _report(error)
    return quote


def _fault(error: Exception) -> ResponseReturnValue:
    quote = fault_number(error)
    g.bare = True  # the page of a fault asks nothing of the database
    return answer(
        Problem(
            500,
            "FAULT",
            gettext("系统出错了，您的申请没有提交"),
            gettext("已自动上报。请稍后再试；仍不行请联系注册中心，报下面的编号。"),
            quote=quote,
        )
    )


def _report(fault: Fault) -> None:
    """Have operators see that an instance could not go on; the answer does not depend on it."""
    try:
        services().incidents.report(fault)
    except Exception:
        log.exception("fault.unreported")


def _with_status(problem: Problem, status: int) -> Problem:
    return Problem(status, problem.code, problem.headline, problem.next_step)


def answer(problem: Problem) -> ResponseReturnValue:
    """The problem as page, fragment (htmx) or JSON, by what the caller asked for."""
    if wants_json():
        response = jsonify(_problem_json(problem))
        response.status_code = problem.status
        response.content_type = "application/problem+json"
        return response
    if request.headers.get("HX-Request"):
        # Whatever part of the page asked, the problem is told in its place at the top (`#problem` of base.html).
        fragment = make_response(render_template("errors/fragment.html", problem=problem), problem.status)
        fragment.headers["HX-Retarget"] = "#problem"
        fragment.headers["HX-Reswap"] = "innerHTML show:top"
        return fragment
    return render_template("errors/page.html", problem=problem), problem.status


def _problem_json(problem: Problem) -> dict[str, Any]:
    found: dict[str, Any] = {
        "type": "about:blank",
        "title": problem.headline,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.next_step,
        "instance": request.path,
    }
    if problem.quote:
        found["quote"] = problem.quote
    if problem.reasons:
        found["reasons"] = [reason.to_json() for reason in problem.reasons]
    return found
