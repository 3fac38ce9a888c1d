"""How a view reaches the services that `wiring.py` built for this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from flask import current_app

from forms import Form

if TYPE_CHECKING:
    from wiring import Services

EXTENSION = "permitflow"


class HasForm(Protocol):
    """An application or a task: the key of its form and the version it goes on with."""

    @property
    def form(self) -> str: ...
    @property
    def form_sha256(self) -> str: ...


def services() -> Services:
    """The services of the running application; they are put there by `web.register`."""
    return cast("Services", current_app.extensions[EXTENSION])


def form_of(holder: HasForm) -> Form:
    """The form in the version that the application or task was opened with."""
    forms = services().forms
    if (known := forms.known(holder.form, holder.form_sha256)) is not None:
        return known  # the usual case, also for every row of a list: no connection is asked for
    with services().database.read() as connection:
        return forms.pinned(connection, holder.form, holder.form_sha256)
