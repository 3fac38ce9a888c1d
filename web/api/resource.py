"""What every resource of the interface is made with: a blueprint, and its lists with count."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar, TypeVar

from flask import Flask, Request, Response
from flask.typing import ResponseReturnValue
from flask_smorest import Blueprint
from marshmallow import Schema
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy
from werkzeug.datastructures import MultiDict

from kernel.actors import Role
from processes.queries.query import Listed, Page
from web.api import errors
from web.api.access import calling_actor, may_call
from web.api.prefix import PREFIX
from web.api.query_schemas import CountSchema, body_schema, parameter_schema
from web.services import services

View = TypeVar("View", bound=Callable[..., Any])


class _StrictParser(FlaskParser):
    """Lets the schemas say what becomes of a parameter that nobody knows; left to itself, webargs ignores it."""

    DEFAULT_UNKNOWN_BY_LOCATION: dict[str, str | None] = dict.fromkeys(("json", "query", "multipart"))
    DEFAULT_VALIDATION_STATUS = 400


PARSER = _StrictParser()


@PARSER.location_loader("multipart")
def _load_multipart(request: Request, schema: Schema) -> MultiDictProxy:
    """The entries of a form with files; under `data` one of its files, under whatever names they came."""
    entries: MultiDict[str, Any] = MultiDict(request.form)
    for one in list(request.files.values())[:1]:
        entries["data"] = one
    return MultiDictProxy(entries, schema)


class Resource(Blueprint):  # type: ignore[misc]  # flask-smorest has no types
    """Documents by itself what a route can refuse, so that no route forgets it.

    401, 403 and 429 by all; 400 by what takes parameters, a body or an id, and 413 by a body; 404 by an id in the
    address; 409 by what changes something. What else a route refuses, such as a 404 of an id in its body, it says
    with `@blueprint.refuses(404)`.
    """

    ARGUMENTS_PARSER = PARSER
    DEFAULT_LOCATION_CONTENT_TYPE_MAPPING: ClassVar[dict[str, str]] = {
        "json": "application/json",
        "multipart": "multipart/form-data",
    }
    path: str  # what follows `/engine-rest`

    def arguments(self, schema: Any, **options: Any) -> Any:
        """One schema for all requests: to make one copies its fields, which takes longer than reading most bodies."""
        return super().arguments(schema() if isinstance(schema, type) else schema, **options)

    def add_url_rule(self, rule: str, *arguments: Any, changes: bool | None = None, **options: Any) -> None:
        """`changes` tells of a POST that only asks; left out, everything but GET changes something."""
        super().add_url_rule(rule, *arguments, **options)
        for method, documented in self._docs[self._endpoints[-1]].items():
            if method != "parameters":
                manual = documented.setdefault("manual_doc", {})
                manual["operationId"] = _operation_id(method, f"{self.path}{rule}")
                does_change = method != "get" if changes is None else changes
                _add_refusals(documented, has_id="<" in rule, changes=does_change)

    def register_views_in_doc(self, api: Any, app: Flask, spec: Any, **options: Any) -> None:
        api.describe_later(partial(super().register_views_in_doc, api, app, spec, **options))

    def refuses(self, *statuses: int) -> Callable[[View], View]:
        """What a view refuses beyond what its address and its input tell."""

        def decorate(view: View) -> View:
            for status in statuses:
                view = self.alt_response(status, HTTPStatus(status).name)(view)
            return view

        return decorate


def _operation_id(method: str, path: str) -> str:
    """`getTaskByTaskId`: a name that code made from the description can call the route by."""
    named = re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"by-\1", path)
    words = re.split(r"[^A-Za-z0-9]+", named)
    return method + "".join(word[:1].upper() + word[1:] for word in words)


def _add_refusals(documented: dict[str, Any], *, has_id: bool, changes: bool) -> None:
    taken = documented.get("arguments", {}).get("parameters", ())
    statuses = {401, 403, 429}
    statuses |= {400} if taken or has_id else set()
    statuses |= {413} if any(one["in"] != "query" for one in taken) else set()
    statuses |= {404} if has_id else set()
    statuses |= {409} if changes else set()
    responses = documented.setdefault("response", {}).setdefault("responses", {})
    for status in sorted(statuses):
        responses.setdefault(status, [HTTPStatus(status).name])


def resource(name: str, path: str, about: str) -> Resource:
    """The blueprint of a resource: `name` is its tag in the description, `path` what follows `/engine-rest`."""
    blueprint = Resource(name, __name__, url_prefix=f"{PREFIX}{path}", description=about)
    blueprint.path = path
    errors.handle(blueprint)
    blueprint.after_request(_without_type)
    return blueprint


def _without_type(response: Response) -> Response:
    """What has no content has no type either: clients would read it as that type and fail."""
    if response.status_code == HTTPStatus.NO_CONTENT:
        response.headers.pop("Content-Type", None)
    return response


def listing(
    blueprint: Resource, query: Listed, row: type[Schema], *roles: Role, path: str = "", dump: Any = None
) -> None:
    """Give a resource its four routes of a list: GET with parameters and POST with a body, each also as a count.

    `dump` makes what `row` describes of the rows, where a row alone does not tell all.
    """
    parameters, body = parameter_schema(query), body_schema(query)

    def find(asked: Mapping[str, Any], page: Page) -> Any:
        with services().database.read() as connection:
            rows = query.page(connection, calling_actor(), asked, page, now=services().system_clock.now())
            return dump(connection, rows) if dump else rows

    def count(asked: Mapping[str, Any]) -> dict[str, int]:
        with services().database.read() as connection:
            now = services().system_clock.now()
            return {"count": query.count(connection, calling_actor(), asked, now=now)}

    @blueprint.route(path or "", methods=["GET"], endpoint=f"list{path}")
    @may_call(*roles)
    @blueprint.arguments(parameters, location="query")
    @blueprint.response(200, row(many=True))
    @blueprint.doc(summary=f"List {query.name}s, narrowed by parameters")
    def get_list(arguments: tuple[Mapping[str, Any], Page]) -> Any:
        return find(*arguments)

    @blueprint.route(path or "", methods=["POST"], endpoint=f"query{path}", changes=False)
    @may_call(*roles)
    @blueprint.arguments(parameter_schema(query, only_page=True), location="query", as_kwargs=False)
    @blueprint.arguments(body)
    @blueprint.response(200, row(many=True))
    @blueprint.doc(summary=f"List {query.name}s, narrowed by a body")
    def post_list(page: tuple[Mapping[str, Any], Page], arguments: tuple[Mapping[str, Any], Page]) -> Any:
        asked, sorted_page = arguments
        return find(asked, Page(sorted_page.sorting, page[1].first, page[1].most))

    @blueprint.route(f"{path}/count", methods=["GET"], endpoint=f"count{path}")
    @may_call(*roles)
    @blueprint.arguments(parameters, location="query")
    @blueprint.response(200, CountSchema)
    @blueprint.doc(summary=f"Count {query.name}s, narrowed by parameters")
    def get_count(arguments: tuple[Mapping[str, Any], Page]) -> ResponseReturnValue:
        return count(arguments[0])

    @blueprint.route(f"{path}/count", methods=["POST"], endpoint=f"query_count{path}", changes=False)
    @may_call(*roles)
    @blueprint.arguments(body)
    @blueprint.response(200, CountSchema)
    @blueprint.doc(summary=f"Count {query.name}s, narrowed by a body")
    def post_count(arguments: tuple[Mapping[str, Any], Page]) -> ResponseReturnValue:
        return count(arguments[0])
