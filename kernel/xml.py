"""Reads XML that may come from anyone, hardened: diagrams and decision files (RELIABILITY.md, threats; ENGINE.md 2).

Entities are never resolved, nothing is fetched, and a document type is refused before the parser sees it.
"""

from __future__ import annotations

import codecs
import re
from typing import Any

from lxml import etree

MAX_BYTES = 2 * 1024 * 1024
MAX_XML_ELEMENTS = 60_000
MAX_ATTRIBUTES = 100

# Encodings whose markup is plain ASCII, so that the prolog can be read without knowing more.
_ENCODINGS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252", "gbk", "gb2312", "gb18030"}
)
_DECLARATION = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*?\?>""")
_PROLOG = re.compile(rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)


class XmlRefused(Exception):
    """The file may not be read: `code` is one of too_large, doctype, not_xml, encoding, too_many_elements,
    too_many_attributes; `parameters` fill its text in the catalogue of who asked."""

    def __init__(self, code: str, *, line: int | None = None, **parameters: Any) -> None:
        super().__init__(f"{code} {parameters}")
        self.code = code
        self.line = line
        self.parameters: dict[str, Any] = parameters


def parse(data: bytes) -> etree._Element:
    """The root of an XML file, without comments and processing instructions, its size not yet checked.

    Raises:
        XmlRefused: over 2 MB, not well-formed, with a document type, or in an encoding that is not read.
    """
    if len(data) > MAX_BYTES:
        raise XmlRefused("too_large", megabytes=MAX_BYTES // 1024 // 1024)
    source = _ascii_compatible(data)
    prolog = _PROLOG.match(source)
    if prolog and source[prolog.end() : prolog.end() + 2] == b"<!":
        raise XmlRefused("doctype", line=1 + source.count(b"\n", 0, prolog.end()))
    root = _root_of(source)
    docinfo = root.getroottree().docinfo
    if docinfo.doctype or docinfo.internalDTD is not None:
        raise XmlRefused("doctype")
    return root


def check_size(root: etree._Element) -> None:
    """Refuse a tree that nobody draws by hand: whoever walks it later may take its size for bounded.

    Raises:
        XmlRefused: too many elements, or too many attributes on one of them.
    """
    for number, node in enumerate(root.iter(), start=1):
        if number > MAX_XML_ELEMENTS:
            raise XmlRefused("too_many_elements", limit=MAX_XML_ELEMENTS)
        # Reading the attributes of one element takes the square of their number.
        if len(node.attrib) > MAX_ATTRIBUTES:
            raise XmlRefused("too_many_attributes", line=node.sourceline, limit=MAX_ATTRIBUTES)


def _root_of(source: bytes) -> etree._Element:
    # A parser of its own for each file: they keep a log and are not shared between threads.
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise XmlRefused("not_xml", line=line, reason=getattr(error, "msg", None) or error) from error


def _ascii_compatible(data: bytes) -> bytes:
    """The file in an encoding whose markup is ASCII; UTF-16, as Windows editors save it, becomes UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise XmlRefused("encoding", found="UTF-16") from error
        return re.sub(r"^\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL).encode("utf-8", "surrogatepass")
    source = data.removeprefix(codecs.BOM_UTF8)
    if not source.lstrip().startswith(b"<"):
        raise XmlRefused("not_xml", line=1, reason="the file does not start with '<'")
    if b"\0" in source:
        raise XmlRefused("encoding", found="UTF-16 / UTF-32")
    declared = _DECLARATION.match(source[:300])
    encoding = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if encoding not in _ENCODINGS:
        raise XmlRefused("encoding", found=encoding)
    return source
