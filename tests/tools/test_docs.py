"""The generated pages of the documentation are those of this code."""

from __future__ import annotations

from tools import docs


def test_reference_pages_are_up_to_date() -> None:
    folder = docs.ROOT / "docs"
    generated = [folder / "bpmn-support.md", folder / "lines.md"]
    generated += [*(folder / "reference").glob("*.md"), *(folder / "images" / "lines").glob("*.svg")]

    assert {str(path.relative_to(folder)): path.read_text() for path in generated} == docs.pages(), "run `make docs`"


def test_every_setting_is_documented() -> None:
    assert set(docs.SETTINGS) == docs.settings_in_code()
