"""What an applicant does with an application beside its form: withdraw, delete, appeal (R-000-04 to 08, R-2.5-5).

What binds others is never undone, so each is a page that names the application and says what will happen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from applications.views import Action, ApplicationDetail
from forms.page import FormPage
from kernel.errors import InvalidInput, Reason, Refused, StateConflict
from web import parking
from web.access import needs, signed_in_actor
from web.i18n import language
from web.portal import APPLICANTS, portal
from web.portal.posted import posted_fields
from web.portal.uploads import posted_files
from web.services import services

APPEAL_FORM = "write_appeal"
NOT_NOW = {
    "withdraw": "WITHDRAW_NOT_ALLOWED",
    "delete": "WITHDRAW_BEFORE_DELETE",
    "appeal": "APPEAL_NOT_IN_PUBLICITY",
}


@portal.get("/applications/<number>/withdraw")
@needs(*APPLICANTS)
def confirm_withdraw(number: str) -> ResponseReturnValue:
    return _confirm_page(number, "withdraw")


@portal.post("/applications/<number>/withdraw")
@needs(*APPLICANTS)
def withdraw(number: str) -> ResponseReturnValue:
    services().applications.withdraw(number, by=signed_in_actor(), command_id=request.form.get("command_id", ""))
    flash(gettext("已取消申报，可以修改后再提交"), "good")
    return redirect(url_for("portal.application", number=number), 303)


@portal.get("/applications/<number>/delete")
@needs(*APPLICANTS)
def confirm_delete(number: str) -> ResponseReturnValue:
    return _confirm_page(number, "delete")


@portal.post("/applications/<number>/delete")
@needs(*APPLICANTS)
def delete(number: str) -> ResponseReturnValue:
    services().applications.delete(number, by=signed_in_actor(), command_id=request.form.get("command_id", ""))
    flash(gettext("已删除申请 %(number)s", number=number), "good")
    return redirect(url_for("portal.applications"), 303)


@portal.get("/applications/<number>/appeal")
@needs(*APPLICANTS)
def appeal_form(number: str) -> ResponseReturnValue:
    parked = parking.take(signed_in_actor().id)
    entered = parked.to_dict() if parked else {}
    return _appeal_page(number, entered, restored=parked is not None)


@portal.post("/applications/<number>/appeal")
@needs(*APPLICANTS)
def appeal(number: str) -> ResponseReturnValue:
    posted = posted_fields()
    evidence = [(file.filename or "", file.stream.read()) for _, file in posted_files()]
    try:
        services().applications.appeal(
            number, posted, evidence, by=signed_in_actor(), command_id=request.form.get("command_id", "")
        )
    except (InvalidInput, Refused) as error:
        return _appeal_page(number, request.form.to_dict(), errors=error.reasons), error.http_status
    flash(gettext("申诉已提交，由未参与原审核的人员审核"), "good")
    return redirect(url_for("portal.application", number=number), 303)


def _appeal_page(
    number: str, entered: Mapping[str, str], *, errors: Sequence[Reason] = (), restored: bool = False
) -> str:
    case = _detail(number)
    page = FormPage(
        form=services().forms.current(APPEAL_FORM),
        language=language(),
        values=entered,
        errors=errors,
        max_mb=services().settings.max_attachment_mb,
    )
    return render_template(
        "portal/appeal.html",
        case=case,
        action=_action(case, "appeal"),
        page=page,
        errors=errors,
        restored=restored,
    )


def _confirm_page(number: str, name: str) -> str:
    case = _detail(number)
    return render_template(f"portal/{name}.html", case=case, action=_action(case, name))


def _action(case: ApplicationDetail, name: str) -> Action:
    """The action as the detail page offers it, with its consequence or the reason against it.

    Raises:
        StateConflict: at this stage the action is not even offered.
    """
    for action in case.actions:
        if action.name == name:
            return action
    raise StateConflict(Reason(NOT_NOW[name]), detail=f"{name} is no action of {case.number} in {case.status}")


def _detail(number: str) -> ApplicationDetail:
    with services().database.read() as connection:
        found: ApplicationDetail = services().cases.detail(connection, number, signed_in_actor())
    return found
