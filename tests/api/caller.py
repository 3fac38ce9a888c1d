"""Another system that calls the interface with its token."""

from __future__ import annotations

from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

PREFIX = "/engine-rest"


class Caller:
    """Sends what it is told to; `get` and `post` give the JSON of an answer that is as expected."""

    def __init__(self, app: Flask, account_id: str, username: str, token: str) -> None:
        self.account_id = account_id
        self.username = username
        self.token = token
        self._client = app.test_client(use_cookies=False)

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self._client.open(f"{PREFIX}{path}", method=method, headers=headers, **options)

    def get(self, path: str, **parameters: Any) -> Any:
        answer = self.call("GET", path, query_string=parameters)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json

    def post(self, path: str, body: Any = None, expected: tuple[int, ...] = (200, 204), **parameters: Any) -> Any:
        answer = self.call("POST", path, json=body if body is not None else {}, query_string=parameters)
        assert answer.status_code in expected, (path, answer.status_code, answer.text)
        return answer.json if answer.data else None

    def refused(self, method: str, path: str, status: int, **options: Any) -> dict[str, Any]:
        """The body of a refusal, which is always of the one shape."""
        answer = self.call(method, path, **options)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        assert answer.json is not None
        assert {"type", "message", "code"} <= answer.json.keys()
        return dict(answer.json)
