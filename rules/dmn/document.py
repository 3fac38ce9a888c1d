"""One decision file as XML: its elements by id, in whichever version of DMN it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree
from lxml.etree import _Element as Node

from kernel.xml import XmlRefused, check_size, parse
from rules.dmn.findings import DmnRefused, Findings, finding

# 1.1 to 1.5 by the date in their namespaces; exporters differ in what stands around it.
_VERSIONS = re.compile(r"https?://www\.omg\.org/spec/DMN/(20151101|20180521|20191111|20211108|20230324)/[\w.]*/?")
_FEEL = re.compile(r"https?://www\.omg\.org/spec/(DMN/\d+/FEEL|FEEL/\d+)/?")

DRG_ELEMENTS = frozenset({"decision", "inputData", "businessKnowledgeModel", "decisionService", "knowledgeSource"})


@dataclass(slots=True)
class Document:
    """A file: `elements` are its decisions, inputs, knowledge models and services by id."""

    root: Node
    dmn: str  # the namespace of the elements, in braces
    namespace: str
    elements: dict[str, Node] = field(default_factory=dict)
    item_definitions: dict[str, Node] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)  # alias -> namespace

    def tag(self, node: Node) -> str:
        """The tag of a DMN element; an empty text for any other."""
        tag = str(node.tag)
        return tag[len(self.dmn) :] if tag.startswith(self.dmn) else ""

    def children(self, node: Node, *tags: str) -> list[Node]:
        return [child for child in node if self.tag(child) in tags]

    def child(self, node: Node, tag: str) -> Node | None:
        return node.find(self.dmn + tag)

    def text(self, node: Node | None) -> str:
        """What stands in the `text` of an expression, stripped."""
        found = None if node is None else self.child(node, "text")
        return "" if found is None else (found.text or "").strip()

    def named(self, tag: str) -> Iterator[tuple[str, Node]]:
        """The elements of a kind with their names, in the order of the file."""
        return ((name_of(node), node) for node in self.elements.values() if self.tag(node) == tag)


def name_of(node: Node) -> str:
    """The name of an element, its blanks made single."""
    return " ".join((node.get("name") or "").split())


def read(data: bytes, findings: Findings) -> Document:
    """The file as a document.

    Raises:
        DmnRefused: it is no XML that may be read, or no decision file.
    """
    try:
        root = parse(data)
        check_size(root)
    except XmlRefused as refused:
        raise DmnRefused([finding(refused.code, line=refused.line, **refused.parameters)]) from refused
    name = etree.QName(root)
    if name.localname != "definitions" or not _VERSIONS.fullmatch(name.namespace or ""):
        raise DmnRefused([finding("not_dmn", line=root.sourceline, found=root.tag)])
    document = Document(root, f"{{{name.namespace}}}", root.get("namespace") or "")
    _collect(document, findings)
    return document


def _collect(document: Document, findings: Findings) -> None:
    names: set[str] = set()
    for node in document.root:
        tag = document.tag(node)
        if tag in DRG_ELEMENTS:
            if tag != "knowledgeSource":
                _check_name(node, tag, names, findings)
            id_ = node.get("id") or name_of(node)
            if id_ in document.elements:
                findings.add("id_duplicate", node, about=id_, found=id_)
            document.elements.setdefault(id_, node)
        elif tag == "itemDefinition":
            if name_of(node) in document.item_definitions:
                findings.add("name_duplicate", node, found=name_of(node))
            document.item_definitions.setdefault(name_of(node), node)
        elif tag == "import":
            document.imports[name_of(node)] = node.get("namespace") or ""


def _check_name(node: Node, tag: str, names: set[str], findings: Findings) -> None:
    name = name_of(node)
    if not name:
        findings.add("name_missing", node, element=tag)
    elif name in names:
        findings.add("name_duplicate", node, found=name)
    names.add(name)


def split_prefix(reference: str, node: Node) -> tuple[str | None, str]:
    """A type reference such as `feel:string`: the namespace that its prefix stands for, if it has one, and the rest.

    The namespace of FEEL itself gives an empty text.
    """
    prefix, separator, rest = reference.strip().partition(":")
    if not separator:
        return None, reference.strip()
    namespace = str(node.nsmap.get(prefix) or "")
    if _FEEL.fullmatch(namespace) or prefix == "feel":
        return "", rest.strip()
    return namespace or None, rest.strip()
