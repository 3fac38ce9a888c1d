"""The lists of applications among 100,000: every scope under every filter and order, as pages over HTTP (F-NF-3)."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from urllib.parse import urlencode

from sqlalchemy import text

from applications import statuses
from bench.clients import run
from bench.copies import copy_many, numbers
from bench.figures import Figures, percentile
from bench.site import Amounts, SignedIn, Site
from registry.labels import DISTRICTS, SPECIALTIES

MANY = 100_000
MANY_QUICK = 20_000
ENTERPRISES = 3_000
PEOPLE = 40_000
LOOKS = 40
_AT_ONCE = 25_000
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
_GIVEN = "国明晓志海静丽建文雪云玉春秋立永广美清正思若承庆学振世佳俊兰"
_LINES = (
    "class2_employer_transfer",
    "class2_initial_registration",
    "class2_continuation",
    "class2_specialty_addition",
    "class2_deregistration",
    "class2_re_registration",
    "class2_personal_info_change",
)
# Of twenty applications: what is open, and twelve that are over.
_STATUSES = (
    "draft",
    "pending_confirmation",
    "returned",
    "declared",
    "city_review",
    "publicity",
    "rejected",
    *("closed",) * 12,
)
ACCOUNTS = {
    "person": "p04",
    "employer": "e02_admin",
    "district": "district_chaoyang",
    "city": "city_a",
    "centre": "centre",
}


def application_pages(site: Site, figures: Figures, amounts: Amounts) -> None:
    """The slowest filter of each scope counts, by 40 looks at each."""
    many = MANY_QUICK if amounts.quick else MANY
    _fill(site, many)
    site.settle()
    accounts = {scope: site.office.actor(username).id for scope, username in ACCOUNTS.items()}
    for scope, account in accounts.items():
        (reader,) = site.sign_in([account])
        run(site.web.port, [[reader.get("/applications")] * 4] * 2, expected=200)
        spent = {name: _look(site, reader, query) for name, query in _queries(site).items()}
        worst = {name: percentile(sorted(seconds), 95) * 1000 for name, seconds in spent.items()}
        told = ", ".join(f"{name} {ms:.0f}" for name, ms in worst.items())
        print(f"{site.name}, {many:,} applications, {scope}, p95 in ms: {told}", file=sys.stderr)
        name = f"{site.name}_applications_page_of_{scope}"
        figures.add_latencies(name, [each for seconds in spent.values() for each in seconds])
        figures.add(f"{name}_slowest_p95_ms", max(worst.values()))


def _look(site: Site, reader: SignedIn, query: Mapping[str, str]) -> Sequence[float]:
    asked = reader.get(f"/applications?{urlencode(query)}")
    load, _ = run(site.web.port, [[asked] * LOOKS], expected=200)
    return load.seconds


def _queries(site: Site) -> Mapping[str, Mapping[str, str]]:
    """Each filter alone, with an answer and without one, the orders, and what people ask together."""
    with site.office.services.database.read() as connection:
        row = connection.execute(
            text("SELECT number, applicant_id_number, registration_no, created_at FROM application ORDER BY number")
        ).first()
        last = connection.execute(text("SELECT max(declared_on) FROM application")).scalar_one()
    assert row is not None
    day, month_before = str(last), f"{str(last)[:8]}01"
    return {
        "all": {},
        "name": {"name": "海静"},
        "unknown name": {"name": "司马相如"},
        "ID number": {"id_number": row.applicant_id_number},
        "number": {"number": row.number},
        "registration": {"registration_no": "0000777"},
        "employer": {"employer": "第777"},
        "some employers": {"employer": "第12"},
        "many employers": {"employer": "建筑"},
        "unknown employer": {"employer": "没有这家"},
        "specialty": {"specialty": "mining"},
        "progress": {"status": "rejected"},
        "no progress": {"status": "terminated"},
        "dates": {"declared_from": month_before, "declared_to": day},
        "line": {"line": "class2_continuation"},
        "declared": {"sort": "declared"},
        "by progress": {"sort": "status"},
        "several": {"line": "class2_continuation", "specialty": "building", "status": "closed", "sort": "declared"},
    }


def _fill(site: Site, many: int) -> None:
    """Copies of one case over three years, of many people, enterprises, districts, lines and statuses."""
    engine = site.office.services.database.engine
    with site.office.services.database.write() as work:
        for table, count, values in (("enterprise", ENTERPRISES, _enterprise(site)), ("person", PEOPLE, _person(site))):
            columns = ", ".join(values)
            source = f"SELECT {', '.join(values.values())} FROM ({_counting(site, count)}) AS counted"
            statement = f"INSERT INTO {table} ({columns}) {source}"
            # psycopg takes a percent sign for the beginning of a parameter.
            work.connection.exec_driver_sql(statement.replace("%", "%%") if site.cluster else statement)
    copy_many(engine, site.declared, 1, many - 1, at_once=_AT_ONCE, listed_only=True, values=_application(site))


def _counting(site: Site, many: int) -> str:
    if site.cluster:
        return f"SELECT copy FROM generate_series(1, {many}) AS numbers(copy)"
    return (
        f"WITH RECURSIVE c(copy) AS (SELECT 1 UNION ALL SELECT copy + 1 FROM c WHERE copy < {many}) SELECT copy FROM c"
    )


def _enterprise(site: Site) -> dict[str, str]:
    end = numbers("copy", postgresql=site.cluster is not None)
    yes, no = ("true", "false") if site.cluster else ("1", "0")
    return {
        "uscc": f"'U' || {end}",
        "org_code": f"'O' || {end}",
        "name": "'北京第' || copy || CASE copy % 3 WHEN 0 THEN '建筑有限公司' ELSE '市政工程有限公司' END",
        "licence_merged": yes,
        "province": "'北京市'",
        "cancelled": no,
    }


def _person(site: Site) -> dict[str, str]:
    end = numbers("copy", postgresql=site.cluster is not None)
    return {
        "id": f"'person-' || {end}",
        "name": _name(),
        "id_type": "'resident_id'",
        "id_number": f"'11010119800' || {end}",
        "gender": "'male'",
        "birth_date": "CAST('1980-01-01' AS date)" if site.cluster else "'1980-01-01'",
        "verified": "true" if site.cluster else "1",
    }


def _application(site: Site) -> dict[str, str]:
    postgresql = site.cluster is not None
    person, old, new = (f"({expression} + 1)" for expression in (
        f"copy % {PEOPLE}", f"copy * 7 % {ENTERPRISES}", f"copy * 13 % {ENTERPRISES}"
    ))  # fmt: skip
    busiest, busy = site.office.officer.district, site.office.uscc("E02")
    others = [name for name in DISTRICTS if name != busiest][:15]
    status = _chosen(f"copy % {len(_STATUSES)}", _STATUSES)
    if postgresql:
        created = f"now() - ({MANY} - copy) * interval '15 minutes'"
        declared = f"CASE WHEN {status} <> 'draft' THEN CAST({created} AS date) END"
        submitted = f"CASE WHEN {status} <> 'draft' THEN {created} END"
    else:
        created = f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || (({MANY} - copy) * 15) || ' minutes')"
        declared = f"CASE WHEN {status} <> 'draft' THEN substr({created}, 1, 10) END"
        submitted = f"CASE WHEN {status} <> 'draft' THEN {created} END"
    never = f"coalesce({declared}, '{statuses.NEVER}')"
    values = {
        "line": _chosen("copy % 7", _LINES),
        "status": status,
        "person_id": f"'person-' || {numbers(person, postgresql=postgresql)}",
        "applicant_name": _name(),
        "applicant_id_number": f"'11010119800' || {numbers(person, postgresql=postgresql)}",
        "registration_no": f"'京2112026' || {numbers('copy', postgresql=postgresql)}",
        "specialties": _chosen(
            "copy % 11", (*SPECIALTIES, "building", "building", "building,municipal", "municipal", "")
        ),
        "old_employer": f"'U' || {numbers(old, postgresql=postgresql)}",
        "old_employer_name": f"'北京第' || {old} || '建筑有限公司'",
        # One enterprise in fifty is the busy one that an account is looked through for.
        "new_employer": f"CASE WHEN copy % 50 = 0 THEN '{busy}' ELSE 'U' || {numbers(new, postgresql=postgresql)} END",
        "new_employer_name": f"'北京第' || {new} || '市政工程有限公司'",
        "supervising_district": f"CASE WHEN copy % 5 = 0 THEN '{busiest}' ELSE {_chosen('copy / 5 % 15', others)} END",
        "created_at": created,
        "declared_on": declared,
        "declared_or_never": f"CAST({never} AS date)" if postgresql else never,
        "progress": _chosen(f"copy % {len(_STATUSES)}", [statuses.PROGRESS[each] for each in _STATUSES]),
        "first_submitted_at": submitted,
    }
    return {f"application.{name}": value for name, value in values.items()}


def _name() -> str:
    return (
        f"substr('{_SURNAMES}', copy % {len(_SURNAMES)} + 1, 1) || "
        f"substr('{_GIVEN}', copy / 20 % {len(_GIVEN)} + 1, 1) || substr('{_GIVEN}', copy / 600 % {len(_GIVEN)} + 1, 1)"
    )


def _chosen(by: str, values: Sequence[str | int]) -> str:
    said = [str(value) if isinstance(value, int) else f"'{value}'" for value in values]
    cases = " ".join(f"WHEN {place} THEN {value}" for place, value in enumerate(said))
    return f"CASE {by} {cases} ELSE {said[-1]} END"
