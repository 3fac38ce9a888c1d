"""Lists as Excel files (xlsx): text stays text, whatever it begins with, and any number of rows is streamed (4.4).

A cell that begins with `=`, `+`, `-` or `@` is a formula to a spreadsheet program, so a name could run a command on the
reader's machine. Texts are stored as texts and marked as such, also for one who edits the cell.
"""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, islice

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

from kernel.clock import BEIJING

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MAX_ROWS = 1_048_576  # of a sheet, its head among them; the format has no more

Value = str | int | float | date | datetime | bool | None

_FONT = "SimSun"
_TEXT = "@"
_DAY, _MOMENT = "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff\ud800-\udfff]")
_NOT_IN_A_TITLE = re.compile(r"[\[\]:*?/\\']")
_MEASURED_ROWS = 200  # a stream is not read twice, so the first rows say how wide the columns are
_NARROWEST, _WIDEST = 8, 60
_MOST_IN_A_CELL = 32_767
_LINE = Side(style="thin", color="BFBFBF")
_RULED = Border(left=_LINE, right=_LINE, top=_LINE, bottom=_LINE)


@dataclass(frozen=True, slots=True)
class Column:
    """A column by its label; `width` counts Western characters, and is measured when it is not given."""

    label: str
    width: float | None = None


def sheet(title: str, columns: Sequence[Column], rows: Iterable[Sequence[Value]], note: str = "") -> bytes:
    """An Excel file of one sheet, whose head stays in sight.

    `rows` are read once, in order, and have a value for each column. A text is stored as text, also if it is all
    digits; numbers and days are stored as such, moments in Beijing time. `note` stands above the head: what the list
    was filtered by, for instance.

    Raises:
        ValueError: a row has not as many values as there are columns, or there are more rows than a sheet holds.
    """
    book = Workbook(write_only=True)
    page = book.create_sheet(_NOT_IN_A_TITLE.sub(" ", title).strip()[:31] or "Sheet")
    stream = iter(rows)
    first = list(islice(stream, _MEASURED_ROWS))
    above = 1 if note else 0
    for index, column in enumerate(columns):
        measured = (_width_of(row[index]) for row in first if index < len(row))
        width = column.width or min(_WIDEST, max(_NARROWEST, _width_of(column.label), *measured, 0) + 2)
        page.column_dimensions[get_column_letter(index + 1)].width = width
    page.freeze_panes = f"A{above + 2}"
    page.print_title_rows = f"{above + 1}:{above + 1}"
    if note:
        page.append([_note(page, note)])
    page.append([_head(page, column.label) for column in columns])
    pens = _Pens(page)
    out = io.BytesIO()
    try:
        for number, row in enumerate(chain(first, stream), start=1):
            if len(row) != len(columns):
                raise ValueError(f"Expected {len(columns)} values in row {number}, found {len(row)}")
            if number + above + 1 > MAX_ROWS:
                raise ValueError(f"Expected at most {MAX_ROWS - above - 1} rows")
            page.append([pens.cell(value) for value in row])
    finally:
        book.save(out)  # after a failure, too, or the rows would stay on the disk
    return out.getvalue()


class _Pens:
    """Writes the cells of one sheet; a style is made once, for there may be a million cells."""

    def __init__(self, page: WriteOnlyWorksheet) -> None:
        self._page = page
        self._styles = {
            _TEXT: self._style(_TEXT, wrap=True),
            _DAY: self._style(_DAY),
            _MOMENT: self._style(_MOMENT),
            "General": self._style("General"),
        }
        quoted = WriteOnlyCell(page, "")
        quoted._style = copy(self._styles[_TEXT])
        quoted.quotePrefix = True
        self._quoted = quoted._style

    def cell(self, value: Value) -> WriteOnlyCell:
        if value is None or isinstance(value, str | bool):
            return self._text(_words(value))
        if isinstance(value, datetime):
            local = value.astimezone(BEIJING).replace(tzinfo=None) if value.tzinfo else value
            return self._written(local, self._styles[_MOMENT])
        if isinstance(value, date):
            return self._written(value, self._styles[_DAY])
        return self._written(value, self._styles["General"])

    def _text(self, words: str) -> WriteOnlyCell:
        made = self._written(words or None, self._quoted if words.startswith(_FORMULA_SIGNS) else self._styles[_TEXT])
        if words:
            made.data_type = "s"  # openpyxl takes =1+1 for a formula and #N/A for an error
        return made

    def _written(self, value: object, style: object) -> WriteOnlyCell:
        made = WriteOnlyCell(self._page, value)
        made._style = style
        return made

    def _style(self, number_format: str, *, wrap: bool = False) -> object:
        made = WriteOnlyCell(self._page, "")
        made.number_format = number_format
        made.font = Font(name=_FONT, size=11)
        made.border = _RULED
        made.alignment = Alignment(vertical="center", wrap_text=wrap)
        return made._style


def _note(page: WriteOnlyWorksheet, words: str) -> WriteOnlyCell:
    made = WriteOnlyCell(page, _words(words))
    made.data_type = "s"
    made.font = Font(name=_FONT, size=10, color="595959")
    return made


def _head(page: WriteOnlyWorksheet, words: str) -> WriteOnlyCell:
    made = WriteOnlyCell(page, _words(words))
    made.data_type = "s"
    made.font = Font(name=_FONT, size=11, bold=True)
    made.fill = PatternFill("solid", start_color="F2F2F2")
    made.border = _RULED
    made.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
    return made


def _words(value: str | bool | None) -> str:
    """A value as text without signs that the format does not know."""
    if isinstance(value, bool):
        return "是" if value else "否"
    return _UNPRINTABLE.sub("", value or "")[:_MOST_IN_A_CELL]


def _width_of(value: Value) -> int:
    """How wide the longest line of a value is: a Chinese sign takes the room of two others."""
    if isinstance(value, datetime):
        return len(_MOMENT)
    if isinstance(value, date):
        return len(_DAY)
    words = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else _words(value)
    return max(
        (sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in line) for line in words.split("\n")),
        default=0,
    )
