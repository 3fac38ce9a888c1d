"""Who may call a view: every route declares it, and a house test fails on one that does not (STYLE.md 17).

The actor is loaded from the database in every request, so that a disabled account or a lost role counts at once
(RELIABILITY.md 4). Finer questions, such as whose application it is, are answered by the services.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar, cast

from flask import g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from identity import actors
from identity.sessions import Sessions
from kernel.actors import Actor, Role
from kernel.errors import NotAllowed, Reason
from web import parking
from web.services import services

P = ParamSpec("P")
View = TypeVar("View", bound=Callable[..., Any])

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True, slots=True)
class Access:
    """What a view asks of its caller: nothing, a session, or a session with one of some roles."""

    public: bool = False
    roles: frozenset[Role] = frozenset()
    interface: bool = False  # called by other systems, which sign in with each request (`web/api/access.py`)


def session_cookie() -> str:
    """The name of the session cookie; over TLS the browser itself holds it to this host."""
    return "__Host-sid" if services().settings.production else "sid"


def current_actor() -> Actor | None:
    """The signed-in person of this request, or None; asked of the database once a request."""
    if "actor" not in g:
        token = request.cookies.get(session_cookie(), "")
        g.actor = _actor_of(token) if token else None
    return cast("Actor | None", g.actor)


def _actor_of(token: str) -> Actor | None:
    clock, database, limits = services().system_clock, services().database, services().session_limits
    found = actors.signed_in(database.ask, token, clock=clock, limits=limits, ip=request.remote_addr or "")
    if found is None:
        return None
    actor, session_in_force = found
    if session_in_force.is_stale:
        with database.write() as work:
            Sessions(work.connection, clock, limits).touch(token)
    return actor


def signed_in_actor() -> Actor:
    """The signed-in person, in a view that `needs` or `signed_in` has let through."""
    actor = current_actor()
    if actor is None:
        raise NotAllowed(detail="a view that asked for no session used the actor")
    return actor


def public(view: View) -> View:
    """Anybody may call the view."""
    cast(Any, view).__access__ = Access(public=True)
    return view


def signed_in(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
    """Whoever is signed in may call the view."""
    return _guarded(view, Access())


def needs(
    *roles: Role,
) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Only a signed-in person with one of these roles may call the view."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        return _guarded(view, Access(roles=frozenset(roles)))

    return decorate


def parks_at(endpoint: str) -> Callable[[View], View]:
    """Names the page (of the same URL values) where entries of this view come back after an expired session.

    Without it they come back at the view's own address, if that answers GET.
    """

    def decorate(view: View) -> View:
        cast(Any, view).__parks_at__ = endpoint
        return view

    return decorate


def _guarded(view: Callable[P, ResponseReturnValue], access: Access) -> Callable[P, ResponseReturnValue]:
    @wraps(view)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
        actor = current_actor()
        if actor is None:
            return ask_to_sign_in()
        if access.roles and not actor.has(*access.roles):
            raise NotAllowed(Reason("ROLE_NOT_ALLOWED"))
        return view(*args, **kwargs)

    cast(Any, guarded).__access__ = access
    return guarded


def ask_to_sign_in() -> Response:
    """Lead to sign-in and back; what was posted is kept for the account that had the old session."""
    if request.method in SAFE_METHODS:
        page, kept = request.full_path.rstrip("?"), False
    else:
        page, kept = parking.page_of_request(), parking.park(session.get("account_id"))
    target = url_for("public.sign_in", next=page, expired="1" if kept or session.get("account_id") else None)
    if request.headers.get("HX-Request"):
        answer = Response(status=401)
        answer.headers["HX-Redirect"] = target
        return answer
    if _wants_json():
        return Response(status=401)
    return redirect(target, 303)


def _wants_json() -> bool:
    accepted = request.accept_mimetypes
    best = accepted.best_match(["text/html", "application/json", "application/problem+json"], "text/html")
    return best != "text/html"
