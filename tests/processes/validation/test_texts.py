"""The catalogue of findings: every code is used, and says the same in both languages."""

import re
from pathlib import Path
from string import Formatter

import pytest

from processes.finding_texts import ERRORS, WARNINGS

CODES = {**ERRORS, **WARNINGS}
SOURCES = "".join(
    path.read_text()
    for path in [
        *(Path(__file__).parents[3] / "processes" / "validation").glob("*.py"),
        Path(__file__).parents[3] / "processes" / "deployments.py",
        Path(__file__).parents[3] / "processes" / "xml.py",
        Path(__file__).parents[3] / "processes" / "findings.py",
        Path(__file__).parents[3] / "kernel" / "xml.py",
    ]
)


def names_in(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("code", CODES)
def test_a_code_is_used_and_both_texts_show_the_same(code):
    text = CODES[code]
    assert f'"{code}"' in SOURCES
    assert names_in(text.zh) == names_in(text.en)
    assert re.search("[一-鿿]", text.zh)
    assert not re.search("[一-鿿]", text.en)


def test_errors_and_warnings_do_not_share_codes():
    assert not ERRORS.keys() & WARNINGS.keys()
