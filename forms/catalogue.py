"""The forms of the house, and every version that a running case still needs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from forms.model import Form
from forms.schema import MAX_BYTES, FormFinding, FormRefused, parse_form, read_form
from kernel.texts import Text
from store.tables import form_version

DIRECTORY = Path(__file__).parent


class Forms:
    """Forms by key as the files have them now, and by content hash as deployments pinned them.

    Every content is read once; a form never changes, so threads share it.

    Raises:
        FormRefused: a file of the directory is no form of ours; the service does not start with it.
    """

    def __init__(self, directory: Path = DIRECTORY) -> None:
        self._by_key = {
            file.stem: parse_form(file.stem, file.read_bytes()) for file in sorted(directory.glob("*.form"))
        }
        self._by_hash = {form.sha256: form for form in self._by_key.values()}

    @property
    def keys(self) -> frozenset[str]:
        return frozenset(self._by_key)

    def exists(self, key: str) -> bool:
        return key in self._by_key

    def current(self, key: str) -> Form:
        """The form as its file has it now.

        Raises:
            KeyError: there is no form of this key.
        """
        return self._by_key[key]

    def schema(self, key: str) -> Mapping[str, Any]:
        """The form-js JSON that a deployment stores and pins.

        Raises:
            KeyError: there is no form of this key.
        """
        return self._by_key[key].schema

    def uploaded(self, data: bytes) -> tuple[str, Mapping[str, Any], Sequence[FormFinding]]:
        """The key and the schema of a form's file, or what is wrong with it."""
        try:
            schema = json.loads(data) if len(data) <= MAX_BYTES else None
            key = schema.get("id") if isinstance(schema, dict) else None
            form = parse_form(key if isinstance(key, str) else "", data)
        except FormRefused as refused:
            return "", {}, refused.findings
        except (ValueError, RecursionError):
            return "", {}, [FormFinding(None, Text("不是 JSON 文件", "This is not a JSON file"))]
        return form.key, form.schema, ()

    def known(self, key: str, sha256: str | None) -> Form | None:
        """As `pinned`, of what has been read before."""
        return self.current(key) if sha256 is None else self._by_hash.get(sha256)

    def pinned(self, connection: Connection, key: str, sha256: str | None) -> Form:
        """The version of a form that a task was opened with; the current one for a task that pinned none.

        Raises:
            KeyError: no version has this hash, neither in the files nor in the database.
        """
        known = self.known(key, sha256)
        if known is None:
            found = connection.execute(select(form_version).where(form_version.c.sha256 == sha256)).one_or_none()
            if found is None:
                raise KeyError(f"Expected version {sha256} of the form {key}, but it is not stored")
            known = self._by_hash.setdefault(found.sha256, read_form(found.key, found.schema))
        return known
