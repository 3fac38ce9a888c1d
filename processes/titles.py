"""What a process is called."""

from __future__ import annotations

from kernel.texts import Text
from processes.xml import BPMN, CAMUNDA, parse


def title_of(xml: bytes) -> Text:
    """The titles of a process from its properties, or its name."""
    process = parse(xml).find(f".//{{{BPMN}}}process")
    if process is None:
        return Text("", "")
    found = {node.get("name"): node.get("value", "") for node in process.iter(f"{{{CAMUNDA}}}property")}
    name = process.get("name") or process.get("id") or ""
    return Text(found.get("title_zh") or name, found.get("title_en") or name)
