"""Typed variables: `{"amount": {"value": 3, "type": "Integer"}}` in and out, in the types of Camunda.

Variables of an instance are JSON values (DESIGN.md 4). What JSON does not know comes in as the text that FEEL reads: a
`Date` as an ISO moment. A type is told by the value, so a text that was a `Date` goes out as `String`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import orjson
from marshmallow import INCLUDE, Schema, ValidationError, fields

from kernel.errors import NotFound
from web.api.fields import Moment, Shape

_INTEGER = 2**31
_LONG = 2**63
_NO_FILES = ("File", "Bytes", "Xml")


class ValueSchema(Shape):
    """One variable."""

    class Meta:
        unknown = INCLUDE  # clients also send `local` or `transient`

    value = fields.Raw(allow_none=True, metadata={"description": "any JSON value"})
    type = fields.String(allow_none=True, metadata={"description": "String, Integer, Long, Double, Boolean, Json, …"})
    value_info = fields.Dict(allow_none=True)


class VariablesSchema(Schema):
    """Typed variables by name."""

    class Meta:
        unknown = INCLUDE  # the names are those of the variables

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        return obj  # `typed_all` has made it


class VariableSchema(ValueSchema):
    """One variable as it goes out."""

    def dump(self, obj: Any, *, many: bool | None = None) -> Any:
        return obj  # `typed` has made it


class ManyAskedSchema(Shape):
    """The parameter of what answers variables; without values to deserialize, lists and contexts come as texts."""

    deserialize_values = fields.Boolean(load_default=True)


class OneAskedSchema(Shape):
    """The same where one variable is asked for, under the name that it has there."""

    deserialize_value = fields.Boolean(load_default=True)


def variables_field(**options: Any) -> fields.Dict:
    """The field of a body that carries variables by name."""
    return fields.Dict(keys=fields.String(), values=fields.Nested(ValueSchema), allow_none=True, **options)


def read(given: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Any]:
    """The JSON values of typed variables.

    Raises:
        ValidationError: a value does not fit its type, or the type is of a kind that is no variable here.
    """
    return {name: _read_one(name, one) for name, one in (given or {}).items()}


def typed(value: Any, *, deserialize: bool = True) -> dict[str, Any]:
    """One variable as it goes out; without `deserialize` a list or context as the JSON text that it is."""
    kind = _type_of(value)
    if kind != "Json":
        return {"type": kind, "value": value, "valueInfo": {}}
    return {"type": kind, "value": value if deserialize else orjson.dumps(value).decode(), "valueInfo": {}}


def typed_all(values: Mapping[str, Any], *, deserialize: bool = True) -> dict[str, dict[str, Any]]:
    return {name: typed(value, deserialize=deserialize) for name, value in values.items()}


def one_of(values: Mapping[str, Any], name: str, *, deserialize: bool = True) -> dict[str, Any]:
    """One of several variables as it goes out.

    Raises:
        NotFound: there is none with this name.
    """
    if name not in values:
        raise NotFound(detail=f"Variable with name {name} does not exist")
    return typed(values[name], deserialize=deserialize)


def _type_of(value: Any) -> str:
    if value is None:
        return "Null"
    if isinstance(value, bool):
        return "Boolean"
    if isinstance(value, int):
        return "Integer" if -_INTEGER <= value < _INTEGER else "Long"
    if isinstance(value, float):
        return "Double"
    return "String" if isinstance(value, str) else "Json"


def _read_one(name: str, given: Mapping[str, Any]) -> Any:
    value, kind = given.get("value"), str(given.get("type") or "")
    kind = kind[:1].upper() + kind[1:]
    if value is None or not kind:
        return _json(name, value)
    if kind in _NO_FILES:
        raise ValidationError(f"Expected a JSON value, but variable {name} is of type {kind}; files are no variables")
    reader = _READERS.get(kind)
    if reader is None:
        raise ValidationError(f"Unsupported value type {kind!r} of variable {name}")
    try:
        return reader(name, value)
    except (ValueError, TypeError) as error:
        raise ValidationError(f"Cannot convert value {value!r} of variable {name} to type {kind}") from error


def _json(name: str, value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise ValidationError(f"Expected a finite number in variable {name}")
    return value


def _whole(limit: int) -> Callable[[str, Any], int]:
    def read_whole(name: str, value: Any) -> int:
        if (isinstance(value, (bool, float)) and int(value) != value) or isinstance(value, bool):
            raise ValueError(value)
        found = int(value)
        if not -limit <= found < limit:
            raise ValueError(value)
        return found

    return read_whole


def _double(name: str, value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError(value)
    found = float(value)
    if not math.isfinite(found):
        raise ValueError(value)
    return found


def _boolean(name: str, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[str(value).lower()] if str(value).lower() in ("true", "false") else _no(value)


def _no(value: Any) -> bool:
    raise ValueError(value)


def _text(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(value)
    return value


def _moment(name: str, value: Any) -> str:
    moment: datetime = Moment().deserialize(value)
    return moment.isoformat()


def _parsed(name: str, value: Any) -> Any:
    """`Json` and `Object` come as JSON text; clients that send the value itself are understood too."""
    return orjson.loads(value) if isinstance(value, str) else value


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "String": _text,
    "Integer": _whole(_INTEGER),
    "Short": _whole(2**15),
    "Long": _whole(_LONG),
    "Double": _double,
    "Number": _double,
    "Boolean": _boolean,
    "Date": _moment,
    "Json": _parsed,
    "Object": _parsed,
    "Null": lambda name, value: None,
}
