"""Checking and deploying a file: the report names element, line, reason and cure, and keeps the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from kernel.errors import Reason
from kernel.texts import Text
from processes.definitions import DeploymentRefused
from processes.validation import Finding
from web.access import needs, signed_in_actor
from web.services import services
from web.workbench import ANALYSTS, MAX_FILE_MB, workbench

MAX_BYTES = MAX_FILE_MB * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it arrived, chosen anew or sent back from the report as text."""

    name: str
    data: bytes

    @property
    def text(self) -> str | None:
        """The file as text for the report, None when it is not UTF-8 and has to be chosen again."""
        try:
            return self.data.decode()
        except UnicodeDecodeError:
            return None


@workbench.get("/workbench/upload")
@needs(*ANALYSTS)
def upload() -> ResponseReturnValue:
    return _page(None)


@workbench.post("/workbench/upload")
@needs(*ANALYSTS)
def receive() -> ResponseReturnValue:
    """Check a file, or deploy it; a refused one comes back with its report (422)."""
    sent = _sent()
    if sent is None:
        return _page(None, refusal=Reason("FIELD_REQUIRED", {"field": Text("流程文件", "The diagram file")})), 422
    if len(sent.data) > MAX_BYTES:
        return _page(Upload(sent.name, b""), refusal=Reason("FILE_TOO_LARGE", {"max": MAX_FILE_MB})), 422
    if request.form.get("verb") != "deploy":
        findings = services().definitions.check(sent.data, sent.name)
        return _page(sent, findings), 422 if _has_errors(findings) else 200
    try:
        row = services().definitions.deploy(
            sent.data, sent.name, by=signed_in_actor(), activate="activate" in request.form
        )
    except DeploymentRefused as refused:
        return _page(sent, refused.findings), refused.http_status
    flash(_("已部署 %(name)s 第 %(version)s 版", name=row.name, version=row.version), "good")
    return redirect(url_for("workbench.definition", definition_id=row.id), 303)


def _sent() -> Upload | None:
    """The chosen file, else the text of the report. One byte over the limit is read, to know that it is over."""
    chosen = request.files.get("file")
    if chosen is not None and chosen.filename:
        return Upload(chosen.filename, chosen.stream.read(MAX_BYTES + 1))
    text = request.form.get("text", "")
    if text.strip():
        return Upload(request.form.get("file_name", "") or "diagram.bpmn", text.replace("\r\n", "\n").encode())
    return None


def _has_errors(findings: Sequence[Finding]) -> bool:
    return any(finding.severity == "error" for finding in findings)


def _page(sent: Upload | None, findings: Sequence[Finding] | None = None, refusal: Reason | None = None) -> str:
    return render_template(
        "workbench/upload.html",
        sent=sent,
        findings=findings,
        errors=[finding for finding in findings or () if finding.severity == "error"],
        warnings=[finding for finding in findings or () if finding.severity != "error"],
        refusal=refusal,
        most=MAX_FILE_MB,
    )
