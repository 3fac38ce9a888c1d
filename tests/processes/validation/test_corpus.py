"""The diagrams of other authors, where they are present: each is deployed or refused with reasons, and none breaks."""

from __future__ import annotations

import pytest

from tests.processes.validation import corpus


@pytest.mark.parametrize("source", corpus.COUNTED)
def test_every_file_is_deployed_or_refused_with_reasons(source: str) -> None:
    """Accepted files are also built, drawn and walked through; what breaks there is raised by the reading."""
    if not corpus.FOLDER.is_dir():
        pytest.skip(f"the diagrams of other authors are not present at {corpus.FOLDER.name}")
    found = list(corpus.outcomes(source))

    assert [one.path for one in found if one.seconds > corpus.SLOWEST_S] == []
    assert [one.path for one in found if one.how in ("refused", "unreadable") and not one.reasons] == []
    assert corpus.counted(found) == corpus.COUNTED[source], "the table of docs/bpmn-support.md is no longer true"


def test_all_sources_are_counted() -> None:
    if not corpus.FOLDER.is_dir():
        pytest.skip("the diagrams of other authors are not present")
    assert {path.name for path in corpus.FOLDER.iterdir() if path.is_dir()} == corpus.COUNTED.keys()
