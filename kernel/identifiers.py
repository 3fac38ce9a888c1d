"""Numbers and names that follow a public rule: is it well-formed, and what does it say (REQUIREMENTS.md 3.4).

Nothing here asks a register: a number can be right in form and still belong to nobody.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from typing import Literal

Gender = Literal["male", "female"]

# GB/T 2260: the first two digits of the six that name a province-level division.
_PROVINCES = frozenset(
    str(number)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 82))
    for number in range(first, last + 1)
)
_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_CHECKS = "10X98765432"
_FIRST_BIRTH_DATE = date(1900, 1, 1)

_USCC_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, Z, S, V (GB 32100)
_ORG_CODE_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORG_CODE_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

_RESIDENT_ID = re.compile(r"[0-9]{17}[0-9X]")
_OTHER_DOCUMENT = re.compile(r"[A-Za-z0-9]{5,20}")
_USCC = re.compile(rf"[{_USCC_ALPHABET}]{{18}}")
_ORG_CODE = re.compile(r"[0-9A-Z]{8}[0-9X]")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_POSTCODE = re.compile(r"[0-9]{6}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_HAN = "\u3007\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_LATIN = "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u024f"
_PERSON_NAME = re.compile(rf"[{_HAN}{_LATIN}]([{_HAN}{_LATIN}·'\u2019 ]*[{_HAN}{_LATIN}])")


def normalised_id_number(value: str) -> str:
    """The number as it is stored: without spaces around, a small x as X (R-V-01)."""
    return value.strip().upper()


def is_resident_id(number: str, *, today: date) -> bool:
    """Whether a normalised 18-character resident ID number is well-formed (R-V-01, GB 11643)."""
    if not _RESIDENT_ID.fullmatch(number) or number[:2] not in _PROVINCES:
        return False
    try:
        born_on = birth_date_of(number)
    except ValueError:
        return False
    if not _FIRST_BIRTH_DATE <= born_on <= today:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _ID_WEIGHTS, strict=False))
    return number[17] == _ID_CHECKS[total % 11]


def is_id_number(number: str, *, id_type: str, today: date) -> bool:
    """Whether a normalised number of any kind of identity document is well-formed (R-V-01)."""
    if id_type == "resident_id":
        return is_resident_id(number, today=today)
    return _OTHER_DOCUMENT.fullmatch(number) is not None


def birth_date_of(resident_id: str) -> date:
    """The birth date inside a resident ID number (R-V-14).

    Raises:
        ValueError: digits 7 to 14 are no date.
    """
    return date(int(resident_id[6:10]), int(resident_id[10:12]), int(resident_id[12:14]))


def gender_of(resident_id: str) -> Gender:
    """The gender inside a resident ID number: the digit before the check digit is odd for men (R-V-14)."""
    return "male" if int(resident_id[16]) % 2 else "female"


def mask_id_number(number: str) -> str:
    """The number as lists and public pages show it: the first six and the last four characters.

    Shorter numbers of other documents keep two at either end, or nothing would be hidden.
    """
    head, tail = (6, 4) if len(number) >= 14 else (2, 2)
    return number[:head] + "*" * max(0, len(number) - head - tail) + number[-tail:]


def is_uscc(code: str) -> bool:
    """Whether a unified social credit code is well-formed, its organisation code included (R-V-02, GB 32100)."""
    if not _USCC.fullmatch(code) or not is_org_code(code[8:17]):
        return False
    total = sum(_USCC_ALPHABET.index(character) * pow(3, place, 31) for place, character in enumerate(code[:17]))
    return code[17] == _USCC_ALPHABET[(31 - total % 31) % 31]


def normalised_org_code(code: str) -> str:
    """The organisation code as it is stored: nine characters, capitals, without the hyphen."""
    return code.strip().upper().replace("-", "")


def shown_org_code(code: str) -> str:
    """The organisation code as forms print it: `XA000001-5`."""
    return f"{code[:8]}-{code[8:]}"


def is_org_code(code: str) -> bool:
    """Whether a normalised organisation code is well-formed (R-V-03, GB 11714)."""
    if not _ORG_CODE.fullmatch(code):
        return False
    total = sum(
        _ORG_CODE_ALPHABET.index(character) * weight
        for character, weight in zip(code[:8], _ORG_CODE_WEIGHTS, strict=True)
    )
    return code[8] == "0X987654321"[total % 11]


def is_mobile(number: str) -> bool:
    """R-V-04."""
    return _MOBILE.fullmatch(number) is not None


def is_person_name(name: str) -> bool:
    """Whether a name has 2 to 50 Chinese or Latin letters, with dots, spaces and apostrophes only inside (R-V-05)."""
    return 2 <= len(name) <= 50 and _PERSON_NAME.fullmatch(name) is not None


def is_email(address: str) -> bool:
    """R-V-06."""
    return len(address) <= 100 and _EMAIL.fullmatch(address) is not None


def is_postcode(code: str) -> bool:
    """R-V-07."""
    return _POSTCODE.fullmatch(code) is not None


def is_strong_password(password: str, *, account: str) -> bool:
    """Whether a password has 12 to 64 characters of three kinds and is not the account's name (R-V-09)."""
    if not 12 <= len(password) <= 64 or password.casefold() == account.casefold():
        return False
    kinds = (
        any(character.islower() for character in password),
        any(character.isupper() for character in password),
        any(character.isdecimal() for character in password),
        any(not character.isalnum() for character in password),
    )
    return sum(kinds) >= 3


def clean_text(value: str, *, lines: bool = False) -> str:
    """A text as it is stored: trimmed, without control and direction characters (R-V-13).

    `lines` keeps line breaks (as a single newline each), for texts of several lines.
    """
    kept = "\n" if lines else ""
    unified = value.replace("\r\n", "\n").replace("\r", "\n")
    spaced = unified if lines else unified.replace("\n", " ").replace("\t", " ")
    # Cf holds bidirectional overrides and zero-width marks: they make one text look like another.
    return "".join(
        character
        for character in spaced
        if character in kept or unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn")
    ).strip()
