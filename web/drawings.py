"""The full diagram of a definition, and of an instance with its path and tokens: a drawing for each process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from markupsafe import Markup
from sqlalchemy import Connection

from processes.operations import InstanceView
from processes.picture import draw
from processes.picture.geometry import read
from web.i18n import language
from web.services import services


@dataclass(frozen=True, slots=True)
class Drawing:
    """One process as it is drawn; `under` is the path of the call activity that runs it, empty for the root.

    `is_open`: the root, and whatever holds a token or an incident now.
    """

    title: str
    under: str
    picture: Markup
    is_open: bool


def drawings_of(connection: Connection, view: InstanceView) -> list[Drawing]:
    """The root process, then every called one that the instance has been in."""
    files = services().definitions.files(connection, view.definition_id)
    active = {*view.now, *view.stuck}
    return [
        Drawing(
            read(files[key]).title(language()),
            under,
            _safe(
                draw(
                    files,
                    view.row.line,
                    detail="full",
                    language=language(),
                    done=view.done,
                    now=view.now,
                    stuck=view.stuck,
                    taken_flows=view.taken_flows,
                    under=under,
                )
            ),
            not under or _is_within(active, under),
        )
        for under, key in called_from(files, view.row.line)
        if not under or _is_within({*view.done, *active}, under)
    ]


def drawing_of(connection: Connection, definition_id: str, key: str) -> Markup:
    """A definition as the analyst drew it, without an instance on it."""
    files = services().definitions.files(connection, definition_id)
    return _safe(draw(files, key, detail="full", language=language()))


def called_from(files: Mapping[str, bytes], key: str, under: str = "") -> Iterator[tuple[str, str]]:
    """A process and all it calls, as (path of the call activity, process id), in the order of the file."""
    yield under, key
    for node in read(files[key]).nodes.values():
        if node.called and node.called in files:
            yield from called_from(files, node.called, f"{under}/{node.id}" if under else node.id)


def _is_within(paths: Iterable[str], under: str) -> bool:
    return any(path.startswith(f"{under}/") for path in paths)


def _safe(picture: str) -> Markup:
    return Markup(picture)  # noqa: S704 - drawn by us, every text in it escaped
