"""DOC-08: a real Word file with everything that was entered, and empty cells where nothing was."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import UTC, datetime
from typing import Any

import pytest
from docx import Document
from docx.document import Document as WordDocument
from lxml import etree
from PIL import Image

from exports.employer_transfer_form import TITLE, EmployerTransferForm, render
from exports.word import long_day, qr_png

PRINTED_AT = datetime(2026, 6, 15, 6, 2, tzinfo=UTC)
NUMBER = "BJ20260615000001"
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"

EMPLOYER = {
    "registered_address": "北京市海淀区砚池路1号",
    "legal_representative": "郑立行",
    "qualification_category_grade": "建筑工程施工总承包一级",
    "qualification_no": "D1110000101",
    "contact_person": "陈晓",
    "contact_phone": "010-00000001",
}
SNAPSHOT: dict[str, Any] = {
    "person": {
        "name": "雷明辉",
        "gender": "male",
        "birth_date": "1993-07-12",
        "id_type": "resident_id",
        "id_number": "110000199307129519",
        "ethnicity": "汉族",
        "education": "bachelor",
        "degree": "bachelor",
        "school": "北方工程学院",
        "major": "土木工程",
        "mobile": "19900000051",
        "email": "lei@example.com",
    },
    "registration": {
        "registration_no": "京211202401186",
        "seal_no": "京2112024011860101",
        "specialties": [
            {"specialty": "building", "issue_date": "2024-05-20", "expiry_date": "2027-05-19", "state": "valid"},
            {"specialty": "municipal", "issue_date": "2025-03-01", "expiry_date": "2028-02-29", "state": "valid"},
        ],
    },
    "old_employer": EMPLOYER | {"enterprise_name": "北京启岩建筑有限公司", "uscc": "91110000XA0000023P"},
    "new_employer": EMPLOYER | {"enterprise_name": "北京恒筑建设工程有限公司", "uscc": "91110000XA0000015W"},
}
CONTRACT = {"contract_type": "fixed_term", "contract_start": "2026-06-01", "contract_end": "2029-05-31"}


def rendered(snapshot: dict[str, Any], document: dict[str, Any]) -> bytes:
    return render(EmployerTransferForm.of(NUMBER, snapshot, document, printed_at=PRINTED_AT))


def opened(content: bytes) -> WordDocument:
    return Document(io.BytesIO(content))


def cells_of(document: WordDocument) -> list[str]:
    """The texts of all cells, each once."""
    seen: dict[Any, str] = {}
    for table in document.tables:
        for row in table.rows:
            for cell in row.cells:
                seen[cell._tc] = cell.text
    return list(seen.values())


def beside(document: WordDocument, label: str) -> list[str]:
    """The texts of the cells after a label in its row."""
    for row in document.tables[1].rows:
        texts = list(dict.fromkeys((cell._tc, cell.text) for cell in row.cells))
        words = [text for _, text in texts]
        if label in words:
            return words[words.index(label) + 1 :]
    raise AssertionError(f"no label {label}")


def test_everything_that_was_entered_is_printed() -> None:
    document = opened(rendered(SNAPSHOT, CONTRACT))

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
    assert beside(document, "合同类型") == ["固定期限"]
    assert beside(document, "合同期限") == ["2026年6月1日至2029年5月31日"]


def test_the_form_has_room_for_signature_two_seals_and_both_commissions() -> None:
    texts = "\n".join(cells_of(opened(rendered(SNAPSHOT, CONTRACT))))

    for words in ("申请人（签名）", "原聘用单位意见", "现聘用单位意见", "区县住房城乡建设主管部门意见"):
        assert texts.count(words) == 1
    assert texts.count("（单位公章）") == 2
    assert "市住房城乡建设主管部门意见" in texts


@pytest.mark.parametrize(
    "empty", [{}, {"person": None, "registration": None, "old_employer": None, "new_employer": None}]
)
def test_what_is_missing_prints_as_an_empty_cell(empty: dict[str, Any]) -> None:
    content = rendered(empty, {"contract_type": None, "contract_start": None, "contract_end": None})

    document = opened(content)
    assert beside(document, "姓　　名") == ["", "性　　别", ""]
    assert beside(document, "单位名称") == ["", ""]
    assert beside(document, "合同期限") == [""]
    assert not any(word in text for text in cells_of(document) for word in ("None", "null", "nan"))


@pytest.mark.parametrize(
    ("document", "period"),
    [
        ({"contract_type": "open_ended", "contract_start": "2026-06-01", "contract_end": None}, "自2026年6月1日起"),
        ({"contract_type": "fixed_term", "contract_start": "2026-06-01", "contract_end": None}, "2026年6月1日至"),
        ({"contract_type": "open_ended", "contract_start": None}, ""),
    ],
)
def test_a_contract_may_lack_its_end(document: dict[str, Any], period: str) -> None:
    assert beside(opened(rendered(SNAPSHOT, document)), "合同期限") == [period]


def test_number_print_time_and_pages_stand_at_the_foot() -> None:
    content = rendered(SNAPSHOT, CONTRACT)
    footer = opened(content).sections[0].footer

    assert footer.paragraphs[0].text.startswith(f"业务编号：{NUMBER}　　打印时间：2026-06-15 14:02　　第 ")
    fields = [found.text for found in footer._element.iter(f"{W}instrText")]
    assert fields == ["PAGE", "NUMPAGES"]


def test_the_page_is_a4_in_simsun_and_names_no_tool() -> None:
    document = opened(rendered(SNAPSHOT, CONTRACT))
    section = document.sections[0]
    assert section.page_width is not None
    assert section.page_height is not None
    assert (round(section.page_width.mm), round(section.page_height.mm)) == (210, 297)

    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(f"{W}eastAsia") == "SimSun"
    properties = document.core_properties
    assert (properties.title, properties.author, properties.comments, properties.language) == (TITLE, "", "", "zh-CN")


def test_the_qr_code_is_a_sharp_picture_with_a_description() -> None:
    content = rendered(SNAPSHOT, CONTRACT)

    with Image.open(io.BytesIO(qr_png(NUMBER))) as code:
        assert code.width == code.height >= 200
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        pictures = [name for name in package.namelist() if name.startswith("word/media/")]
        assert len(pictures) == 1
        assert package.read(pictures[0]) == qr_png(NUMBER)
        assert f"业务编号 {NUMBER} 的二维码" in package.read("word/document.xml").decode()


def test_the_package_is_whole_and_its_properties_stand_in_the_order_of_the_standard() -> None:
    with zipfile.ZipFile(io.BytesIO(rendered(SNAPSHOT, CONTRACT))) as package:
        assert package.testzip() is None
        assert "[Content_Types].xml" in package.namelist()
        root = etree.fromstring(package.read("word/document.xml"))
    orders = {
        "tcPr": ["tcW", "gridSpan", "vMerge", "shd", "vAlign"],
        "tblPr": ["tblStyle", "tblW", "jc", "tblLayout", "tblCellMar", "tblLook"],
    }
    for name, order in orders.items():
        for properties in root.iter(f"{W}{name}"):
            found = [etree.QName(child).localname for child in properties]
            assert found == sorted(found, key=order.index)
    for row in root.iter(f"{W}tr"):
        spans = [int(span.get(f"{W}val", "1")) for span in row.iter(f"{W}gridSpan")]
        plain = len([cell for cell in row.iter(f"{W}tc") if cell.find(f".//{W}gridSpan") is None])
        assert sum(spans) + plain in (3, 7)


def test_signs_of_markup_in_a_name_stay_text() -> None:
    snapshot = SNAPSHOT | {"person": SNAPSHOT["person"] | {"name": "<w:p>&雷"}}
    assert beside(opened(rendered(snapshot, CONTRACT)), "姓　　名")[0] == "<w:p>&雷"


def test_days_are_written_the_chinese_way() -> None:
    assert long_day("2026-06-01") == "2026年6月1日"
    assert long_day(None) == long_day("") == ""
    assert not re.search(r"\b0\d月", long_day("2026-06-01"))
