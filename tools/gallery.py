"""The gallery of all lines, `docs/lines.md`: each with its picture, its purpose and who takes part in it.

Everything in it is read from the diagrams in `bpmn/`; the pictures are the service's own drawings with the colours of
the light theme in them, so that they can be looked at anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lxml import etree

from applications.guides import SERVICE, WHO
from kernel.texts import Text
from processes.picture import draw

ROOT = Path(__file__).resolve().parent.parent
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"
CAMUNDA = "{http://camunda.org/schema/1.0/bpmn}"
_RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
_VARIABLE = re.compile(r"(--pf-[a-z0-9-]+):\s*([^;]+);")


def gallery(note: str) -> dict[str, str]:
    """The page and its pictures, by their paths below `docs`."""
    files = {path.stem: path.read_bytes() for path in sorted((ROOT / "bpmn").glob("*.bpmn"))}
    told = {key: _Told(key, data) for key, data in files.items()}
    lines = sorted((one for one in told.values() if one.is_line), key=lambda one: (one.order, one.key))
    called = {name for one in told.values() for name in one.calls}
    shared = [one for one in told.values() if not one.is_line and one.key in called]
    others = [one for one in told.values() if not one.is_line and one.key not in called]
    style = _style()
    pages = {f"images/lines/{key}.svg": _picture(files, key, style) for key in files}
    parts = [
        f"# The lines\n\n{note} Each is one diagram in `bpmn/`; [how diagrams are drawn](diagrams.md) says what their"
        " colours and words mean, [how to add a line](how-to/add-a-line.md) how another one comes about.\n",
        *_chapter("Lines that people start", lines, told),
        *_chapter("Processes that they share", shared, told),
        *_chapter("Processes of the service itself", others, told),
    ]
    return pages | {"lines.md": "\n".join(parts)}


def _chapter(title: str, lines: list[_Told], told: Mapping[str, _Told]) -> Iterator[str]:
    if not lines:
        return
    yield f"## {title}\n"
    for one in lines:
        yield one.entry(told)


class _Told:
    """What a diagram says of its process."""

    def __init__(self, key: str, data: bytes) -> None:
        self.key = key
        process = etree.fromstring(data).find(f"{BPMN}process")
        assert process is not None
        self._process = process
        pairs = process.findall(f"{BPMN}extensionElements/{CAMUNDA}properties/{CAMUNDA}property")
        self.said = {str(pair.get("name")): str(pair.get("value")) for pair in pairs}
        self.is_line = "portal" in self.said
        self.order = int(self.said.get("order", "1000"))
        self.calls = [str(node.get("calledElement")) for node in process.iter(f"{BPMN}callActivity")]
        self.purpose = (process.findtext(f"{BPMN}documentation") or "").strip()

    def roles(self, told: Mapping[str, _Told]) -> list[Text]:
        """Who has a task in it or in what it calls, each once."""
        groups = [str(node.get(f"{CAMUNDA}candidateGroups") or "") for node in self._process.iter(f"{BPMN}userTask")]
        found = [WHO.get(group.split(",")[0], SERVICE) for group in groups]
        for called in self.calls:
            found += told[called].roles(told)
        return list(dict.fromkeys(found)) or [SERVICE]

    def entry(self, told: Mapping[str, _Told]) -> str:
        zh = self.said.get("title_zh", self._process.get("name", self.key))
        en = self.said.get("title_en", self.key)
        roles = self.roles(told)
        rows = [
            ("Process", f"`{self.key}`"),
            ("Purpose", self.said.get("summary_en") or self.purpose),
            ("用途", self.said.get("summary_zh") or self.purpose),
            ("Takes part", ", ".join(role.en for role in roles)),
            ("参与者", "、".join(role.zh for role in roles)),
            ("Calls", ", ".join(f"`{name}`" for name in dict.fromkeys(self.calls))),
            ("Rules", ", ".join(f"`{name.strip()}`" for name in self._tables())),
            ("Document", self.said.get("document", "")),
        ]
        table = "\n".join(f"| {name} | {value} |" for name, value in rows if value)
        return f"### {zh} – {en}\n\n![{zh}](images/lines/{self.key}.svg)\n\n| | |\n|---|---|\n{table}\n"

    def _tables(self) -> list[str]:
        return [name for key in ("eligibility", "choice_rules") for name in self.said.get(key, "").split(",") if name]


def _picture(files: Mapping[str, bytes], key: str, style: str) -> str:
    drawn = draw(files, key, detail="full")
    end = drawn.index(">") + 1
    return (
        f'{drawn[:end]}<style>{style}</style><rect x="0" y="0" width="100%" height="100%" fill="#fff"/>{drawn[end:]}\n'
    )


def _style() -> str:
    """The rules of the drawing with the values of the light theme in the place of names."""
    static = ROOT / "web" / "static"
    light = (static / "tokens.css").read_text().split('[data-bs-theme="dark"]')[0]
    values = dict(_VARIABLE.findall(light))
    sheet = re.sub(r"/\*.*?\*/", "", (static / "components" / "08-diagram.css").read_text(), flags=re.S)
    rules = (f"{selector.strip()}{{{body}}}" for selector, body in _RULE.findall(sheet) if ".pf-bp" in selector)
    text = "".join(rules)
    while "var(--pf-" in text:
        text = re.sub(r"var\((--pf-[a-z0-9-]+)\)", lambda name: values.get(name[1], "inherit"), text)
    return re.sub(r"\s+", " ", text)
