"""Reads the XML of a diagram, hardened: it may come from anyone (RELIABILITY.md, threats; ENGINE.md 2).

Entities are never resolved, nothing is fetched, and a document type is refused before the parser sees it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence
from typing import ClassVar

from lxml import etree

from kernel.errors import InvalidInput, Reason
from processes.findings import Finding, finding

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI = "http://www.omg.org/spec/BPMN/20100524/DI"
CAMUNDA = "http://camunda.org/schema/1.0/bpmn"
XSI = "http://www.w3.org/2001/XMLSchema-instance"

MAX_BYTES = 2 * 1024 * 1024
MAX_XML_ELEMENTS = 60_000
MAX_ATTRIBUTES = 100

# Encodings whose markup is plain ASCII, so that the prolog can be read without knowing more.
_ENCODINGS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252", "gbk", "gb2312", "gb18030"}
)
_DECLARATION = re.compile(rb"""<\?xml\s[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["'][^>]*?\?>""")
_PROLOG = re.compile(rb"\s*(?:<\?.*?\?>\s*|<!--.*?-->\s*)*", re.DOTALL)


class DiagramRefused(InvalidInput):
    """The file is not a diagram at all, or not one that may be read; `findings` say why."""

    default_code: ClassVar[str] = "DEPLOYMENT_REFUSED"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(Reason("DEPLOYMENT_REFUSED"), detail="; ".join(one.text.en for one in findings))


def parse(data: bytes) -> etree._Element:
    """The `definitions` element of a BPMN file, without comments and processing instructions.

    Raises:
        DiagramRefused: over 2 MB, not XML, with a document type, or not BPMN 2.0.
    """
    if len(data) > MAX_BYTES:
        raise DiagramRefused([finding("too_large", megabytes=MAX_BYTES // 1024 // 1024)])
    source = _ascii_compatible(data)
    prolog = _PROLOG.match(source)
    if prolog and source[prolog.end() : prolog.end() + 2] == b"<!":
        raise DiagramRefused([finding("doctype", line=1 + source.count(b"\n", 0, prolog.end()))])
    root = _root_of(source)
    docinfo = root.getroottree().docinfo
    if docinfo.doctype or docinfo.internalDTD is not None:
        raise DiagramRefused([finding("doctype")])
    if root.tag != f"{{{BPMN}}}definitions":
        raise DiagramRefused([finding("not_bpmn", line=root.sourceline, found=root.tag)])
    for number, node in enumerate(root.iter(), start=1):
        if number > MAX_XML_ELEMENTS:
            raise DiagramRefused([finding("too_many_elements", limit=MAX_XML_ELEMENTS)])
        # Reading the attributes of one element takes the square of their number.
        if len(node.attrib) > MAX_ATTRIBUTES:
            raise DiagramRefused([finding("too_many_attributes", line=node.sourceline, limit=MAX_ATTRIBUTES)])
    return root


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
        raise DiagramRefused([finding("not_xml", line=line, reason=getattr(error, "msg", None) or error)]) from error


def _ascii_compatible(data: bytes) -> bytes:
    """The file in an encoding whose markup is ASCII; UTF-16, as Windows editors save it, becomes UTF-8."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        try:
            text = data.decode("utf-16")
        except UnicodeDecodeError as error:
            raise DiagramRefused([finding("encoding", found="UTF-16")]) from error
        return re.sub(r"^\s*<\?xml.*?\?>", "", text, count=1, flags=re.DOTALL).encode("utf-8", "surrogatepass")
    source = data.removeprefix(codecs.BOM_UTF8)
    if not source.lstrip().startswith(b"<"):
        raise DiagramRefused([finding("not_xml", line=1, reason="the file does not start with '<'")])
    if b"\0" in source:
        raise DiagramRefused([finding("encoding", found="UTF-16 / UTF-32")])
    declared = _DECLARATION.match(source[:300])
    encoding = declared.group(1).decode("ascii").lower() if declared else "utf-8"
    if encoding not in _ENCODINGS:
        raise DiagramRefused([finding("encoding", found=encoding)])
    return source
