"""Where words break."""

from __future__ import annotations

import pytest

from processes.picture.lettering import clipped, width_of, wrapped


@pytest.mark.parametrize(
    ("text", "width", "lines", "rows"),
    [
        ("公示", 84, 2, ("公示",)),
        ("原单位确认调出", 84, 2, ("原单位确", "认调出")),
        ("同意，退回给您修改", 72, 2, ("同意，退回", "给您修改")),
        ("Review by the district", 100, 2, ("Review by", "the district")),
        ("back to you", 60, 3, ("back", "to you")),
    ],
)
def test_lines_are_shared_evenly(text: str, width: float, lines: int, rows: tuple[str, ...]) -> None:
    assert wrapped(text, width, 14, lines) == rows


def test_a_line_never_begins_with_a_comma() -> None:
    for width in range(30, 120, 5):
        assert not [row for row in wrapped("不同意，退回，修改。再交", width, 13, 6) if row[0] in "，。"]


def test_what_does_not_fit_ends_in_an_ellipsis() -> None:
    rows = wrapped("任一单位不同意时退回给申请人修改后再提交", 60, 13, 2)

    assert len(rows) == 2
    assert rows[-1].endswith("…")
    assert all(width_of(row, 13) <= 60 for row in rows)
    assert clipped("短", 60, 13) == "短"
