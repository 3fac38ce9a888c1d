"""Lists as Excel files (xlsx): text stays text, whatever it begins with, and any number of rows is streamed (4.4).

A cell that begins with `=`, `+`, `-` or `@` is a formula to a spreadsheet program, so a name could run a command on the
reader's machine. Texts are stored as texts and marked as such, also for one who edits the cell.

openpyxl makes the file with its head and its styles; the rows below are written here, since a list of 100,000 has more
than a million cells, and an object for each of them would take four times as long as the whole file takes now.
"""

from __future__ import annotations

import io
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import chain, islice
from typing import IO
from xml.sax.saxutils import escape

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.datetime import to_excel
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
_NOT_AS_IT_IS = re.compile(r"[&<>\s]")  # in XML
_NOT_IN_A_TITLE = re.compile(r"[\[\]:*?/\\']")
_MEASURED_ROWS = 200  # a stream is not read twice, so the first rows say how wide the columns are
_NARROWEST, _WIDEST = 8, 60
_MOST_IN_A_CELL = 32_767
_SHEET, _END_OF_ROWS = "xl/worksheets/sheet1.xml", b"</sheetData>"
_AT_ONCE = 200  # rows that are compressed together
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
    empty = io.BytesIO()
    book.save(empty)
    return _with_rows(empty, _written(pens, chain(first, stream), len(columns), above + 2))


def _with_rows(book: IO[bytes], rows: Iterator[str]) -> bytes:
    """The file with these rows behind those that its sheet has; compressed as they come, they are nowhere kept."""
    out = io.BytesIO()
    with zipfile.ZipFile(book) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename != _SHEET:
                target.writestr(entry, content)
                continue
            above, end, below = content.rpartition(_END_OF_ROWS)
            with target.open(entry.filename, "w") as page:
                page.write(above)
                while together := "".join(islice(rows, _AT_ONCE)):
                    page.write(together.encode())
                page.write(end + below)
    return out.getvalue()


def _written(pens: _Pens, rows: Iterable[Sequence[Value]], width: int, begin: int) -> Iterator[str]:
    """Each row as XML, the first of them the row `begin` of the sheet."""
    letters = [get_column_letter(index + 1) for index in range(width)]
    for number, row in enumerate(rows, start=begin):
        if len(row) != width:
            raise ValueError(f"Expected {width} values in row {number - begin + 1}, found {len(row)}")
        if number > MAX_ROWS:
            raise ValueError(f"Expected at most {MAX_ROWS - begin + 1} rows")
        cells = "".join([pens.cell(f"{letter}{number}", value) for letter, value in zip(letters, row, strict=True)])
        yield f'<row r="{number}">{cells}</row>'


class _Pens:
    """Writes the cells of one sheet as XML, in styles that its book has."""

    def __init__(self, page: WriteOnlyWorksheet) -> None:
        text = self._style(page, _TEXT, wrap=True)
        quoted = WriteOnlyCell(page, "")
        quoted._style = copy(text._style)
        quoted.quotePrefix = True
        self._text, self._quoted = text.style_id, quoted.style_id
        self._day = self._style(page, _DAY).style_id
        self._moment = self._style(page, _MOMENT).style_id
        self._number = self._style(page, "General").style_id

    def cell(self, place: str, value: Value) -> str:
        if value is None or isinstance(value, str | bool):
            return self._of_text(place, _words(value))
        if isinstance(value, datetime):
            local = value.astimezone(BEIJING).replace(tzinfo=None) if value.tzinfo else value
            return f'<c r="{place}" s="{self._moment}"><v>{to_excel(local)}</v></c>'
        if isinstance(value, date):
            return f'<c r="{place}" s="{self._day}"><v>{_day_number(value)}</v></c>'
        return f'<c r="{place}" s="{self._number}"><v>{value!r}</v></c>'

    def _of_text(self, place: str, words: str) -> str:
        if not words:
            return f'<c r="{place}" s="{self._text}"/>'
        style = self._quoted if words.startswith(_FORMULA_SIGNS) else self._text
        # A text that openpyxl would take for a formula or an error is one by its type here.
        return f'<c r="{place}" s="{style}" t="inlineStr"><is>{_in_xml(words)}</is></c>'

    @staticmethod
    def _style(page: WriteOnlyWorksheet, number_format: str, *, wrap: bool = False) -> WriteOnlyCell:
        made = WriteOnlyCell(page, "")
        made.number_format = number_format
        made.font = Font(name=_FONT, size=11)
        made.border = _RULED
        made.alignment = Alignment(vertical="center", wrap_text=wrap)
        return made


@lru_cache(4096)
def _day_number(day: date) -> int:
    return int(to_excel(day))


def _in_xml(words: str) -> str:
    if not _NOT_AS_IT_IS.search(words):
        return f"<t>{words}</t>"
    # What reads XML takes a carriage return for the end of a line, and leaves out spaces that it need not keep.
    return f'<t xml:space="preserve">{escape(words, {chr(13): "&#13;"})}</t>'


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
