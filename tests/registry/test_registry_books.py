"""People and enterprises are found as applications need them (R-000-02, R-000-28, R-1.2-2, R-2.7-1)."""

from dataclasses import replace
from datetime import date

import pytest

from kernel.errors import InvalidInput, NotFound
from registry.enterprises import PAGE_SIZE, Enterprise, Enterprises
from registry.people import People, Person

MAN = Person(
    id="p-5",
    name="赵克勤",
    id_number="11000019910228905X",
    gender="male",
    birth_date=date(1991, 2, 28),
    graduation_date=date(2013, 7, 1),
    mobile="19900000005",
    verified=True,
)
HENGZHU = Enterprise(
    uscc="91110000XA0000015W",
    org_code="XA0000015",
    name="北京恒筑建设工程有限公司",
    legal_representative="何静云",
    registered_address="北京市海淀区示例路1号",
    district="海淀区",
    supervising_district="海淀区",
    contact_person="何静云",
    contact_phone="19900000101",
)
HECHUAN = replace(
    HENGZHU,
    uscc="91110000XA0000058A",
    org_code="XA0000058",
    name="北京和川机电安装有限公司",
    former_name="北京合川机电有限公司",
)
OLD_BRIDGE = replace(
    HENGZHU, uscc="91110000XA0000090M", org_code="XA0000090", name="北京旧桥建筑有限公司", cancelled=True
)


@pytest.fixture
def connection(database):
    with database.write() as work:
        People(work.connection).add(MAN)
        Enterprises(work.connection).add(HENGZHU, HECHUAN, OLD_BRIDGE)
        yield work.connection


def test_a_person_is_found_by_number_with_a_small_x(connection):
    assert People(connection).by_id_number(" 11000019910228905x") == MAN
    assert People(connection).get("p-5") == MAN
    assert People(connection).by_id_number("110000199102289051") is None


def test_an_unknown_person_is_refused(connection):
    with pytest.raises(NotFound):
        People(connection).get("nobody")


def test_the_snapshot_of_a_person_is_fs_person():
    snapshot = MAN.snapshot()
    assert snapshot["birth_date"] == "1991-02-28"
    assert snapshot["graduation_date"] == "2013-07-01"
    assert snapshot["id_type"] == "resident_id"
    assert snapshot["school"] is None
    assert not {"id", "key", "verified"} & set(snapshot)


@pytest.mark.parametrize(
    "code", ["XA0000015", "XA000001-5", " xa000001-5 ", "91110000XA0000015W", "91110000xa0000015w"]
)
def test_an_enterprise_is_found_by_either_code(connection, code):
    assert Enterprises(connection).by_code(code) == HENGZHU


def test_unknown_and_cancelled_enterprises_are_not_found_by_code(connection):
    assert Enterprises(connection).by_code("XA0000023") is None
    assert Enterprises(connection).by_code("XA000009-0") is None
    assert Enterprises(connection).get(OLD_BRIDGE.uscc) == OLD_BRIDGE
    with pytest.raises(NotFound):
        Enterprises(connection).get("91110000XA0000023P")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("恒筑", [HENGZHU]),
        ("合川", [HECHUAN]),
        ("XA000005-8", [HECHUAN]),
        ("91110000xa00000", [HENGZHU, HECHUAN]),
        ("旧桥", []),
        ("100%", []),
        ("", [HENGZHU, HECHUAN]),
    ],
)
def test_enterprises_are_searched_by_name_and_code(connection, words, found):
    page = Enterprises(connection).search(words)
    assert set(page.items) == set(found)
    assert page.total == len(found)


def test_a_search_shows_at_most_twenty_a_page(connection):
    many = [replace(HENGZHU, uscc=f"U{n:017}", org_code=f"C{n:08}", name=f"测试企业{n:02}") for n in range(45)]
    enterprises = Enterprises(connection)
    enterprises.add(*many)
    pages = [enterprises.search("测试企业", page) for page in (1, 2, 3, 4)]
    assert [len(page.items) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 5, 0]
    assert pages[0].total == 45
    assert pages[0].pages == 3
    assert [each.name for page in pages for each in page.items] == sorted(each.name for each in many)
    assert enterprises.search("测试企业", 0).page == 1


def test_missing_required_fields_are_named_in_order():
    assert HENGZHU.missing_fields == ()
    gaps = replace(HENGZHU, contact_phone="", registered_address=None, supervising_district=None, postcode=None)
    assert gaps.missing_fields == ("registered_address", "contact_phone")


def test_the_snapshot_of_an_enterprise_is_fs_employer():
    snapshot = HENGZHU.snapshot()
    assert snapshot["enterprise_name"] == HENGZHU.name
    assert snapshot["licence_merged"] is True
    assert not {"name", "key", "cancelled", "province", "former_name"} & set(snapshot)


def test_an_enterprise_chooses_its_district(connection):
    enterprises = Enterprises(connection)
    enterprises.choose_supervising_district(HENGZHU.uscc, "大兴区")
    assert enterprises.get(HENGZHU.uscc).supervising_district == "大兴区"
    with pytest.raises(InvalidInput):
        enterprises.choose_supervising_district(HENGZHU.uscc, "浦东新区")
    with pytest.raises(NotFound):
        enterprises.choose_supervising_district("91110000XA0000023P", "大兴区")
