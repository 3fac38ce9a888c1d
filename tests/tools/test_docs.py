"""The generated pages of the documentation are those of this code."""

from __future__ import annotations

from tools import docs


def test_reference_pages_are_up_to_date() -> None:
    written = {path.name: path.read_text() for path in (docs.ROOT / "docs" / "reference").glob("*.md")}

    assert written == docs.pages(), "run `make docs`"


def test_every_setting_is_documented() -> None:
    assert set(docs.SETTINGS) == docs.settings_in_code()
