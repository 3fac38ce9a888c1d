"""Lists as Excel files: text that stays text, numbers and days that can be reckoned with, and any number of rows."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from exports.forced_deregistration_list import forced_deregistration_list
from exports.spreadsheet import Column, sheet

S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
DANGEROUS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1+1", "\r=1+1", '=cmd|"/C calc"!A0', "#N/A", "#REF!")


def opened(content: bytes) -> Worksheet:
    page: Any = load_workbook(io.BytesIO(content)).active
    return page


def values_of(page: Worksheet) -> list[list[Any]]:
    """The values of all cells; days and moments as ISO texts."""
    values = [[cell.value for cell in row] for row in page.iter_rows()]
    return [[value.isoformat() if isinstance(value, datetime) else value for value in row] for row in values]


def test_no_text_becomes_a_formula() -> None:
    """DOC-15, 4.4: what somebody entered as a name runs nothing on the machine of who opens the list."""
    content = sheet("名单", [Column("=姓名")], [[text] for text in DANGEROUS], note="=1+1")

    page = opened(content)
    assert {cell.data_type for row in page.iter_rows() for cell in row} == {"s"}
    assert [row[0].quotePrefix for row in page.iter_rows(min_row=3)] == [True] * 7 + [False] * 2
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        root = etree.fromstring(package.read("xl/worksheets/sheet1.xml"))
    assert not list(root.iter(f"{S}f"))
    assert [text.text for text in root.iter(f"{S}t")][2:] == list(DANGEROUS)


def test_numbers_written_as_text_stay_text() -> None:
    """DOC-15: an ID number loses no digit and a code no zero."""
    page = opened(sheet("名单", [Column("证件号码"), Column("编号")], [["110000199307129519", "00012"]]))
    assert values_of(page)[1] == ["110000199307129519", "00012"]
    assert [cell.number_format for cell in page[2]] == ["@", "@"]


def test_numbers_and_days_can_be_reckoned_with() -> None:
    """DOC-05: a score is a number, a day a day; a moment is that of Beijing."""
    moment = datetime(2026, 6, 15, 16, 2, tzinfo=UTC)
    page = opened(sheet("成绩", [Column(name) for name in "abcdef"], [[92.5, 0, date(2026, 6, 1), moment, True, None]]))

    assert values_of(page)[1] == [92.5, 0, "2026-06-01T00:00:00", "2026-06-16T00:02:00", "是", None]
    assert [cell.number_format for cell in page[2]][2:4] == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm"]


def test_the_head_stays_in_sight_and_the_note_stands_above() -> None:
    """DOC-05: filters in the first row."""
    page = opened(sheet("合格人员", [Column("姓名")], [["雷明辉"]], note="考试计划：2026年第一次"))
    assert values_of(page) == [["考试计划：2026年第一次"], ["姓名"], ["雷明辉"]]
    assert page.freeze_panes == "A3"
    assert page.print_title_rows == "$2:$2"

    page = opened(sheet("合格人员", [Column("姓名")], []))
    assert values_of(page) == [["姓名"]]
    assert page.freeze_panes == "A2"


def test_columns_are_wide_enough_for_chinese_and_never_endless() -> None:
    """4.4."""
    columns = [Column("单位"), Column("短"), Column("长"), Column("定", width=33)]
    page = opened(sheet("名单", columns, [["北京恒筑建设工程有限公司", "a", "长" * 500, "x"]]))
    assert [page.column_dimensions[letter].width for letter in "ABCD"] == [26, 10, 60, 33]


def test_signs_that_the_format_does_not_know_are_left_out() -> None:
    """R-2.8-1: the file opens whatever stands in a text."""
    page = opened(sheet("a/b[c]:*?", [Column("姓名")], [["雷\x00\x0b明\ufffe辉"], ["<b>&"], ["长" * 40_000]]))
    found = [row[0] for row in values_of(page)]
    assert found[1:3] == ["雷明辉", "<b>&"]
    assert len(found[3]) == 32_767
    assert not set("[]:*?/\\") & set(page.title)


def test_spaces_and_ends_of_lines_stay() -> None:
    """4.4: a text is read as it was entered, by who keeps to XML."""
    texts = [" 雷明辉 ", "一\n二", "一\r\n二", "a\tb", "&lt;", "]]>"]
    assert [
        row[0] for row in values_of(opened(sheet("名单", [Column("姓名")], [[text] for text in texts])))[1:]
    ] == texts


def test_a_row_with_too_few_values_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would shift what follows; nothing of it is left on the disk."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(ValueError, match="Expected 2 values in row 2, found 1"):
        sheet("名单", [Column("a"), Column("b")], [["1", "2"], ["1"]])
    assert list(tmp_path.iterdir()) == []


def test_rows_are_streamed() -> None:
    """4.4: a list of any length is read once, and not kept while it is written."""
    alive: list[int] = []

    class Row(list):
        def __del__(self) -> None:
            alive.remove(self[1])

    def rows() -> Iterator[Row]:
        for number in range(3000):
            alive.append(number)
            assert len(alive) < 300, "rows are kept"
            yield Row([f"京2112024{number:05}", number])

    page = opened(sheet("名单", [Column("编号"), Column("序号")], rows()))
    assert page.max_row == 3001


def test_the_list_of_forced_deregistrations() -> None:
    """DOC-15."""
    entry = {
        "registration_no": "京211201800456",
        "name": "雷明辉",
        "specialty": "municipal",
        "expired_on": "2025-11-30",
        "employer": "北京启岩建筑有限公司",
        "reason": "注册有效期满未延续超过180日",
    }
    page = opened(forced_deregistration_list([entry, {"registration_no": "京211201800457"}], "公告日：2026年6月15日"))

    assert page.title == "强制注销名单"
    assert values_of(page) == [
        ["公告日：2026年6月15日", None, None, None, None, None],
        ["注册编号", "姓名", "专业", "有效期至", "聘用单位", "强制注销原因"],
        [
            "京211201800456",
            "雷明辉",
            "市政公用工程",
            "2025-11-30T00:00:00",
            "北京启岩建筑有限公司",
            "注册有效期满未延续超过180日",
        ],
        ["京211201800457", None, None, None, None, None],
    ]
