"""The test vectors of REQUIREMENTS.md 3.4 and the edges beside them."""

from __future__ import annotations

from datetime import date

import pytest

from kernel import identifiers as ids

TODAY = date(2026, 6, 15)


@pytest.mark.parametrize("number", ["110000198001019013", "11000019910228905X", "110000199307129519"])
def test_a_resident_id_of_the_standard_is_accepted(number: str) -> None:
    assert ids.is_resident_id(number, today=TODAY)


@pytest.mark.parametrize(
    "number",
    [
        "110000198001019014",  # check digit
        "110000198002309012",  # 30 February with the right check digit
        "990000198001019013",  # no such province
        "11000019910228905x",  # stored as X: callers normalise first
        "110000800101901",  # 15 digits
        "１１0000198001019013",  # full-width digits
        "110000198001019013\n",
        "",
    ],
)
def test_a_wrong_resident_id_is_refused(number: str) -> None:
    assert not ids.is_resident_id(number, today=TODAY)


def test_a_small_x_is_stored_as_a_capital() -> None:
    assert ids.normalised_id_number(" 11000019910228905x ") == "11000019910228905X"


def test_nobody_is_born_tomorrow() -> None:
    assert ids.is_resident_id("110000198001019013", today=date(1980, 1, 1))
    assert not ids.is_resident_id("110000198001019013", today=date(1979, 12, 31))


def test_other_documents_have_their_own_form() -> None:
    assert ids.is_id_number("E12345678", id_type="passport", today=TODAY)
    assert not ids.is_id_number("E123", id_type="passport", today=TODAY)
    assert not ids.is_id_number("E12345678", id_type="resident_id", today=TODAY)


def test_gender_and_birth_date_stand_in_the_number() -> None:
    assert ids.birth_date_of("11000019910228905X") == date(1991, 2, 28)
    assert ids.gender_of("11000019910228905X") == "male"
    assert ids.gender_of("110000199307129529") == "female"


def test_a_masked_number_keeps_six_and_four() -> None:
    assert ids.mask_id_number("110000197011119195") == "110000********9195"
    assert ids.mask_id_number("E12345678") == "E1*****78"
    assert ids.mask_id_number("") == ""


@pytest.mark.parametrize("code", ["91110000XA0000015W", "91110000XA0000023P", "91110000XA000012XX"])
def test_a_uscc_of_the_standard_is_accepted(code: str) -> None:
    assert ids.is_uscc(code)


@pytest.mark.parametrize("code", ["91110000XA00000151", "91110000XA000001", "9111000OXA0000015W", ""])
def test_a_wrong_uscc_is_refused(code: str) -> None:
    assert not ids.is_uscc(code)


def test_a_uscc_holds_a_right_organisation_code() -> None:
    # The outer check digit of this code is right, the organisation code inside is not.
    codes = [f"91110000XA0000016{check}" for check in "0123456789ABCDEFGHJKLMNPQRTUWXY"]
    assert not any(ids.is_uscc(code) for code in codes)


@pytest.mark.parametrize("code", ["XA0000015", "XA000001-5", "XA000004X", "xa000001-5"])
def test_an_organisation_code_is_accepted_with_and_without_hyphen(code: str) -> None:
    assert ids.is_org_code(ids.normalised_org_code(code))


@pytest.mark.parametrize("code", ["XA0000016", "XA00001", ""])
def test_a_wrong_organisation_code_is_refused(code: str) -> None:
    assert not ids.is_org_code(ids.normalised_org_code(code))


def test_an_organisation_code_is_printed_with_its_hyphen() -> None:
    assert ids.shown_org_code("XA0000015") == "XA000001-5"


@pytest.mark.parametrize(("number", "right"), [("19900000001", True), ("12900000001", False), ("1990000000", False)])
def test_mobile_numbers(number: str, right: bool) -> None:
    assert ids.is_mobile(number) is right


@pytest.mark.parametrize(
    ("name", "right"),
    [
        ("阿卜杜拉·买买提", True),
        ("张三", True),
        ("𠮷田", True),
        ("Seán O'Brien", True),
        ("张3", False),
        ("张", False),
        ("·张三", False),
        ("张" * 51, False),
    ],
)
def test_person_names(name: str, right: bool) -> None:
    assert ids.is_person_name(name) is right


@pytest.mark.parametrize(
    ("address", "right"),
    [("a@example.com", True), ("a@example", False), ("a@@example.com", False), ("a b@example.com", False)],
)
def test_email_addresses(address: str, right: bool) -> None:
    assert ids.is_email(address) is right


def test_an_email_address_has_at_most_100_characters() -> None:
    assert ids.is_email("a" * 88 + "@example.com")
    assert not ids.is_email("a" * 89 + "@example.com")


def test_postcodes() -> None:
    assert ids.is_postcode("100000")
    assert not ids.is_postcode("10000")


@pytest.mark.parametrize(
    ("password", "right"),
    [
        ("Demo-2026-pass", True),
        ("demo-2026-pass", True),
        ("demopassword", False),
        ("Demo-2026-p", False),
        ("Aa1-" * 16, True),
        ("Aa1-" * 16 + "x", False),
        ("Account-2026", False),
    ],
)
def test_passwords_are_long_mixed_and_not_the_account(password: str, right: bool) -> None:
    assert ids.is_strong_password(password, account="account-2026") is right


def test_text_is_trimmed_and_loses_control_characters() -> None:
    assert ids.clean_text("  张\x00三\u202e \n") == "张三"
    assert ids.clean_text("一\r\n二\x07\n", lines=True) == "一\n二"
    assert ids.clean_text("一\n二") == "一 二"
