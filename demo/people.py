"""The people of the sample data: real in form, with province-level codes that no real document carries."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date

from kernel.identifiers import birth_date_of, gender_of
from registry.people import Person

_NAMESPACE = uuid.UUID("6f1f5e0c-52a5-4c53-9d0e-2f1d1c0b7a11")

# 7.2 and 7.5 of the plan; from P71 on the staff of E05, E06 and E07 that it asks for without naming them.
_PEOPLE = (
    ("P01", "林致远", "110000198001019013"),
    ("P02", "周若兰", "110000198203159022"),
    ("P03", "陈广明", "110000198506209031"),
    ("P04", "吴思齐", "110000197909099047"),
    ("P05", "赵克勤", "11000019910228905X"),
    ("P06", "孙晓梅", "110000198707129062"),
    ("P07", "郑立行", "110000199005059076"),
    ("P08", "何静云", "110000197512129084"),
    ("P09", "高承宇", "110000198808239092"),
    ("P10", "许明珠", "110000199310309107"),
    ("P11", "马文博", "110000198411179116"),
    ("P12", "罗淑芬", "110000196001019129"),
    ("P13", "梁永年", "110000198912049133"),
    ("P14", "宋雨晴", "110000199506069141"),
    ("P15", "唐志刚", "110000197804189150"),
    ("P16", "韩秋月", "110000198109279167"),
    ("P17", "冯海涛", "110000198602149171"),
    ("P18", "曹月华", "110000199207199181"),
    ("P19", "彭建国", "110000197011119195"),
    ("P20", "董欣怡", "110000200601019201"),
    ("P21", "袁鲁生", "370000198308089217"),
    ("P22", "潘冀红", "130000199404019227"),
    ("P23", "蒋泰山", "370000197705239237"),
    ("P24", "蔡玉清", "110000199612259248"),
    ("P25", "余长林", "110000196803039252"),
    ("P26", "杜兰芝", "110000198402299263"),
    ("P27", "叶正阳", "11000019900910927X"),
    ("P28", "魏春霞", "110000198210209286"),
    ("P29", "苏振东", "110000198701019292"),
    ("P30", "程丽君", "110000199303039305"),
    ("P31", "邓国栋", "110000198501159311"),
    ("P32", "姚佳慧", "110000199106179325"),
    ("P33", "石磊", "130000197408089338"),
    ("P34", "谭雅琴", "130000198910109343"),
    ("P35", "龙一鸣", "110000199505059355"),
    ("P36", "江若宁", "110000198008089364"),
    ("P37", "田沐阳", "110000198605279377"),
    ("P41", "白俊杰", "110000198603119417"),
    ("P42", "方慧敏", "110000198507229421"),
    ("P43", "尹学军", "110000199210059438"),
    ("P44", "顾春燕", "110000198801309449"),
    ("P45", "侯振华", "110000197906189450"),
    ("P46", "邵雪梅", "110000199511179468"),
    ("P47", "孟庆林", "110000198309099478"),
    ("P48", "秦丽娟", "11000019900214948X"),
    ("P49", "阎世昌", "110000197708259497"),
    ("P50", "薛玉兰", "110000198704039504"),
    ("P51", "雷明辉", "110000199307129519"),
    ("P52", "贺秀珍", "110000198112019526"),
    ("P53", "龚少华", "110000198905199539"),
    ("P54", "文静怡", "110000199603289541"),
    ("P55", "庞大伟", "110000198408169558"),
    ("P56", "樊小红", "110000199101079560"),
    ("P57", "兰天佑", "11000019780930957X"),
    ("P58", "殷素云", "110000198606219587"),
    ("P59", "施伟杰", "110000199402159599"),
    ("P60", "洪美玲", "110000198004279603"),
    ("P61", "倪建平", "110000198808089610"),
    ("P62", "汤桂香", "11000019750319962X"),
    ("P71", "钟鸣远", "110000198503169716"),
    ("P72", "任雪晴", "110000199008279728"),
    ("P73", "万里程", "110000198705119733"),
    ("P74", "贾云舒", "110000199212049743"),
    ("P75", "邹立群", "110000198307199758"),
    ("P76", "陆清扬", "110000199102239765"),
    ("P77", "汪承志", "110000198010099772"),
)
_NOT_VERIFIED = frozenset({"P20"})
_STILL_YOUNG = frozenset({"P20"})  # has left school lately

# education, degree, age at graduation, school, major
_STUDIES = (
    ("bachelor", "bachelor", 22, "北京燕岭建筑大学", "土木工程"),
    ("bachelor", "bachelor", 22, "河北云川工程学院", "工程管理"),
    ("junior_college", "none", 21, "天津津北职业技术学院", "建筑工程技术"),
    ("master", "master", 25, "山东岱麓理工大学", "结构工程"),
)
_FIRST_STUDIES = ("technical_secondary", "none", 18, "北京燕岭建筑工程学校", "建筑施工")
_HOMES = (
    ("海淀区槐安路", "100080"),
    ("朝阳区枫林街", "100020"),
    ("丰台区青塔巷", "100071"),
    ("大兴区杏园路", "102600"),
)


def sample_id(kind: str, key: str) -> str:
    """The same id at every load, so that loading again finds what is there."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}:{key}"))


def number_of(key: str) -> int:
    """P04 has the number 4; it stands in mobile numbers and registration numbers."""
    return int(key[1:])


def sample_people() -> Iterator[Person]:
    """All people, each with a full FS-PERSON; gender and birth date are those of the ID number (R-V-14)."""
    for key, name, id_number in _PEOPLE:
        number = number_of(key)
        born_on = birth_date_of(id_number)
        studies = _FIRST_STUDIES if key in _STILL_YOUNG else _STUDIES[number % len(_STUDIES)]
        education, degree, age, school, major = studies
        street, postcode = _HOMES[number % len(_HOMES)]
        yield Person(
            id=sample_id("person", key),
            key=key,
            name=name,
            id_number=id_number,
            gender=gender_of(id_number),
            birth_date=born_on,
            ethnicity="满族" if number % 9 == 0 else "汉族",
            education=education,
            degree=degree,
            school=school,
            major=major,
            graduation_date=date(born_on.year + age, 7, 1),
            mobile=f"199000000{number:02}",
            email=f"{key.lower()}@example.com",
            postal_address=f"北京市{street}{number}号院{number % 9 + 1}号楼{number % 6 + 1}0{number % 4 + 1}室",
            postcode=postcode,
            verified=key not in _NOT_VERIFIED,
        )
