"""The description as people read it: routes by resource, each with its input, an example, and its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

_DEEPEST = 4  # of an example: schemas may hold themselves
_EXAMPLES: Mapping[str, Any] = {"string": "", "integer": 0, "number": 0, "boolean": True}


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of an address, or one field of a body or an answer."""

    name: str
    kind: str
    about: str
    required: bool
    choices: tuple[str, ...] = ()
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent; `example` is the JSON of one, with an empty value for each field."""

    media_type: str
    fields: tuple[Field, ...]
    example: str


@dataclass(frozen=True, slots=True)
class Answer:
    status: str
    about: str
    kind: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One route with one method; `path` follows the name of the host."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    about: str
    in_path: tuple[Field, ...]
    in_query: tuple[Field, ...]
    body: Body | None
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The routes of one resource."""

    tag: str
    about: str
    operations: tuple[Operation, ...]


def groups_of(description: Mapping[str, Any]) -> tuple[Group, ...]:
    """All routes by resource, in the order of the description."""
    reader = _Reader(description)
    operations = list(reader.operations())
    return tuple(
        Group(tag["name"], tag.get("description", ""), tuple(one for one in operations if one.tag == tag["name"]))
        for tag in description["tags"]
        if any(one.tag == tag["name"] for one in operations)
    )


class _Reader:
    def __init__(self, description: Mapping[str, Any]) -> None:
        self._description = description

    def operations(self) -> Iterator[Operation]:
        for path, of_path in self._description["paths"].items():
            shared = of_path.get("parameters", [])
            for method, found in of_path.items():
                if method != "parameters":
                    yield self._operation(method, path, found, [*shared, *found.get("parameters", [])])

    def _operation(self, method: str, path: str, found: Mapping[str, Any], parameters: list[Any]) -> Operation:
        resolved = [self._resolved(one) for one in parameters]
        return Operation(
            id=found["operationId"],
            method=method.upper(),
            path=path,
            tag=found["tags"][0],
            summary=found["summary"],
            about=found.get("description", ""),
            in_path=tuple(self._parameter(one) for one in resolved if one["in"] == "path"),
            in_query=tuple(self._parameter(one) for one in resolved if one["in"] == "query"),
            body=self._body(found.get("requestBody")),
            answers=tuple(self._answer(status, one) for status, one in sorted(found["responses"].items())),
        )

    def _parameter(self, parameter: Mapping[str, Any]) -> Field:
        about = parameter.get("description", "")
        return self._field(parameter["name"], {"description": about, **parameter["schema"]}, parameter.get("required"))

    def _body(self, found: Mapping[str, Any] | None) -> Body | None:
        if found is None:
            return None
        media_type, content = next(iter(found["content"].items()))
        schema = self._resolved(content.get("schema", {}))
        example = orjson.dumps(self._example(schema, 0), option=orjson.OPT_INDENT_2).decode()
        return Body(media_type, self._fields(schema), example)

    def _answer(self, status: str, found: Mapping[str, Any]) -> Answer:
        answer = self._resolved(found)
        for content in answer.get("content", {}).values():
            schema = self._resolved(content.get("schema", {}))
            return Answer(status, answer["description"], self._kind(schema), self._fields(schema))
        return Answer(status, answer["description"], "", ())

    def _fields(self, schema: Mapping[str, Any]) -> tuple[Field, ...]:
        """The fields of a schema, or of each item of a list."""
        if schema.get("type") == "array":
            schema = self._resolved(schema["items"])
        needed = schema.get("required", ())
        return tuple(self._field(name, one, name in needed) for name, one in schema.get("properties", {}).items())

    def _field(self, name: str, schema: Mapping[str, Any], required: Any) -> Field:
        choices = tuple(str(one) for one in schema.get("enum", ()) if one is not None)
        about = schema.get("description", "")
        of_items = schema.get("items", {})
        is_file = "binary" in (schema.get("format"), of_items.get("format"))
        return Field(name, self._kind(schema), about, bool(required), choices, is_file)

    def _kind(self, schema: Mapping[str, Any]) -> str:
        resolved = self._resolved(schema)
        if resolved.get("type") == "array":
            return f"{self._kind(resolved.get('items', {}))}[]"
        kind = resolved.get("type", "any")
        kinds = [kind] if isinstance(kind, str) else [one for one in kind if one != "null"]
        return str(resolved.get("format") or kinds[0])

    def _example(self, schema: Mapping[str, Any], depth: int) -> Any:
        resolved = self._resolved(schema)
        kind = resolved.get("type")
        if depth > _DEEPEST:
            return None
        if kind == "array":
            return [self._example(resolved.get("items", {}), depth + 1)]
        if kind == "object" or "properties" in resolved:
            more = resolved.get("additionalProperties")
            named = {"name": self._example(more, depth + 1)} if isinstance(more, Mapping) else {}
            given = resolved.get("properties", {}).items()
            return named | {name: self._example(one, depth + 1) for name, one in given}
        first = next(iter(resolved.get("enum", ())), None)
        return first if first is not None else _EXAMPLES.get(kind if isinstance(kind, str) else "")

    def _resolved(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        if "allOf" in schema and len(schema["allOf"]) == 1:
            return {**self._resolved(schema["allOf"][0]), **{k: v for k, v in schema.items() if k != "allOf"}}
        if "$ref" not in schema:
            return schema
        found: Any = self._description
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return self._resolved(found)
