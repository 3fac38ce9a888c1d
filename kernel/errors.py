"""The three families of errors: refusals, business outcomes and faults (STYLE.md 11).

A *refusal* tells the caller what to do otherwise and has a code of the reason catalogue; a *business
outcome* is drawn in the diagram as an error event; everything else is a *fault*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from kernel.reasons import CATALOGUE, message_of
from kernel.texts import Text


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason of a refusal: a code of the catalogue with what fills its message (R-P-10).

    `rule` is the requirement it comes from (`R-1.5-2`), `field` the form field or attachment it is about.
    """

    code: str
    parameters: dict[str, Any] = field(default_factory=dict)
    rule: str | None = None
    field: str | None = None

    @property
    def message(self) -> Text:
        return message_of(self.code).filled(**self.parameters)

    def to_json(self) -> dict[str, Any]:
        text = self.message
        found: dict[str, Any] = {"code": self.code, "message_zh": text.zh, "message_en": text.en}
        if self.rule:
            found["rule"] = self.rule
        if self.field:
            found["field"] = self.field
        return found


def in_catalogue_order(reasons: Iterable[Reason]) -> list[Reason]:
    """The reasons of one refusal as they are told (R-D-01)."""
    places = {code: place for place, code in enumerate(CATALOGUE)}
    return sorted(reasons, key=lambda reason: places[reason.code])


class ServiceError(Exception):
    """A refusal: nothing was changed, and the caller can be told why."""

    http_status: ClassVar[int] = 409
    default_code: ClassVar[str] = "STATE_CONFLICT"

    def __init__(self, *reasons: Reason, detail: str = "") -> None:
        self.reasons: Sequence[Reason] = reasons or (Reason(self.default_code),)
        self.detail = detail  # for the log: what was expected and what was found, without personal data
        super().__init__(detail or "; ".join(reason.message.en for reason in self.reasons))

    @property
    def code(self) -> str:
        return self.reasons[0].code


class Refused(ServiceError):
    """The rules of the line say no (409); all failing rules together, in catalogue order (R-D-01)."""

    default_code = "REFUSED"


class StateConflict(ServiceError):
    """The thing has moved on since the caller looked (409)."""

    default_code = "TASK_ALREADY_DONE"


class InstanceSuspended(StateConflict):
    """An operator has stopped the instance for a while: nothing moves in it until it is activated again (409)."""

    default_code = "INSTANCE_SUSPENDED"


class ConcurrentChange(StateConflict):
    """Another command changed the same instance in between: the same again at once goes through."""


class InvalidInput(ServiceError):
    """What was entered breaks the form's rules (422); nothing was stored of this attempt."""

    http_status = 422
    default_code = "INPUT_INVALID"


class NotAllowed(ServiceError):
    """The actor lacks the role for this action (403)."""

    http_status = 403
    default_code = "ROLE_NOT_ALLOWED"


class NotFound(ServiceError):
    """There is no such thing, or it is not the actor's to see (404, R-A-00)."""

    http_status = 404
    default_code = "NOT_FOUND"


class BusinessOutcome(Exception):
    """An outcome that the diagram draws as an error event; a handler raises it before it writes."""

    def __init__(self, error_code: str, **data: Any) -> None:
        super().__init__(error_code)
        self.error_code = error_code
        self.data = data


class Fault(Exception):
    """Something of ours or of the outside broke: retried, then an incident that operators see.

    `is_lasting` says that trying again cannot help: the incident comes at once. The engine names the instance and
    the element that could not go on.
    """

    is_lasting: ClassVar[bool] = False
    instance_id: str | None = None
    element_id: str | None = None


class NotDone(Fault):
    """The outside was not reached, or said no, for certain: what was asked of it has not happened there."""


class OutcomeUnknown(Fault):
    """What was asked of the outside may have happened or not, and it cannot be asked: a person decides."""

    is_lasting = True
