"""What guards every request: CSRF token and origin on unsafe methods, cookies, security headers, size of the body.

RELIABILITY.md 4. Everything a page needs comes from this host; there is no inline script or style anywhere.
"""

from __future__ import annotations

from copy import deepcopy
from datetime import timedelta
from functools import lru_cache, partial
from itertools import chain
from typing import Any, cast
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import SignatureExpired, URLSafeTimedSerializer

from kernel.clock import SystemClock
from kernel.settings import Settings

CONTENT_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-ancestors 'self'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'"
)
# A file somebody uploaded is shown in a box of its own: no scripts, no forms, no access to this site.
UPLOAD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; sandbox; frame-ancestors 'self'"
_HEADERS = (
    ("Content-Security-Policy", CONTENT_POLICY),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Referrer-Policy", "same-origin"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)
ATTACHMENTS_A_REQUEST = 5  # the evidence of an appeal comes all at once

csrf = CSRFProtect()


class ForeignOrigin(CSRFError):  # type: ignore[misc]  # Flask-WTF has no types
    """Another site's page has sent the request; nothing of it is kept."""


class SignedCookies(SecureCookieSessionInterface):
    """Flask's session cookie, with a signer that is built once: the secret of a process does not change."""

    def __init__(self, app: Flask) -> None:
        self._signer = _Remembering(cast(URLSafeTimedSerializer, super().get_signing_serializer(app)))

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer:
        return cast(URLSafeTimedSerializer, self._signer)


class _Remembering:
    """A signer that knows the signatures it has verified lately: a browser sends the same cookie with each request."""

    def __init__(self, signer: URLSafeTimedSerializer) -> None:
        self.dumps = signer.dumps
        self._verified = lru_cache(maxsize=4_096)(partial(signer.loads, return_timestamp=True))

    def loads(self, value: str, max_age: int) -> Any:
        """
        Raises:
            BadSignature: it is not ours, or older than so many seconds.
        """
        found, signed_at = self._verified(value)
        if (SystemClock().now() - signed_at).total_seconds() > max_age:
            raise SignatureExpired("The cookie is too old")
        return deepcopy(found)


def register(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_NAME="__Host-form" if settings.production else "form",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.production,
        PERMANENT_SESSION_LIFETIME=timedelta(days=1),
        # The token lives as long as the signed cookie, so that a form left open over lunch is not refused.
        WTF_CSRF_TIME_LIMIT=None,
        # The origin check below also holds without TLS.
        WTF_CSRF_SSL_STRICT=False,
        MAX_CONTENT_LENGTH=(ATTACHMENTS_A_REQUEST * settings.max_attachment_mb + 1) * 1024 * 1024,
        MAX_FORM_PARTS=2_000,
    )
    app.session_interface = SignedCookies(app)
    app.before_request(_check_origin)  # first: what comes from elsewhere is not looked at any further
    app.before_request(_refuse_nul)
    csrf.init_app(app)
    app.after_request(_add_headers)


def _check_origin() -> None:
    """Refuse an unsafe request that another site's page has sent (ASVS 3.5.1)."""
    origin = request.headers.get("Origin")
    if request.method in ("GET", "HEAD", "OPTIONS") or not origin or origin == "null":
        return
    if urlsplit(origin).netloc != request.host:
        raise ForeignOrigin("The request comes from another site.")


def _refuse_nul() -> None:
    """No keyboard types U+0000, no text of ours has one, and PostgreSQL stores none."""
    if None in request.form:  # a part of a form that has no name at all
        abort(400)
    texts = [request.path]
    for name, values in chain(request.args.lists(), request.form.lists()):
        texts += (name, *values)
    if "\x00" in "".join(texts):
        abort(400)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    given = {name.title() for name, _ in headers}  # to look one up goes through all of them each time
    headers.extend([(name, value) for name, value in _HEADERS if name.title() not in given])
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    if g.get("actor") is not None or request.method not in ("GET", "HEAD"):
        # Pages of a signed-in person stay out of every cache; files decide for themselves.
        headers.setdefault("Cache-Control", "no-store")
    return response
