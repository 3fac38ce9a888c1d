"""The templates: every tag is known, and every form prints what was entered and nothing for what was not."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from docx.oxml.ns import qn
from jinja2 import Environment
from lxml import etree
from PIL import Image

from exports.context import context
from exports.word import TEMPLATES, qr_png, render
from forms import Field, Form, Forms
from tests.exports.reading import W, beside, opened, rows_of, words_of
from tests.exports.samples import (
    DOCUMENT,
    EMPLOYER,
    FORMS,
    LINES,
    NUMBER,
    PRINTED_AT,
    REASONS,
    SNAPSHOT,
    Sample,
    empty_file,
    full,
    little,
    long,
)
from tests.exports.tags import tree_of, unknown_names
from wiring import DIAGRAMS

KNOWN = full("class2_initial_registration").context() | {
    "filled": {key: "" for form in FORMS.values() for key in form.fields},
    "options": {key: [""] for form in FORMS.values() for key, field in form.fields.items() if field.choices},
}
EVERY_LINE = pytest.mark.parametrize("line", LINES)
EVERY_SIZE = pytest.mark.parametrize("size", [full, little, long])


# -- tags


@pytest.mark.parametrize("template", sorted(TEMPLATES))
def test_a_template_uses_only_names_that_there_are(template: str) -> None:
    """DOC-06 … DOC-11: what is misspelt would print nothing, and nobody would notice."""
    assert unknown_names(tree_of(template), KNOWN) == []


def test_a_misspelt_name_is_found_wherever_it_stands() -> None:
    source = "{{ persn.name }}{% if number %}{{ person.nme }}{% endif %}{% for each in certificates %}{{ each.nr }}{% endfor %}"
    assert unknown_names(Environment(autoescape=True).parse(source), KNOWN) == ["persn.name", "person.nme", "each.nr"]


def _lines_with_documents() -> dict[str, tuple[str, Form]]:
    """The template and the form of every line that prints: those of the diagrams, and our own of those not drawn."""
    found = {line: (template, FORMS[line]) for line, (template, _) in LINES.items()}
    for path in DIAGRAMS.glob("*.bpmn"):
        diagram = etree.parse(path)
        properties = diagram.findall(".//{*}process/{*}extensionElements/{*}properties/{*}property")
        named = {one.get("name"): one.get("value") for one in properties}
        if template := named.get("document_template"):
            fill = diagram.find(".//{*}userTask[@id='fill_application']")
            assert fill is not None
            found[path.stem] = (str(template), Forms().current(str(fill.get(CAMUNDA_FORM))))
    return found


CAMUNDA_FORM = "{http://camunda.org/schema/1.0/bpmn}formRef"
PRINTED = _lines_with_documents()


@pytest.mark.parametrize("line", PRINTED)
def test_everything_that_a_form_asks_is_printed(line: str) -> None:
    """R-000-09: a document has all saved data, so each answer makes a difference on paper."""
    template, form = PRINTED[line]
    asked = [field for field in form.fields.values() if field.kind not in ("employer_lookup", "checkbox", "decision")]
    answers = {field.key: _answers(field)[0] for field in asked}

    def printed(document: dict[str, object]) -> str:
        values = context(NUMBER, "", SNAPSHOT, document, form, PRINTED_AT)
        return words_of(opened(render(template, values, PRINTED_AT)))

    lost = [
        field.key
        for field in asked
        if all(
            printed(answers | {field.key: answer}) == printed(answers | {field.key: None}) for answer in _answers(field)
        )
    ]
    assert lost == []


def _answers(field: Field) -> list[object]:
    chosen: list[str] = [choice.value for choice in field.choices]
    if field.kind == "checklist" or field.key == "specialties":
        return [[value] for value in chosen or ["building"]]
    return list(chosen) or [{"date": "2001-02-03", "number": "2020"}.get(field.kind, "甲乙丙")]


# -- what is printed


def test_the_transfer_prints_everything_that_was_entered() -> None:
    """DOC-08."""
    document = opened(full("class2_employer_transfer").file())

    assert beside(document, "姓　　名") == ["雷明辉", "性　　别", "男"]
    assert beside(document, "证件类型") == ["居民身份证", "证件号码", "110000199307129519"]
    assert beside(document, "出生日期") == ["1993年7月12日", "民　　族", "汉族"]
    assert beside(document, "学历学位") == ["本科，学士", "院校专业", "北方工程学院，土木工程"]
    assert beside(document, "手 机 号") == ["19900000051", "电子邮箱", "lei@example.com"]
    assert beside(document, "注册编号") == ["京211202401186", "执业印章号", "京2112024011860101"]
    assert beside(document, "注册专业及有效期") == [
        "建筑工程（2024年5月20日至2027年5月19日）\n市政公用工程（2025年3月1日至2028年2月29日）"
    ]
    assert beside(document, "单位名称") == ["北京启岩建筑有限公司", "北京恒筑建设工程有限公司"]
    assert beside(document, "统一社会信用代码") == ["91110000XA0000023P", "91110000XA0000015W"]
    assert beside(document, "注册地址") == ["北京市海淀区砚池路1号"] * 2
    assert beside(document, "法定代表人") == ["郑立行"] * 2
    assert beside(document, "资质类别及等级") == ["建筑工程施工总承包一级\nD1110000101"] * 2
    assert beside(document, "联系人及电话") == ["陈晓 010-00000001"] * 2
    assert beside(document, "合同类型") == ["固定期限", "合同期限", "2026年6月1日至2029年5月31日"]


def test_an_application_prints_the_specialties_it_applies_for() -> None:
    """DOC-06."""
    document = opened(full("class2_initial_registration").file())

    assert beside(document, "申请注册专业") == ["建筑工程"]
    assert ["市政公用工程", "京建考2021-0077310", "2021"] in rows_of(document)
    assert beside(document, "专业职称") == ["工程师", "参加工作时间", "2015年8月1日"]
    assert beside(document, "企业类型") == ["建筑施工企业", "监管区县", "海淀区"]
    assert ["2019年7月至今　北京恒筑建设工程有限公司　项目技术负责人"] in rows_of(document)


def test_a_continuation_says_of_every_specialty_whether_it_goes_on() -> None:
    """DOC-06, R-1.4-2: the old expiry and 是否延续; no career is asked, so none is shown."""
    document = opened(full("class2_continuation").file())

    assert ["建筑工程", "2027年5月19日", "是"] in rows_of(document)
    assert ["市政公用工程", "2028年2月29日", "否"] in rows_of(document)
    assert "申请注册专业" not in words_of(document).replace("\n", "")
    assert "工作简历" not in words_of(document)


def test_a_first_registration_has_no_block_of_an_earlier_one() -> None:
    """DOC-06."""
    assert "执业印章号" not in words_of(opened(little("class2_initial_registration").file()))
    assert "执业印章号" in words_of(opened(full("class2_re_registration").file()))


def test_a_specialty_that_is_no_longer_valid_says_so() -> None:
    """DOC-06, DOC-09, FS-REG: what was deregistered before is not taken for what stays."""
    gone = SNAPSHOT["registration"]["specialties"][0] | {"state": "deregistered"}
    snapshot = SNAPSHOT | {"registration": SNAPSHOT["registration"] | {"state": "deregistered", "specialties": [gone]}}

    again = opened(Sample("class2_re_registration", snapshot, DOCUMENT).file())
    assert beside(again, "原注册专业及有效期") == ["建筑工程（2024年5月20日至2027年5月19日，已注销）"]
    ending = rows_of(opened(Sample("class2_deregistration", snapshot, DOCUMENT | {"specialties": []}).file()))
    assert ["建筑工程（已注销）", "2024年5月20日至2027年5月19日", "否"] in ending


def test_a_change_shows_before_and_after_and_leaves_the_rest_blank() -> None:
    """DOC-07, R-000-17."""
    rows = rows_of(opened(full("class2_personal_info_change").file()))

    assert ["姓名", "雷明辉", "雷鸣辉"] in [row[-3:] for row in rows]
    assert ["学历", "本科", "硕士研究生"] in rows
    assert ["证件号码", "110000199307129519", ""] in rows  # entered again, but the same
    assert ["性别", "男", ""] in rows


def test_a_deregistration_ticks_who_applies_and_why() -> None:
    """DOC-09: every reason is on paper, the one that holds is marked."""
    document = opened(full("class2_deregistration").file())

    assert ["建筑工程", "2024年5月20日至2027年5月19日", "是"] in rows_of(document)
    assert beside(document, "注 销 人") == ["■ 本人　　□ 聘用单位"]
    (reasons,) = beside(document, "注销原因")
    marked = [line for line in reasons.split("\n") if line.startswith("■")]
    assert marked == [f"■ {REASONS['contract_ended']}"]
    assert len(reasons.split("\n")) == len(REASONS)


def test_an_enterprise_change_lists_all_its_certificates() -> None:
    """DOC-10."""
    document = opened(full("class2_enterprise_info_change").file())

    assert beside(document, "变更证书") == ["本单位名下全部有效证书，共 8 本，见所附清单。"]
    assert ["2", "京211202401187", "王建华", "二级建造师注册证书"] in rows_of(document)
    assert beside(document, "注册地址") == [EMPLOYER["registered_address"]] * 2
    assert beside(document, "组织机构代码") == ["XA000001-5"] * 2  # as the pages show it
    assert "变更证书清单" not in words_of(opened(little("class2_enterprise_info_change").file()))


def test_a_correction_is_printed_filled_and_empty() -> None:
    """DOC-11: the empty form is for everybody, so it has no number, no code and no print time."""
    filled = opened(Sample("qualification_info_correction", SNAPSHOT, DOCUMENT | {"reason": "reissued"}).file())
    assert beside(filled, "姓　　名")[:1] == ["雷明辉"]
    assert ["证件号码", "110000199307129510", "110000199307129519"] in rows_of(filled)
    assert beside(filled, "修改原因") == ["□ 身份信息不一致　　■ 证书补办　　□ 其他"]

    content = empty_file("qualification_info_correction")
    empty = opened(content)
    assert beside(empty, "资格证书编号") == [""]
    assert beside(empty, "修改原因") == ["□ 身份信息不一致　　□ 证书补办　　□ 其他"]
    assert empty.sections[0].footer.paragraphs[0].text.startswith("第 ")
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert not [name for name in package.namelist() if name.startswith("word/media/")]


@pytest.mark.parametrize(
    ("document", "period"),
    [
        ({"contract_type": "open_ended", "contract_start": "2026-06-01", "contract_end": None}, "自2026年6月1日起"),
        ({"contract_type": "fixed_term", "contract_start": "2026-06-01", "contract_end": None}, "2026年6月1日至"),
        ({"contract_type": "open_ended", "contract_start": None}, ""),
    ],
)
def test_a_contract_may_lack_its_end(document: dict[str, object], period: str) -> None:
    """FS-CONTRACT."""
    printed = opened(Sample("class2_employer_transfer", SNAPSHOT, document).file())
    assert beside(printed, "合同期限") == [period]


@EVERY_LINE
@pytest.mark.parametrize("snapshot", [{}, dict.fromkeys(SNAPSHOT)])
def test_what_is_missing_prints_as_an_empty_cell(line: str, snapshot: dict[str, None]) -> None:
    """R-2.7-1: never a word for nothing."""
    words = words_of(opened(Sample(line, snapshot, dict.fromkeys(DOCUMENT)).file()))
    assert not [sign for sign in ("None", "Undefined", "null", "{{", "{%", "[]") if sign in words]


@EVERY_LINE
def test_there_is_room_to_sign_and_seal(line: str) -> None:
    """4.4: the signature, the seal and the opinions of those who confirm and review."""
    words = words_of(opened(full(line).file()))
    reviewed = line != "qualification_info_correction"
    assert words.count("（单位公章）") == (0 if not reviewed else 2 if line in TWO_SEALS else 1)
    assert ("区县住房城乡建设主管部门意见" in words) == reviewed
    assert ("市住房城乡建设主管部门意见" in words) == reviewed
    assert "年　　月　　日" in words
    assert any(sign in words for sign in ("（签名）", "（签名或者盖章）"))


TWO_SEALS = ("class2_employer_transfer", "class2_enterprise_info_change")


# -- what every page has


@EVERY_LINE
def test_number_print_time_and_pages_stand_at_the_foot(line: str) -> None:
    footer = opened(full(line).file()).sections[0].footer

    assert footer.paragraphs[0].text.startswith(f"业务编号：{NUMBER}　　打印时间：2026-06-15 14:02　　第 ")
    fields = [found.text for found in footer._element.iter(f"{W}instrText")]
    assert fields == ["PAGE", "NUMPAGES"]


@EVERY_LINE
def test_the_page_is_a4_in_simsun_and_names_no_tool(line: str) -> None:
    """4.4."""
    document = opened(full(line).file())
    section = document.sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)

    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(f"{W}eastAsia") == "SimSun"
    properties = document.core_properties
    assert (properties.title, properties.author, properties.comments) == (LINES[line][1], "", "")
    assert (properties.language, properties.last_modified_by) == ("zh-CN", "")
    assert properties.created == properties.modified == datetime(2026, 6, 15, 6, 2, tzinfo=UTC)


@EVERY_LINE
def test_the_title_stands_over_the_number(line: str) -> None:
    """DOC-06: the title is that of the line."""
    title, _, number = rows_of(opened(full(line).file()))[0][1].rpartition("\n")
    assert title.replace("\n", "") == LINES[line][1]
    assert number == f"业务编号：{NUMBER}"


@EVERY_LINE
def test_the_qr_code_is_a_sharp_picture_with_a_description(line: str) -> None:
    """4.4."""
    with Image.open(io.BytesIO(qr_png(NUMBER))) as code:
        assert code.width == code.height >= 200
    with zipfile.ZipFile(io.BytesIO(full(line).file())) as package:
        pictures = [name for name in package.namelist() if name.startswith("word/media/")]
        assert len(pictures) == 1
        assert package.read(pictures[0]) == qr_png(NUMBER)
        assert f"业务编号 {NUMBER} 的二维码" in package.read("word/document.xml").decode()


@pytest.mark.parametrize("line", ["class2_initial_registration", "class2_enterprise_info_change"])
def test_the_head_of_a_long_list_is_repeated_on_the_next_page(line: str) -> None:
    """DOC-06, DOC-10."""
    heads = [
        row for row in opened(long(line).file()).element.iter(f"{W}tr") if row.find(f".//{W}tblHeader") is not None
    ]
    assert len(heads) == 1
    table = heads[0].getparent()
    assert table.findall(f"{W}tr")[0] is heads[0]
    assert len(table.findall(f"{W}tr")) == len(long(line).context()[LISTS[line]]) + 1


LISTS = {"class2_initial_registration": "resume", "class2_enterprise_info_change": "certificates"}


# -- the file


@EVERY_LINE
@EVERY_SIZE
def test_the_package_is_whole_and_its_parts_stand_in_the_order_of_the_standard(line: str, size) -> None:
    """R-2.8-1."""
    with zipfile.ZipFile(io.BytesIO(size(line).file())) as package:
        assert package.testzip() is None
        names = package.namelist()
        assert len(names) == len(set(names))
        parts = {name: etree.fromstring(package.read(name)) for name in names if name.endswith((".xml", ".rels"))}
    types = parts["[Content_Types].xml"]
    known = {one.get("Extension") for one in types} | {str(one.get("PartName")).lstrip("/") for one in types}
    assert [name for name in names if not {name, name.rpartition(".")[2]} & known] == []
    root = parts["word/document.xml"]
    targets = {one.get("Id") for one in parts["word/_rels/document.xml.rels"]}
    assert {each for node in root.iter() for name, each in node.items() if name == qn("r:embed")} <= targets
    for name, order in ORDERS.items():
        for properties in root.iter(f"{W}{name}"):
            found = [etree.QName(child).localname for child in properties]
            assert found == sorted(found, key=order.index)
    for cell in root.iter(f"{W}tc"):
        assert etree.QName(cell[-1]).localname == "p"  # Word asks for one at the end of every cell
    for table in root.iter(f"{W}tbl"):
        columns = len(table.findall(f"{W}tblGrid/{W}gridCol"))
        assert table.findall(f"{W}tr")
        for row in table.iter(f"{W}tr"):
            spans = [cell.find(f"{W}tcPr/{W}gridSpan") for cell in row.iter(f"{W}tc")]
            assert sum(1 if span is None else int(str(span.get(f"{W}val"))) for span in spans) == columns


ORDERS = {
    "tcPr": ["tcW", "gridSpan", "vMerge", "shd", "vAlign"],
    "tblPr": ["tblStyle", "tblW", "jc", "tblLayout", "tblCellMar", "tblLook"],
    "pPr": ["keepNext", "keepLines", "pageBreakBefore", "spacing", "jc", "rPr"],
    "rPr": ["rFonts", "b", "w", "sz", "szCs"],
}


def test_signs_of_markup_and_of_templates_in_a_value_stay_text() -> None:
    """R-2.8-1: whatever somebody enters, the file opens and shows it."""
    for name in ("<w:p>&雷", "{{ number }}", "{% if %}", "雷'\"", "R&amp;D"):
        snapshot = SNAPSHOT | {"person": SNAPSHOT["person"] | {"name": name}}
        printed = opened(Sample("class2_employer_transfer", snapshot, DOCUMENT).file())
        assert beside(printed, "姓　　名")[0] == name


def test_signs_that_paper_does_not_know_are_left_out() -> None:
    """R-2.8-1."""
    snapshot = SNAPSHOT | {"person": SNAPSHOT["person"] | {"name": "雷\x00\x0b\x0c明\ufffe辉\x07"}}
    printed = opened(Sample("class2_employer_transfer", snapshot, DOCUMENT).file())
    assert beside(printed, "姓　　名")[0] == "雷明辉"


def test_there_is_no_document_without_a_template() -> None:
    with pytest.raises(KeyError, match="\\.\\./secret"):
        render("../secret", {"number": ""}, None)
