"""A cookie that was verified is known again, and still ends with its day."""

from __future__ import annotations

import pytest
from flask import Flask
from itsdangerous import BadSignature, SignatureExpired

from web.security import SignedCookies

DAY_S = 86_400


@pytest.fixture
def signer():
    app = Flask(__name__)
    app.secret_key = "only for this test, and long enough"
    return SignedCookies(app).get_signing_serializer(app)


def test_what_one_request_changes_is_not_seen_by_the_next(signer) -> None:
    value = signer.dumps({"account_id": "p04", "told": ["one"]})

    first = signer.loads(value, max_age=DAY_S)
    first["told"].append("two")
    first["account_id"] = "p05"

    assert signer.loads(value, max_age=DAY_S) == {"account_id": "p04", "told": ["one"]}


def test_a_known_cookie_gets_too_old(signer) -> None:
    value = signer.dumps({"account_id": "p04"})
    assert signer.loads(value, max_age=DAY_S)

    with pytest.raises(SignatureExpired):
        signer.loads(value, max_age=-1)


def test_a_cookie_that_was_changed_is_refused_each_time(signer) -> None:
    value = signer.dumps({"account_id": "p04"})
    assert signer.loads(value, max_age=DAY_S)

    for _ in range(2):
        with pytest.raises(BadSignature):
            signer.loads(value[:-2] + ("AA" if value[-2:] != "AA" else "BB"), max_age=DAY_S)
