"""What is written in a Word file."""

from __future__ import annotations

import io
from typing import Any

from docx import Document
from docx.document import Document as WordDocument

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def opened(content: bytes) -> WordDocument:
    return Document(io.BytesIO(content))


def rows_of(document: WordDocument) -> list[list[str]]:
    """The texts of the cells of every row, each cell once, and one that spans rows only in its first."""
    seen: set[Any] = set()
    found = []
    for table in document.tables:
        for row in table.rows:
            fresh = {cell._tc: cell.text for cell in row.cells if cell._tc not in seen}
            seen |= fresh.keys()
            found.append(list(fresh.values()))
    return found


def words_of(document: WordDocument) -> str:
    """All that stands on the pages, outside of the foot."""
    paragraphs = [paragraph.text for paragraph in document.paragraphs]
    return "\n".join(paragraphs + [cell for row in rows_of(document) for cell in row])


def beside(document: WordDocument, label: str) -> list[str]:
    """The texts of the cells after a label in its row; a line break in the label does not count."""
    for row in rows_of(document):
        labels = [cell.replace("\n", "") for cell in row]
        if label in labels:
            return row[labels.index(label) + 1 :]
    raise AssertionError(f"no label {label}")
