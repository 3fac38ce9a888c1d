"""Who calls: a service account by HTTP Basic or a bearer token, asked of the database in every request.

A cookie opens nothing here. A token may also be given as the password of HTTP Basic, for clients that know no other
way.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, cast

from flask import g, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Unauthorized

from kernel.actors import Actor, Role
from kernel.errors import NotAllowed, Reason
from web.access import Access
from web.api.limits import refuse_too_many
from web.services import services

P = ParamSpec("P")


def calling_actor() -> Actor:
    """Who calls, in a view that `may_call` has let through."""
    return cast(Actor, g.actor)


def may_call(*roles: Role) -> Callable[[Callable[P, ResponseReturnValue]], Callable[P, ResponseReturnValue]]:
    """Only an account with one of these roles may call the view; without roles, every account that gets in."""

    def decorate(view: Callable[P, ResponseReturnValue]) -> Callable[P, ResponseReturnValue]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> ResponseReturnValue:
            actor = _authenticated()
            g.actor = actor
            refuse_too_many(actor)
            if roles and not actor.has(*roles):
                raise NotAllowed(Reason("ROLE_NOT_ALLOWED"), detail=f"Expected one of the roles {', '.join(roles)}")
            return view(*args, **kwargs)

        cast(Any, guarded).__access__ = Access(roles=frozenset(roles), interface=True)
        return guarded

    return decorate


def _authenticated() -> Actor:
    given, ip, sign_in = request.authorization, request.remote_addr or "", services().interface_sign_in
    actor = None
    if given is not None and given.type == "bearer" and given.token:
        actor = sign_in.by_token(given.token, ip=ip)
    elif given is not None and given.type == "basic":
        password = given.password or ""
        actor = sign_in.by_token(password, ip=ip) if password.startswith("pf_") else None
        actor = actor or sign_in.by_password(given.username or "", password, ip=ip)
    if actor is None:
        raise Unauthorized("Expected a service account by HTTP Basic, or a bearer token")
    return actor
