"""Schemas of lists, made of what `processes/queries` says: as parameters of an address and as a JSON body.

Both load to the pair (what is asked, `Page`). An unknown name is refused, where a filter that is silently ignored
would show rows that were not asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from processes.queries.query import MOST_ROWS, Listed, Page, Parameter
from web.api.fields import CommaList, Moment, RequiredTrue, Shape, Text


class CountSchema(Schema):
    count = fields.Integer(required=True)


class _Asked(Shape):
    """Criteria and part of a list; `sorting` holds pairs of name and whether it descends."""

    class Meta:
        unknown = RAISE

    @post_load
    def _as_pair(self, data: dict[str, Any], **_: Any) -> tuple[dict[str, Any], Page]:
        first, most = data.pop("first_result", 0), data.pop("max_results", MOST_ROWS)
        sorting = [(one["sortBy"], one["sortOrder"] == "desc") for one in data.pop("sorting", ())]
        if "sortBy" in data:
            sorting = [(data.pop("sortBy"), data.pop("sort_order") == "desc")]
        return data, Page(sorting, first, most)


class _Parameters(_Asked):
    first_result = fields.Integer(validate=validate.Range(min=0, max=2**31 - 1))
    max_results = fields.Integer(validate=validate.Range(min=0, max=2**31 - 1))


class _Sorted(_Parameters):
    sort_order = fields.String(validate=validate.OneOf(("asc", "desc")))

    @validates_schema
    def _sort_by_and_order(self, data: Mapping[str, Any], **_: Any) -> None:
        if ("sortBy" in data) != ("sort_order" in data):
            raise ValidationError("Only a single sorting parameter specified. sortBy and sortOrder required", "sortBy")


def parameter_schema(query: Listed, *, only_page: bool = False) -> Schema:
    """The schema of the parameters of a GET; `only_page` is what stands in the address of a POST."""
    if only_page:
        return _Parameters()
    criteria = {name: _FROM_ADDRESS[one.kind](metadata=_about(one)) for name, one in query.criteria.items()}
    sort_by = fields.String(validate=validate.OneOf(tuple(query.orders)))
    return _Sorted.from_dict({"sortBy": sort_by, **criteria}, name=f"{_named(query)}Parameters")()


def body_schema(query: Listed) -> Schema:
    """The schema of the body of a POST."""
    criteria = {name: _FROM_BODY[one.kind](metadata=_about(one)) for name, one in query.criteria.items()}
    order: dict[str, fields.Field[Any]] = {
        "sortBy": fields.String(required=True, validate=validate.OneOf(tuple(query.orders))),
        "sortOrder": fields.String(required=True, validate=validate.OneOf(("asc", "desc"))),
    }
    sorting = fields.List(fields.Nested(Schema.from_dict(order, name=f"{_named(query)}Sorting")))
    return _Asked.from_dict({"sorting": sorting, **criteria}, name=f"{_named(query)}Query")()


def _number(**options: Any) -> fields.Integer:
    """As wide as a column is."""
    return fields.Integer(validate=validate.Range(min=-(2**31), max=2**31 - 1), **options)


_FROM_ADDRESS: Mapping[str, Any] = {
    "text": Text,
    "texts": CommaList,
    "flag": RequiredTrue,
    "choice": fields.Boolean,
    "number": _number,
    "moment": Moment,
}
_FROM_BODY: Mapping[str, Any] = {**_FROM_ADDRESS, "texts": lambda **options: fields.List(Text(), **options)}


def _about(criterion: Parameter) -> dict[str, str]:
    return {"description": criterion.about} if criterion.about else {}


def _named(query: Listed) -> str:
    return "".join(word.capitalize() for word in query.name.split())
