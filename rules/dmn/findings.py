"""What is wrong with a decision file, where, and what to do about it; texts by code, which is never renamed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

from lxml.etree import _Element as Node

from kernel.errors import Fault, InvalidInput, Reason
from kernel.texts import Text

Severity = Literal["error", "warning"]

# A hostile file must not become a report of megabytes.
MAX_FINDINGS = 200
MAX_SHOWN = 80

_ERRORS: tuple[tuple[str, str, str], ...] = (
    # The file
    ("too_large", "文件超过 {megabytes} MB，请拆成几个文件", "The file is over {megabytes} MB; split it"),
    ("encoding", "不支持编码 {found}，请以 UTF-8 保存", "The encoding {found} is not read; save the file as UTF-8"),
    ("doctype", "文件含有 DOCTYPE，请删除后再上传", "The file has a DOCTYPE; remove it"),
    ("not_xml", "文件不是有效的 XML：{reason}", "The file is not well-formed XML: {reason}"),
    (
        "not_dmn",
        "文件不是 DMN 1.1–1.5 决策文件（根元素为 {found}）",
        "The file is not a decision file of DMN 1.1 to 1.5 (its root is {found})",
    ),
    ("too_many_elements", "元素超过 {limit} 个，请拆成几个文件", "More than {limit} elements; split the file"),
    ("too_many_attributes", "一个元素的属性超过 {limit} 个", "An element has more than {limit} attributes"),
    ("too_many_findings", "问题超过 {count} 个，先改正以上各项", "More than {count} problems; correct these first"),
    ("nested_too_deep", "框式表达式嵌套超过 {limit} 层", "Boxed expressions are nested more than {limit} deep"),
    ("no_decision", "文件中没有决策，请建立一个", "The file holds no decision; add one"),
    # Names and references
    ("name_missing", "{element} 没有名称，请填写", "{element} has no name; give it one"),
    ("id_duplicate", "id“{found}”重复，请改成不同的 id", "The id '{found}' is used more than once; ids must differ"),
    (
        "name_duplicate",
        "名称“{found}”用了两次，请改成不同的名称",
        "The name '{found}' is used twice; names must differ",
    ),
    (
        "reference_unknown",
        "引用“{found}”在文件中不存在，请重新连接或删除",
        "The reference '{found}' leads nowhere; reconnect or remove it",
    ),
    (
        "name_unknown",
        "“{found}”没有连到本决策，请画出所需的输入数据、决策或知识模型",
        "'{found}' is not connected to this decision; draw the input, decision or knowledge it requires",
    ),
    ("import_unknown", "导入的文件“{found}”没有提供", "The imported file '{found}' is not there"),
    ("requirement_cycle", "决策互相依赖成环：{found}", "The decisions require each other in a circle: {found}"),
    ("type_unknown", "类型“{found}”不存在", "There is no type '{found}'"),
    ("type_cycle", "类型“{found}”以自身定义自身", "The type '{found}' is defined by itself"),
    # Expressions
    ("expression_missing", "{place} 没有内容，请填写", "{place} is empty; fill it in"),
    ("expression_invalid", "{place} 有误：{reason}", "{place} is wrong: {reason}"),
    ("language_refused", "{place} 的语言“{found}”不支持，请用 FEEL", "{place} is in '{found}'; write FEEL"),
    ("element_refused", "这里不支持 {element}", "{element} is not supported here"),
    # Tables
    ("hit_policy_unknown", "命中策略“{found}”不存在", "There is no hit policy '{found}'"),
    ("aggregation_unknown", "汇总方式“{found}”不存在", "There is no aggregation '{found}'"),
    (
        "aggregation_refused",
        "汇总 {found} 需要 COLLECT 策略和正好一个输出",
        "The aggregation {found} needs the hit policy COLLECT and exactly one output",
    ),
    ("outputs_missing", "决策表没有输出列，请加一列", "The table has no output column; add one"),
    ("output_unnamed", "几个输出列时每列都要有名称", "With several output columns each needs a name"),
    ("output_duplicate", "输出名称“{found}”用了两次", "The output name '{found}' is used twice"),
    ("too_many_rows", "决策表超过 {limit} 行，请拆成几个表", "The table has more than {limit} rows; split it"),
    (
        "rule_width",
        "第 {row} 行有 {inputs} 个输入、{outputs} 个输出，应为 {expected_inputs} 和 {expected_outputs}",
        "Row {row} has {inputs} inputs and {outputs} outputs, not {expected_inputs} and {expected_outputs}",
    ),
    (
        "priority_without_values",
        "{policy} 需要输出列的允许值（按优先级排列）",
        "{policy} needs the allowed values of an output, in the order of their priority",
    ),
    # What the table says (rules/dmn/checks.py)
    (
        "table_gap",
        "{policy} 表有遗漏：{example} 时没有任何一行适用",
        "The {policy} table has a gap: no row applies when {example}",
    ),
    (
        "table_overlap",
        "UNIQUE 表有重叠：{example} 时第 {rows} 行同时适用",
        "The UNIQUE table overlaps: rows {rows} all apply when {example}",
    ),
    (
        "any_differs",
        "ANY 表不一致：{example} 时第 {rows} 行同时适用而结果不同",
        "The ANY table contradicts itself: rows {rows} apply when {example}, with different outputs",
    ),
    ("row_unreachable", "第 {row} 行永远不会适用：{why}", "Row {row} can never apply: {why}"),
    (
        "output_not_allowed",
        "第 {row} 行的输出 {found} 不在允许值 {expected} 中",
        "The output {found} of row {row} is none of the allowed values {expected}",
    ),
)

_WARNINGS: tuple[tuple[str, str, str], ...] = (
    (
        "column_not_checked",
        "无法检查遗漏和重叠：第 {row} 行“{input}”的条件不是固定的值或区间",
        "Gaps and overlaps were not checked: the condition on '{input}' in row {row} is no fixed value or range",
    ),
    (
        "table_too_large",
        "表过大，遗漏和重叠只检查到 {limit} 种情形",
        "The table is too large: gaps and overlaps were searched in {limit} cases only",
    ),
)

ERRORS: Mapping[str, Text] = {code: Text(zh, en) for code, zh, en in _ERRORS}
WARNINGS: Mapping[str, Text] = {code: Text(zh, en) for code, zh, en in _WARNINGS}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong with a decision file. An error refuses the file, a warning only tells."""

    element_id: str | None
    line: int | None
    code: str
    text: Text
    severity: Severity = "error"


class DmnRefused(InvalidInput):
    """The file is no decision file that may be used; `findings` say why."""

    default_code: ClassVar[str] = "DEPLOYMENT_REFUSED"

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__(Reason("DEPLOYMENT_REFUSED"), detail="; ".join(one.text.en for one in self.findings[:5]))


class DecisionFailed(Fault):
    """A decision cannot be made of these inputs: never a pass, always somebody's to look at (R-P-12).

    Values of inputs stay out of the message: they may be personal data.
    """


class Findings:
    """Collects the findings of one file, up to a number that a person can still read."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def add(self, code: str, node: Node | None = None, *, about: str | None = None, **parameters: object) -> None:
        """Note a finding; its place is the nearest element around `node` that has an id."""
        if len(self._found) == MAX_FINDINGS:
            self._found.append(finding("too_many_findings", count=MAX_FINDINGS))
        if len(self._found) > MAX_FINDINGS:
            return
        line = None if node is None else node.sourceline
        self._found.append(finding(code, about or _nearest_id(node), line, **parameters))

    @property
    def errors(self) -> list[Finding]:
        return [one for one in self._found if one.severity == "error"]

    def __iter__(self) -> Iterator[Finding]:
        return iter(self._found)


def finding(code: str, element_id: str | None = None, line: int | None = None, **parameters: object) -> Finding:
    """One finding of the catalogue with its text filled in."""
    severity: Severity = "error" if code in ERRORS else "warning"
    template = ERRORS.get(code) or WARNINGS[code]
    shown = {name: _shortened(value) for name, value in parameters.items()}
    element = None if element_id is None else element_id[:MAX_SHOWN]
    return Finding(element, line, code, template.filled(**shown), severity)


def _shortened(value: object) -> object:
    """A value as a message shows it: what comes from the file is cut to a readable length."""
    if isinstance(value, (Text, int)):
        return value
    text = " ".join(str(value).split())
    return text if len(text) <= MAX_SHOWN else text[:MAX_SHOWN] + "…"


def _nearest_id(node: Node | None) -> str | None:
    while node is not None:
        found = node.get("id")
        if found:
            return str(found)
        node = node.getparent()
    return None
