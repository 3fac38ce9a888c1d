"""Applications to print: small forms of the lines, and what a person may have filled in, in full, hardly, at length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from exports.context import CHANGEABLE, context
from exports.word import render
from forms import Choice, Field, Form, Section
from kernel.texts import Text
from registry import labels

PRINTED_AT = datetime(2026, 6, 15, 6, 2, tzinfo=UTC)
NUMBER = "BJ20260615000001"

REASONS = {
    "bankruptcy": "聘用单位破产",
    "licence_revoked": "聘用单位被吊销营业执照",
    "qualification_revoked": "聘用单位被吊销或撤回资质证书",
    "contract_ended": "已与聘用单位解除劳动合同",
    "not_continued": "注册有效期满未延续",
    "over_65": "年龄超过65周岁",
    "death_or_incapacity": "死亡或不具有完全民事行为能力",
    "other": "其他",
}
_APPLICANTS = {"individual": "本人", "employer": "聘用单位"}
_CORRECTED = {"identity_differs": "身份信息不一致", "reissued": "证书补办", "other": "其他"}


def field(key: str, kind: str = "text", choices: Mapping[str, str | Text] | None = None) -> Field:
    options = tuple(
        Choice(value, label if isinstance(label, Text) else Text(label, value))
        for value, label in (choices or {}).items()
    )
    return Field(key, kind, Text(key, key), Text(key, key), choices=options)


def form(key: str, *fields: Field) -> Form:
    return Form(key, Text(key, key), (Section("all", Text("全部", "All"), fields),), {}, "")


_CONTRACT = (
    field("contract_type", "radio", labels.CONTRACT_TYPES),
    field("contract_start", "date"),
    field("contract_end", "date"),
)
_SPECIALTIES = field("specialties", "checklist", labels.SPECIALTIES)
_CAREER = (field("professional_title"), field("work_start_date", "date"), field("resume", "textarea"))
_CHOICES = {
    "gender": labels.GENDERS,
    "id_type": labels.ID_TYPES,
    "education": labels.EDUCATIONS,
    "degree": labels.DEGREES,
}
_KINDS = dict.fromkeys(_CHOICES, "select") | {"birth_date": "date"}

FORMS = {
    made.key: made
    for made in (
        form("class2_initial_registration", _SPECIALTIES, *_CONTRACT, *_CAREER),
        form("class2_re_registration", _SPECIALTIES, *_CONTRACT, *_CAREER),
        form("class2_specialty_addition", _SPECIALTIES, *_CONTRACT),
        form("class2_continuation", _SPECIALTIES, *_CONTRACT),
        form(
            "class2_personal_info_change",
            *(field(f"new_{name}", _KINDS.get(name, "text"), _CHOICES.get(name)) for name in CHANGEABLE),
        ),
        form("class2_employer_transfer", field("new_employer", "employer_lookup"), *_CONTRACT),
        form(
            "class2_deregistration",
            _SPECIALTIES,
            field("applicant", "radio", _APPLICANTS),
            field("reason", "select", REASONS),
            field("reason_text", "textarea"),
        ),
        form("class2_enterprise_info_change", field("contact_person"), field("contact_phone")),
        form(
            "qualification_info_correction",
            field("qualification_certificate_no"),
            field("specialty", "select", labels.SPECIALTIES),
            field("pass_year", "number"),
            *(field(f"{side}_{what}") for what in ("name", "id_number") for side in ("wrong", "correct")),
            field("reason", "radio", _CORRECTED),
            field("reason_text", "textarea"),
        ),
    )
}

# The template and the title of each line.
LINES = {
    "class2_initial_registration": ("class2_application", "二级建造师初始注册申请表"),
    "class2_re_registration": ("class2_application", "二级建造师重新注册申请表"),
    "class2_specialty_addition": ("class2_application", "二级建造师增项注册申请表"),
    "class2_continuation": ("class2_application", "二级建造师延续注册申请表"),
    "class2_personal_info_change": ("personal_info_change", "二级建造师人员信息变更申请表"),
    "class2_employer_transfer": ("employer_transfer", "二级建造师执业企业变更申请表"),
    "class2_deregistration": ("deregistration", "二级建造师注销注册申请表"),
    "class2_enterprise_info_change": ("enterprise_info_change", "二级建造师企业信息变更申请表"),
    "qualification_info_correction": (
        "qualification_correction",
        "北京市二级建造师执业资格合格人员信息修改申请表（2020版）",
    ),
}

EMPLOYER = {
    "enterprise_name": "北京恒筑建设工程有限公司",
    "uscc": "91110000XA0000015W",
    "org_code": "XA0000015",
    "enterprise_type": "construction",
    "registered_address": "北京市海淀区砚池路1号",
    "district": "海淀区",
    "supervising_district": "海淀区",
    "legal_representative": "郑立行",
    "qualification_category_grade": "建筑工程施工总承包一级",
    "qualification_no": "D1110000101",
    "contact_person": "陈晓",
    "contact_phone": "010-00000001",
}
OLD_EMPLOYER = EMPLOYER | {"enterprise_name": "北京启岩建筑有限公司", "uscc": "91110000XA0000023P"}
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
        "graduation_date": "2015-07-01",
        "mobile": "19900000051",
        "email": "lei@example.com",
        "postal_address": "北京市朝阳区望和路18号院3号楼2单元501室",
        "postcode": "100020",
    },
    "registration": {
        "registration_no": "京211202401186",
        "seal_no": "京2112024011860101",
        "state": "valid",
        "specialties": [
            {"specialty": "building", "issue_date": "2024-05-20", "expiry_date": "2027-05-19", "state": "valid"},
            {"specialty": "municipal", "issue_date": "2025-03-01", "expiry_date": "2028-02-29", "state": "valid"},
        ],
    },
    "old_employer": OLD_EMPLOYER,
    "new_employer": EMPLOYER,
    "qualifications": [
        {"specialty": "building", "certificate_no": "京建考2019-0041182", "pass_year": 2019},
        {"specialty": "municipal", "certificate_no": "京建考2021-0077310", "pass_year": 2021},
    ],
    "enterprise_before": OLD_EMPLOYER,
    "enterprise_after": EMPLOYER,
    "certificates": [
        {"registration_no": f"京2112024{index:05}", "name": f"王建{sign}", "kind": "二级建造师注册证书"}
        for index, sign in enumerate("国华民军平伟明辉", start=1186)
    ],
}
DOCUMENT: dict[str, Any] = {
    "new_employer": "91110000XA0000015W",
    "contract_type": "fixed_term",
    "contract_start": "2026-06-01",
    "contract_end": "2029-05-31",
    "specialties": ["building"],
    "professional_title": "工程师",
    "work_start_date": "2015-08-01",
    "resume": "2015年8月至2019年6月　北京启岩建筑有限公司　技术员\n2019年7月至今　北京恒筑建设工程有限公司　项目技术负责人",
    "new_name": "雷鸣辉",
    "new_id_number": "110000199307129519",
    "new_education": "master",
    "new_mobile": "19900000052",
    "applicant": "individual",
    "reason": "contract_ended",
    "reason_text": "本人已于2026年5月31日与单位解除劳动合同，不再从事相关工作。",
    "contact_person": "陈晓",
    "contact_phone": "010-00000001",
    "qualification_certificate_no": "京建考2019-0041182",
    "specialty": "building",
    "pass_year": 2019,
    "wrong_name": "雷鸣辉",
    "correct_name": "雷明辉",
    "wrong_id_number": "110000199307129510",
    "correct_id_number": "110000199307129519",
}

# Only what the field sets require (2.0.2), and a draft of which nothing is filled in.
_REQUIRED_OF_PERSON = (
    "name",
    "gender",
    "birth_date",
    "id_type",
    "id_number",
    "ethnicity",
    "education",
    "school",
    "mobile",
)
_OPTIONAL_OF_EMPLOYER = ("enterprise_type", "qualification_category_grade", "qualification_no")
_LITTLE_EMPLOYER = EMPLOYER | dict.fromkeys(_OPTIONAL_OF_EMPLOYER)
LITTLE: dict[str, Any] = {
    "person": {name: SNAPSHOT["person"][name] for name in _REQUIRED_OF_PERSON} | {"degree": "none", "email": None},
    "registration": None,
    "old_employer": None,
    "new_employer": _LITTLE_EMPLOYER,
    "qualifications": [],
    "enterprise_before": _LITTLE_EMPLOYER,
    "enterprise_after": _LITTLE_EMPLOYER,
    "certificates": [],
}


def _longer(value: Any) -> Any:
    """Names and texts at the length of their field, lists with many entries."""
    if isinstance(value, dict):
        return {name: _LONGEST.get(name) or _longer(each) for name, each in value.items()}
    return value


_LONGEST = {
    "name": "阿卜杜拉·麦麦提敏·买买提江·阿布都热合曼·艾山江",
    "correct_name": "阿卜杜拉·麦麦提敏·买买提江·阿布都热合曼·艾山江",
    "id_type": "hk_macao_permit",
    "ethnicity": "未识别民族（外国血统中国籍人士）",
    "school": "北京市与中关村联合大学应用科学与工程技术职业学院" * 4,
    "major": "建筑工程技术与项目管理（建筑信息模型方向）" * 4,
    "email": "a-very-long-mailbox-name.with.many.parts.and.no.blank@mail.department.university.example.com",
    "postal_address": "北京市北京经济技术开发区荣华街道科创十四街二十号院十二号楼三单元一千二百零一室" * 5,
    "enterprise_name": "北京市城乡建设与市政基础设施综合开发工程技术服务股份有限公司第十二分公司" * 5,
    "registered_address": "北京市北京经济技术开发区荣华街道科创十四街二十号院十二号楼三单元一千二百零一室" * 5,
    "qualification_category_grade": "建筑工程施工总承包特级、市政公用工程施工总承包一级、机电工程施工总承包一级" * 5,
    "legal_representative": "阿卜杜拉·麦麦提敏·买买提江·阿布都热合曼·艾山江",
    "contact_person": "阿卜杜拉·麦麦提敏·买买提江·阿布都热合曼·艾山江",
    "professional_title": "正高级工程师（建设工程管理、市政公用工程、机电工程）",
    "resume": "\n".join(
        f"{year}年1月至{year}年12月　北京市城乡建设与市政基础设施综合开发工程技术服务股份有限公司第十二分公司　第{year - 1985}项目部，先后任技术员、施工员、质量员、项目副经理，负责现场管理"
        for year in range(1986, 2026)
    ),
    "reason_text": "因所在单位经营调整，本人所在项目部已经撤销，双方协商一致解除劳动合同。" * 14,
    "postcode": "100176",
}
LONG = _longer(SNAPSHOT) | {
    "registration": SNAPSHOT["registration"]
    | {
        "specialties": [
            {"specialty": name, "issue_date": "2024-12-20", "expiry_date": "2027-12-19", "state": "valid"}
            for name in labels.SPECIALTIES
        ]
    },
    "qualifications": [
        {"specialty": name, "certificate_no": f"京建考2019-{'0041182' * 3}", "pass_year": 2019}
        for name in labels.SPECIALTIES
    ],
    "certificates": [
        {"registration_no": f"京2112024{index:05}", "name": _LONGEST["name"], "kind": "二级建造师注册证书"}
        for index in range(1, 101)
    ],
}
LONG_DOCUMENT = _longer(DOCUMENT) | {
    "specialties": [*labels.SPECIALTIES],
    "new_name": _LONGEST["name"] + "·甲",
    "new_school": _LONGEST["school"] + "分院",
    "new_major": _LONGEST["major"] + "二",
    "new_postal_address": _LONGEST["postal_address"] + "东",
}


@dataclass(frozen=True)
class Sample:
    """What is printed of one application."""

    line: str
    snapshot: Mapping[str, Any]
    document: Mapping[str, Any]

    @property
    def template(self) -> str:
        return LINES[self.line][0]

    def context(self) -> dict[str, Any]:
        return context(NUMBER, LINES[self.line][1], self.snapshot, self.document, FORMS[self.line], PRINTED_AT)

    def file(self) -> bytes:
        return render(self.template, self.context(), PRINTED_AT)


def full(line: str) -> Sample:
    return Sample(line, SNAPSHOT, DOCUMENT)


def little(line: str) -> Sample:
    return Sample(line, LITTLE, {})


def long(line: str) -> Sample:
    return Sample(line, LONG, LONG_DOCUMENT)


def empty_file(line: str) -> bytes:
    """The form to fill in by hand."""
    template, title = LINES[line]
    return render(template, context("", title, {}, {}, FORMS[line], None), None)
