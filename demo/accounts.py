"""The accounts of the sample data (REQUIREMENTS.md 7.2): everybody, every enterprise, officers and staff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from demo.enterprises import BY_KEY, ENTERPRISES
from demo.people import sample_id, sample_people
from identity.accounts import Account
from kernel.actors import Role
from registry.enterprises import Enterprise

# user name, name, unit, role, district
_STAFF = (
    ("district_haidian", "沈国平", "海淀区住房和城乡建设委员会", Role.DISTRICT_REVIEWER, "海淀区"),
    ("district_chaoyang", "周海燕", "朝阳区住房和城乡建设委员会", Role.DISTRICT_REVIEWER, "朝阳区"),
    ("district_daxing", "李长青", "大兴区住房和城乡建设委员会", Role.DISTRICT_REVIEWER, "大兴区"),
    ("city_a", "何正明", "北京市住房和城乡建设委员会", Role.CITY_REVIEWER, None),
    ("city_b", "宋玉洁", "北京市住房和城乡建设委员会", Role.CITY_REVIEWER, None),
    ("trading", "方可行", "市住建委交易中心", Role.TRADING_CENTRE, None),
    ("centre", "卢敏", "执业资格注册中心", Role.REGISTRATION_CENTRE, None),
    ("admin", "系统管理员", "系统管理", Role.SYSTEM_ADMIN, None),
    ("analyst", "徐知行", "流程分析", Role.ANALYST, None),
    ("ops", "邵维", "系统运维", Role.OPS, None),
)


def sample_accounts(created_at: datetime) -> Iterator[Account]:
    """`p01`… (who also sign in by ID number), `e01_admin`…, `e02_user`, `e11`, and the staff."""
    for person in sample_people():
        own = _account(str(person.key).lower(), person.name, "个人", Role.INDIVIDUAL, created_at)
        yield replace(own, person_id=person.id)
    for each in ENTERPRISES:
        name = each.contact_person or each.name
        yield _of_enterprise(f"{str(each.key).lower()}_admin", name, each, Role.ENTERPRISE_ADMIN, created_at)
    yield _of_enterprise("e02_user", "姜小川", BY_KEY["E02"], Role.ENTERPRISE_USER, created_at)
    yield _of_enterprise("e11", "尚书雅", BY_KEY["E11"], Role.TRAINING_POINT, created_at)
    for username, name, unit, role, district in _STAFF:
        yield replace(_account(username, name, unit, role, created_at), district=district)
    # One account to try the whole interface with; a real installation gives each system its own and no more roles.
    everything = frozenset({Role.SERVICE, Role.ANALYST, Role.OPS})
    yield replace(_account("service", "接口演示", "外部系统", Role.SERVICE, created_at), roles=everything)


def _of_enterprise(username: str, name: str, of: Enterprise, role: Role, created_at: datetime) -> Account:
    return replace(_account(username, name, of.name, role, created_at), enterprise=of.uscc)


def _account(username: str, name: str, unit: str, role: Role, created_at: datetime) -> Account:
    return Account(sample_id("account", username), username, name, unit, created_at, frozenset({role}))
