"""Word forms as the authority prints them: A4, SimSun, one ruled table of label and value cells (REQUIREMENTS.md 4.4).

Lengths are millimetres. An empty value prints as an empty cell, never as a word for nothing (R-2.7-1).
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import datetime
from typing import cast

import segno
from docx import Document
from docx.document import Document as WordDocument
from docx.enum.table import WD_CELL_VERTICAL_ALIGNMENT, WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml.ns import qn
from docx.oxml.parser import OxmlElement
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt
from docx.table import Table, _Cell, _Row
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from kernel.clock import BEIJING

CENTRE, LEFT, RIGHT = WD_ALIGN_PARAGRAPH.CENTER, WD_ALIGN_PARAGRAPH.LEFT, WD_ALIGN_PARAGRAPH.RIGHT

EAST_ASIAN_FONT, WESTERN_FONT = "SimSun", "Times New Roman"
LABEL_SHADE = "F2F2F2"
_MIDDLE = WD_CELL_VERTICAL_ALIGNMENT.CENTER


def new_form(title: str, printed_at: datetime) -> WordDocument:
    """An empty A4 document in our fonts; its properties name the form and no tool."""
    document = Document()
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.left_margin = section.right_margin = Mm(18)
    section.top_margin, section.bottom_margin = Mm(13), Mm(14)
    section.header_distance, section.footer_distance = Mm(6), Mm(7)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = WESTERN_FONT, Pt(10.5)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:eastAsia"), EAST_ASIAN_FONT)
    normal.element.get_or_add_rPr().append(_element("w:lang", val="zh-CN", eastAsia="zh-CN"))
    normal.paragraph_format.space_after = normal.paragraph_format.space_before = Pt(0)
    properties = document.core_properties
    properties.title, properties.language = title, "zh-CN"
    properties.author = properties.comments = properties.last_modified_by = ""
    properties.created = properties.modified = printed_at
    return document


def add_heading(document: WordDocument, title: str, number: str) -> None:
    """The title in the middle, the business number under it, its QR code at the right."""
    table = ruled_table(document, (30, 114, 30), ruled=False)
    row = _new_row(table)
    left, middle, right = row.cells
    write(left, "")
    write(middle, title, size=20, bold=True, align=CENTRE)
    line = middle.add_paragraph()
    line.alignment = CENTRE
    line.paragraph_format.space_before = Pt(4)
    text(line, f"业务编号：{number}", size=10.5)
    picture = right.paragraphs[0]
    picture.alignment = RIGHT
    code = picture.add_run().add_picture(io.BytesIO(qr_png(number)), width=Mm(19))
    code._inline.docPr.set("descr", f"业务编号 {number} 的二维码")
    set_gap(document, Pt(3))


def qr_png(content: str) -> bytes:
    """The QR code as a black and white PNG that prints sharply at 2 cm."""
    out = io.BytesIO()
    segno.make(content, error="m", micro=False).save(out, kind="png", scale=10, border=1)
    return out.getvalue()


def add_footer(document: WordDocument, number: str, printed_at: datetime) -> None:
    """Business number, print time and page of pages at the foot of every page."""
    line = document.sections[0].footer.paragraphs[0]
    line.alignment = CENTRE
    moment = printed_at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
    text(line, f"业务编号：{number}　　打印时间：{moment}　　第 ", size=9)
    _field(line, "PAGE")
    text(line, " 页，共 ", size=9)
    _field(line, "NUMPAGES")
    text(line, " 页", size=9)


def ruled_table(document: WordDocument, widths: Sequence[float], *, ruled: bool = True) -> Table:
    """A table without rows whose columns keep exactly these widths."""
    table: Table = document.add_table(rows=0, cols=len(widths))
    table.style = document.styles["Table Grid" if ruled else "Normal Table"]
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    for column, width in zip(table.columns, widths, strict=True):
        column.width = Mm(width)
    margins = _element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(_element(f"w:{side}", w=str(Mm(1.6).twips), type="dxa"))
    table_properties: BaseOxmlElement = table._tbl.tblPr
    table_properties.insert_element_before(margins, "w:tblLook")  # the standard fixes the order
    return table


def add_row(table: Table, spans: Sequence[int], *, height: float = 7) -> tuple[_Row, list[_Cell]]:
    """A row whose cells span so many columns each; it grows with its text and is not torn by a page break."""
    row = _new_row(table)
    row.height = Mm(height)
    properties: BaseOxmlElement = row._tr.get_or_add_trPr()
    properties.append(_element("w:cantSplit"))
    cells, at = [], 0
    for span in spans:
        first = row.cells[at]
        cell = first if span == 1 else first.merge(row.cells[at + span - 1])
        cell.width = Mm(sum(column.width.mm for column in list(table.columns)[at : at + span] if column.width))
        cell.vertical_alignment = _MIDDLE
        cells.append(cell)
        at += span
    return row, cells


def label(cell: _Cell, words: str) -> None:
    """A shaded cell that names the one beside it."""
    _shade(cell)
    write(cell, words, align=CENTRE)


def side_label(first: _Cell, last: _Cell, words: str) -> None:
    """The name of a group of rows, written downwards at their side."""
    cell = first.merge(last)
    _shade(cell)
    cell.vertical_alignment = _MIDDLE
    write(cell, words[0], align=CENTRE, bold=True)
    for sign in words[1:]:
        line = cell.add_paragraph()
        line.alignment = CENTRE
        text(line, sign, bold=True)


def write(
    cell: _Cell, words: str | None, *, size: float = 10.5, bold: bool = False, align: WD_ALIGN_PARAGRAPH = LEFT
) -> Paragraph:
    """Put a value into a cell; nothing stays nothing."""
    line: Paragraph = cell.paragraphs[0]
    line.alignment = align
    text(line, words or "", size=size, bold=bold)
    return line


def text(line: Paragraph, words: str, *, size: float = 10.5, bold: bool = False) -> Run:
    run = line.add_run(words)
    run.font.size, run.bold = Pt(size), bold
    return run


def opinion_box(cell: _Cell, heading: str, lines: Sequence[str], *, room: float) -> None:
    """A box to write into: its heading, `room` for the opinion, and the lines to sign, seal and date."""
    cell.vertical_alignment = WD_CELL_VERTICAL_ALIGNMENT.TOP
    line = write(cell, heading, bold=True)
    line.paragraph_format.space_before = Pt(2)
    for index, words in enumerate(lines):
        below = cell.add_paragraph()
        below.paragraph_format.space_before = Mm(room) if index == 0 else Pt(4)
        if index == len(lines) - 1:
            below.alignment = RIGHT
            below.paragraph_format.space_after = Pt(2)
        text(below, words)


def set_gap(document: WordDocument, height: Pt) -> None:
    """A thin empty line, as Word wants between two tables."""
    gap = document.add_paragraph()
    gap.paragraph_format.line_spacing = height
    text(gap, "", size=1)


def add_note(document: WordDocument, words: str) -> None:
    """Small print under the table."""
    line = document.add_paragraph()
    line.paragraph_format.space_before = Pt(4)
    text(line, words, size=9)


def long_day(iso: str | None) -> str:
    """2026年6月1日 of an ISO day; nothing of nothing."""
    if not iso:
        return ""
    year, month, day = iso[:10].split("-")
    return f"{int(year)}年{int(month)}月{int(day)}日"


def file_of(document: WordDocument) -> bytes:
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _new_row(table: Table) -> _Row:
    row: _Row = table.add_row()  # type: ignore[no-untyped-call]  # python-docx forgot this one
    return row


def _shade(cell: _Cell) -> None:
    properties: BaseOxmlElement = cell._tc.get_or_add_tcPr()
    shade = _element("w:shd", val="clear", color="auto", fill=LABEL_SHADE)
    properties.insert_element_before(shade, "w:noWrap", "w:tcMar", "w:textDirection", "w:tcFitText", "w:vAlign")


def _field(line: Paragraph, code: str) -> None:
    """A field that Word fills: the number of this page, or of all pages."""
    instruction, shown = _element("w:instrText"), _element("w:t")
    instruction.text, shown.text = code, "1"
    marks = [_element("w:fldChar", fldCharType=kind) for kind in ("begin", "separate", "end")]
    for part in (marks[0], instruction, marks[1], shown, marks[2]):
        run: BaseOxmlElement = text(line, "", size=9)._r  # a run each, or the number loses its size
        run.append(part)


def _element(tag: str, **attributes: str) -> BaseOxmlElement:
    made = cast(BaseOxmlElement, OxmlElement(tag))
    for name, value in attributes.items():
        made.set(qn(f"w:{name}"), value)
    return made
