"""The home page of applicants and enterprises, messages, and the service guide of a line."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue

from kernel.actors import Role
from web.access import needs, signed_in_actor
from web.portal import portal
from web.services import services

APPLICANTS = (Role.INDIVIDUAL, Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_USER)


@portal.get("/home")
@needs(*APPLICANTS)
def home() -> ResponseReturnValue:
    return render_template("portal/home.html")


@portal.get("/messages")
@needs(*APPLICANTS)
def messages() -> ResponseReturnValue:
    with services().database.read() as connection:
        page = services().cases.messages(connection, signed_in_actor(), request.args.get("cursor"))
    return render_template("portal/messages.html", page=page)
