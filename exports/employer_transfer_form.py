"""DOC-08 执业企业变更申请表: the form of an employer transfer, to print, sign, have stamped twice and upload (2.14).

Built from the snapshot that the application keeps (R-D-02), so it shows what was applied for whatever the books
say later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from docx.shared import Pt
from docx.table import Table, _Row

from exports import word
from registry.labels import CONTRACT_TYPES, DEGREES, EDUCATIONS, GENDERS, ID_TYPES, SPECIALTIES, label_of

TITLE = "二级建造师执业企业变更申请表"

# One grid for all rows, so that their lines meet: side label, label, then the borders of values, halves and boxes.
_WIDTHS = (10, 34, 48, 5, 12, 12, 53)
_PAIR = (1, 1, 2, 2, 1)
_WIDE = (1, 1, 5)
_HALVES = (1, 1, 3, 2)
_BOXES = (1, 2, 4)
_STATEMENT = (1, 6)
_ROW_HEIGHT = 7.5

_NOTE = "说明：本表由申请人签名、原聘用单位和现聘用单位盖章后扫描上传。填报内容修改后，须重新导出、签名、盖章。"


@dataclass(frozen=True, slots=True)
class EmployerColumn:
    """One of the two employers, as printed."""

    name: str = ""
    uscc: str = ""
    address: str = ""
    legal_representative: str = ""
    qualification: str = ""
    contact: str = ""

    @classmethod
    def of(cls, employer: Mapping[str, Any] | None) -> EmployerColumn:
        known = employer or {}
        return cls(
            name=known.get("enterprise_name") or "",
            uscc=known.get("uscc") or "",
            address=known.get("registered_address") or "",
            legal_representative=known.get("legal_representative") or "",
            qualification=_joined("\n", known.get("qualification_category_grade"), known.get("qualification_no")),
            contact=_joined(" ", known.get("contact_person"), known.get("contact_phone")),
        )


@dataclass(frozen=True, slots=True)
class EmployerTransferForm:
    """What the document prints; an empty text prints as an empty cell."""

    number: str
    printed_at: datetime
    name: str
    gender: str
    id_type: str
    id_number: str
    birth_date: str
    ethnicity: str
    education: str
    school: str
    mobile: str
    email: str
    registration_no: str
    seal_no: str
    specialties: tuple[str, ...]
    old_employer: EmployerColumn
    new_employer: EmployerColumn
    contract_type: str
    contract_period: str

    @classmethod
    def of(
        cls, number: str, snapshot: Mapping[str, Any], document: Mapping[str, Any], *, printed_at: datetime
    ) -> EmployerTransferForm:
        """The form of an application, from its snapshot and its form document."""
        person = snapshot.get("person") or {}
        registration = snapshot.get("registration") or {}
        return cls(
            number=number,
            printed_at=printed_at,
            name=person.get("name") or "",
            gender=label_of(GENDERS, person.get("gender")).zh,
            id_type=label_of(ID_TYPES, person.get("id_type")).zh,
            id_number=person.get("id_number") or "",
            birth_date=word.long_day(person.get("birth_date")),
            ethnicity=person.get("ethnicity") or "",
            education=_education(person),
            school=_joined("，", person.get("school"), person.get("major")),
            mobile=person.get("mobile") or "",
            email=person.get("email") or "",
            registration_no=registration.get("registration_no") or "",
            seal_no=registration.get("seal_no") or "",
            specialties=tuple(_specialty(each) for each in registration.get("specialties") or ()),
            old_employer=EmployerColumn.of(snapshot.get("old_employer")),
            new_employer=EmployerColumn.of(snapshot.get("new_employer")),
            contract_type=label_of(CONTRACT_TYPES, document.get("contract_type")).zh,
            contract_period=_period(document),
        )


def render(form: EmployerTransferForm) -> bytes:
    """The Word document (OOXML)."""
    document = word.new_form(TITLE, form.printed_at)
    word.add_heading(document, TITLE, form.number)
    table = word.ruled_table(document, _WIDTHS)
    _person(table, form)
    _registration(table, form)
    _employers(table, form)
    _contract(table, form)
    _statement(table)
    _opinions(table)
    word.add_note(document, _NOTE)
    word.add_footer(document, form.number, form.printed_at)
    return word.file_of(document)


def _person(table: Table, form: EmployerTransferForm) -> None:
    rows = [
        _pair(table, "姓　　名", form.name, "性　　别", form.gender),
        _pair(table, "证件类型", form.id_type, "证件号码", form.id_number),
        _pair(table, "出生日期", form.birth_date, "民　　族", form.ethnicity),
        _pair(table, "学历学位", form.education, "院校专业", form.school),
        _pair(table, "手 机 号", form.mobile, "电子邮箱", form.email),
    ]
    _side(rows, "申请人")


def _registration(table: Table, form: EmployerTransferForm) -> None:
    rows = [_pair(table, "注册编号", form.registration_no, "执业印章号", form.seal_no)]
    rows.append(_wide(table, "注册专业及有效期", *form.specialties))
    _side(rows, "注册")


def _employers(table: Table, form: EmployerTransferForm) -> None:
    old, new = form.old_employer, form.new_employer
    rows = []
    for name, before, after in (
        ("", "原聘用单位", "现聘用单位"),
        ("单位名称", old.name, new.name),
        ("统一社会信用代码", old.uscc, new.uscc),
        ("注册地址", old.address, new.address),
        ("法定代表人", old.legal_representative, new.legal_representative),
        ("资质类别及等级", old.qualification, new.qualification),
        ("联系人及电话", old.contact, new.contact),
    ):
        row, (_, left, middle, right) = word.add_row(table, _HALVES, height=_ROW_HEIGHT)
        word.label(left, name)
        for cell, value in ((middle, before), (right, after)):
            if name:
                word.write(cell, value)
            else:
                word.label(cell, value)
        rows.append(row)
    _side(rows, "聘用单位")


def _contract(table: Table, form: EmployerTransferForm) -> None:
    rows = [_wide(table, "合同类型", form.contract_type), _wide(table, "合同期限", form.contract_period)]
    _side(rows, "合同")


def _statement(table: Table) -> None:
    row, (_, cell) = word.add_row(table, _STATEMENT, height=19)
    word.write(
        cell, "　　本人与现聘用单位签订的劳动合同、本表所填内容及所附材料真实、有效，如有不实，本人承担相应责任。"
    )
    signature = cell.add_paragraph()
    signature.alignment = word.RIGHT
    signature.paragraph_format.space_before = Pt(6)
    word.text(signature, "申请人（签名）：　　　　　　　　　　　　　年　　月　　日　")
    _side([row], "声明")


def _opinions(table: Table) -> None:
    seal = ("法定代表人（签字）：", "（单位公章）", "年　　月　　日　")
    row, (_, old, new) = word.add_row(table, _BOXES, height=43)
    word.opinion_box(old, "原聘用单位意见：", seal, room=11)
    word.opinion_box(new, "现聘用单位意见：", seal, room=11)
    _side([row], "单位意见")
    sign = ("经办人（签字）：", "（盖章）", "年　　月　　日　")
    row, (_, district, city) = word.add_row(table, _BOXES, height=40)
    word.opinion_box(district, "区县住房城乡建设主管部门意见：", sign, room=10)
    word.opinion_box(city, "市住房城乡建设主管部门意见：", sign, room=10)
    _side([row], "审核意见")


def _pair(table: Table, first: str, value: str, second: str, other: str) -> _Row:
    row, (_, left, left_value, right, right_value) = word.add_row(table, _PAIR, height=_ROW_HEIGHT)
    word.label(left, first)
    word.write(left_value, value)
    word.label(right, second)
    word.write(right_value, other)
    return row


def _wide(table: Table, name: str, *values: str) -> _Row:
    """One label and its values, each on a line of its own."""
    row, (_, left, cell) = word.add_row(table, _WIDE, height=_ROW_HEIGHT)
    word.label(left, name)
    word.write(cell, values[0] if values else "")
    for each in values[1:]:
        word.text(cell.add_paragraph(), each)
    return row


def _side(rows: list[_Row], words: str) -> None:
    word.side_label(rows[0].cells[0], rows[-1].cells[0], words)


def _education(person: Mapping[str, Any]) -> str:
    degree = "" if person.get("degree") == "none" else label_of(DEGREES, person.get("degree")).zh
    return _joined("，", label_of(EDUCATIONS, person.get("education")).zh, degree)


def _specialty(entry: Mapping[str, Any]) -> str:
    name = label_of(SPECIALTIES, entry.get("specialty")).zh
    first, last = word.long_day(entry.get("issue_date")), word.long_day(entry.get("expiry_date"))
    return f"{name}（{first}至{last}）" if first and last else name


def _period(document: Mapping[str, Any]) -> str:
    """From day to day; a contract without an end has only a beginning, one not filled in yet has blanks to write."""
    start, end = word.long_day(document.get("contract_start")), word.long_day(document.get("contract_end"))
    if document.get("contract_type") == "open_ended":
        return f"自{start}起" if start else ""
    return f"{start}至{end}" if start or end else ""


def _joined(sign: str, *parts: str | None) -> str:
    return sign.join(part for part in parts if part)
