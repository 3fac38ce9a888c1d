"""How the interface writes names and values: camel case, Camunda's moments, lists between commas."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import Schema, ValidationError, fields


class Shape(Schema):
    """A body or an answer: `due_date` here is `dueDate` outside, as Camunda writes it."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        first, *others = (field_obj.data_key or field_name).split("_")
        field_obj.data_key = first + "".join(word.capitalize() for word in others)


class Answer(Shape):
    """What only goes out, so that two fields may tell of one column."""

    def on_bind_field(self, field_name: str, field_obj: fields.Field[Any]) -> None:
        super().on_bind_field(field_name, field_obj)
        field_obj.dump_only = True


class Text(fields.String):
    """A text that a database can store: no NUL."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> str:
        found = super()._deserialize(value, attr, data, **options)
        if "\x00" in found:
            raise ValidationError("Expected a text without NUL characters.")
        return found


class Moment(fields.Field[datetime]):
    """`2013-01-23T14:42:45.000+0200`, as Camunda writes it; a zone with a colon, `Z` and no zone (UTC) are read too."""

    def _serialize(self, value: datetime | None, attr: str | None, obj: Any, **options: Any) -> str | None:
        if value is None:
            return None
        utc = value.astimezone(UTC)
        return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}+0000"

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> datetime:
        try:
            found = datetime.fromisoformat(value.strip().replace(" ", "+"))
            found = found if found.tzinfo else found.replace(tzinfo=UTC)
            return found.astimezone(UTC)
        except (ValueError, AttributeError, OverflowError) as error:
            raise ValidationError("Expected a moment such as 2013-01-23T14:42:45.000+0200.") from error


class CommaList(fields.Field[list[str]]):
    """Texts between commas, as an address carries them."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **options: Any) -> list[str]:
        return [part.strip() for part in str(value).split(",") if part.strip()]


class RequiredTrue(fields.Boolean):
    """A flag that asks for something when it is true, and for nothing when it is false."""
