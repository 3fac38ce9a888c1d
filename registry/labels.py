"""What the values in the books are called on screens and on paper, in both languages (REQUIREMENTS.md 0.3, 2.0.2)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kernel.texts import Text

SPECIALTIES: Mapping[str, Text] = {
    "building": Text("建筑工程", "Building"),
    "highway": Text("公路工程", "Highway"),
    "water_power": Text("水利水电工程", "Water and hydropower"),
    "municipal": Text("市政公用工程", "Municipal"),
    "mining": Text("矿业工程", "Mining"),
    "mechanical_electrical": Text("机电工程", "Mechanical and electrical"),
}

GENDERS: Mapping[str, Text] = {"male": Text("男", "Male"), "female": Text("女", "Female")}

ID_TYPES: Mapping[str, Text] = {
    "resident_id": Text("居民身份证", "Resident identity card"),
    "hk_macao_permit": Text("港澳居民来往内地通行证", "Hong Kong and Macao permit"),
    "taiwan_permit": Text("台湾居民来往大陆通行证", "Taiwan permit"),
    "passport": Text("护照", "Passport"),
    "military_id": Text("军官证", "Military identity card"),
}

EDUCATIONS: Mapping[str, Text] = {
    "junior_high": Text("初中", "Junior high school"),
    "senior_high": Text("高中", "Senior high school"),
    "technical_secondary": Text("中专", "Technical secondary school"),
    "junior_college": Text("大专", "Junior college"),
    "bachelor": Text("本科", "Bachelor's programme"),
    "master": Text("硕士研究生", "Master's programme"),
    "doctor": Text("博士研究生", "Doctoral programme"),
}

DEGREES: Mapping[str, Text] = {
    "none": Text("无", "None"),
    "bachelor": Text("学士", "Bachelor"),
    "master": Text("硕士", "Master"),
    "doctor": Text("博士", "Doctor"),
}

CONTRACT_TYPES: Mapping[str, Text] = {
    "fixed_term": Text("固定期限", "Fixed term"),
    "open_ended": Text("无固定期限", "Open-ended"),
    "task_based": Text("以完成一定工作任务为期限", "Until a task is completed"),
}

ENTERPRISE_TYPES: Mapping[str, Text] = {
    "construction": Text("建筑施工企业", "Construction enterprise"),
    "consulting": Text("工程咨询企业", "Engineering consultancy"),
    "training": Text("职业培训学校", "Vocational training school"),
}

# The value is the Chinese name: it stands in scopes, snapshots and on paper.
DISTRICTS: Mapping[str, Text] = {
    zh: Text(zh, en)
    for zh, en in (
        ("东城区", "Dongcheng District"),
        ("西城区", "Xicheng District"),
        ("朝阳区", "Chaoyang District"),
        ("丰台区", "Fengtai District"),
        ("石景山区", "Shijingshan District"),
        ("海淀区", "Haidian District"),
        ("门头沟区", "Mentougou District"),
        ("房山区", "Fangshan District"),
        ("通州区", "Tongzhou District"),
        ("顺义区", "Shunyi District"),
        ("昌平区", "Changping District"),
        ("大兴区", "Daxing District"),
        ("怀柔区", "Huairou District"),
        ("平谷区", "Pinggu District"),
        ("密云区", "Miyun District"),
        ("延庆区", "Yanqing District"),
        ("北京经济技术开发区", "Beijing Economic-Technological Development Area (Yizhuang)"),
    )
}

CERTIFICATE_STATES: Mapping[str, Text] = {
    "valid": Text("有效", "Valid"),
    "expired": Text("过期", "Expired"),
    "deregistered": Text("已注销", "Deregistered"),
    "superseded": Text("已变更", "Superseded"),
}

# The value is the Chinese name, as snapshots keep it and paper prints it.
CERTIFICATE_KINDS: Mapping[str, Text] = {
    "二级建造师注册证书": Text("二级建造师注册证书", "Class-2 constructor registration certificate"),
}

PERSON_FIELDS: Mapping[str, Text] = {
    "name": Text("姓名", "Name"),
    "gender": Text("性别", "Gender"),
    "birth_date": Text("出生日期", "Date of birth"),
    "id_type": Text("证件类型", "Kind of identity document"),
    "id_number": Text("证件号码", "ID number"),
    "ethnicity": Text("民族", "Ethnicity"),
    "education": Text("学历", "Education"),
    "degree": Text("学位", "Degree"),
    "school": Text("毕业院校", "School"),
    "major": Text("所学专业", "Major"),
    "graduation_date": Text("毕业时间", "Graduation"),
    "mobile": Text("手机号", "Mobile"),
    "email": Text("电子邮箱", "E-mail"),
    "postal_address": Text("通讯地址", "Postal address"),
    "postcode": Text("邮政编码", "Postcode"),
}

EMPLOYER_FIELDS: Mapping[str, Text] = {
    "enterprise_name": Text("企业名称", "Enterprise name"),
    "uscc": Text("统一社会信用代码", "Unified social credit code"),
    "org_code": Text("组织机构代码", "Organisation code"),
    "enterprise_type": Text("企业类型", "Enterprise type"),
    "legal_representative": Text("法定代表人", "Legal representative"),
    "registered_address": Text("注册地址", "Registered address"),
    "district": Text("所在区县", "District"),
    "supervising_district": Text("监管区县", "Supervising district"),
    "qualification_category_grade": Text("资质类别及等级", "Qualification category and grade"),
    "qualification_no": Text("资质证书编号", "Qualification number"),
    "contact_person": Text("联系人", "Contact person"),
    "contact_phone": Text("联系电话", "Contact phone"),
    "postal_address": Text("通讯地址", "Postal address"),
    "postcode": Text("邮政编码", "Postcode"),
    "licence_merged": Text("三证合一", "Merged three-in-one licence"),
}


def label_of(labels: Mapping[str, Text], value: str | None) -> Text:
    """What a value is called; nothing for no value, and the value itself where the books know one we do not."""
    if not value:
        return Text("", "")
    return labels.get(value) or Text(value, value)


def listed(texts: Iterable[Text]) -> Text:
    """Several labels as one text: `建筑工程、机电工程`."""
    found = tuple(texts)
    return Text("、".join(text.zh for text in found), ", ".join(text.en for text in found))
