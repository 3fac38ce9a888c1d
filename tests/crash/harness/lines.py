"""The processes that are disturbed: those written by hand, and random ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from processes.validation import validate
from tests.crash.harness.diagrams import CALLED, LINES
from tests.crash.harness.service import House
from tests.reference.drawing import House as Drawn
from tests.reference.generator import ALL, random_process

_FEATURES = ALL
_WITH_MESSAGES = frozenset({"message_catch", "boundary_message", "event_gateway", "event_sub_process"})
_SIZE = 8
_DRAWN = Drawn(form="answer", group="city_reviewer", scope="city", topic="send")


@dataclass(frozen=True, slots=True)
class Lines:
    """Diagrams by process id, and which of them can be started by themselves."""

    files: Mapping[str, bytes]
    starting: tuple[str, ...]


def written() -> Lines:
    return Lines({**CALLED, **LINES}, tuple(LINES))


def random_lines(seeds: Iterable[int]) -> Lines:
    """The random processes of these seeds that may be deployed, and that a client can carry to their end."""
    files: dict[str, bytes] = {}
    starting = []
    for seed in seeds:
        drawn = random_process(seed, _FEATURES, _SIZE, _DRAWN)
        if _is_ambiguous(drawn.xml.values()):
            drawn = random_process(seed, _FEATURES - _WITH_MESSAGES, _SIZE, _DRAWN)
        if all(finding.severity != "error" for finding in validate(drawn.xml, House())):
            files |= drawn.xml
            starting.append(drawn.key)
    return Lines(files, tuple(starting))


def together(*several: Lines) -> Lines:
    files: dict[str, bytes] = {}
    for lines in several:
        files |= lines.files
    return Lines(files, tuple(key for lines in several for key in lines.starting))


def _is_ambiguous(files: Collection[bytes]) -> bool:
    """Whether two in one instance may wait for the same message, which is sent by its name."""
    named = sum(xml.count(b"messageRef=") for xml in files)
    return named > 1 or (named == 1 and any(b"multiInstance" in xml or b"callActivity" in xml for xml in files))
