"""The documents as a word processor lays them out: LibreOffice opens each, and its pages are read."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest

from tests.exports.samples import LINES, LONG, LONG_DOCUMENT, NUMBER, empty_file, full, little, long

pytestmark = pytest.mark.xdist_group("word_processor")  # one start of LibreOffice converts all of them

A4_MM = (210, 297)
EDGE_MM = 6  # nothing stands nearer to the edge of the paper
EMPTY = "qualification_info_correction"
PAGES = dict.fromkeys(LINES, 1) | {
    "class2_initial_registration": 2,
    "class2_re_registration": 2,
    "class2_specialty_addition": 2,
    "class2_continuation": 2,
}
SIZES = {"full": full, "little": little, "long": long}
EVERY_LINE = pytest.mark.parametrize("line", LINES)


class Pages:
    """A document page by page: its words without blanks, and how near to the edges they come."""

    def __init__(self, file: Path) -> None:
        document = pypdfium2.PdfDocument(file)
        self.words: list[str] = []
        self.sizes: list[tuple[int, int]] = []
        self.nearest_mm = 1000.0
        for page in document:
            text = page.get_textpage()
            self.words.append(re.sub(r"\s|\ufffe", "", text.get_text_range()))
            width, height = page.get_size()
            self.sizes.append((round(width / 72 * 25.4), round(height / 72 * 25.4)))
            for index in range(text.count_rects()):
                left, bottom, right, top = text.get_rect(index)
                nearest = min(left, bottom, width - right, height - top)
                self.nearest_mm = min(self.nearest_mm, nearest / 72 * 25.4)
            text.close()
            page.close()
        document.close()

    @property
    def all_words(self) -> str:
        return "".join(self.words)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Pages]]:
    """All documents, by line and size."""
    soffice = shutil.which("soffice")
    if soffice is None:
        if os.environ.get("CI"):
            pytest.fail("LibreOffice is missing; tools/install_test_tools.sh installs it")
        pytest.skip("LibreOffice is missing")
    folder = tmp_path_factory.mktemp("documents")
    for line in LINES:
        for size, sample in SIZES.items():
            (folder / f"{line}-{size}.docx").write_bytes(sample(line).file())
    (folder / f"{EMPTY}-empty.docx").write_bytes(empty_file(EMPTY))
    profile = f"-env:UserInstallation={(folder / 'profile').as_uri()}"
    files = sorted(str(file) for file in folder.glob("*.docx"))
    subprocess.run(
        [soffice, profile, "--headless", "--convert-to", "pdf", "--outdir", str(folder), *files],
        check=True,
        capture_output=True,
        timeout=200,
    )
    yield {Path(file).stem: Pages(Path(file).with_suffix(".pdf")) for file in files}
    shutil.rmtree(folder)


@EVERY_LINE
@pytest.mark.parametrize("size", SIZES)
def test_a_document_opens_and_its_pages_are_in_order(printed: dict[str, Pages], line: str, size: str) -> None:
    """R-2.8-1, 4.4: A4, number, print time and page on each; nothing runs over the edge, and no sign of a program."""
    pages = printed[f"{line}-{size}"]

    count = len(pages.words)
    assert set(pages.sizes) == {A4_MM}
    assert pages.nearest_mm > EDGE_MM
    assert LINES[line][1] in pages.words[0]
    for number, words in enumerate(pages.words, start=1):
        assert f"业务编号：{NUMBER}打印时间：2026-06-1514:02第{number}页，共{count}页" in words
    assert not [sign for sign in ("None", "Undefined", "null", "{{", "{%", "}}", "%}", "[]") if sign in pages.all_words]


@EVERY_LINE
def test_a_usual_form_takes_no_more_paper_than_planned(printed: dict[str, Pages], line: str) -> None:
    """4.4: the opinions stand on the page of the data, or together on the second."""
    with_list = 1 if line == "class2_enterprise_info_change" else 0
    assert len(printed[f"{line}-little"].words) == PAGES[line]
    assert len(printed[f"{line}-full"].words) == PAGES[line] + with_list
    assert len(printed[f"{line}-long"].words) > PAGES[line]


def test_every_sign_of_a_long_value_is_on_paper(printed: dict[str, Pages]) -> None:
    """4.4: a value at the length of its field is broken into lines and cut nowhere."""
    transfer = printed["class2_employer_transfer-long"].all_words
    person, employer = LONG["person"], LONG["old_employer"]
    for value in (person["name"], person["email"], person["school"], person["major"], person["ethnicity"]):
        assert value in transfer
    for name in ("enterprise_name", "registered_address", "qualification_category_grade", "legal_representative"):
        assert employer[name] in transfer
    deregistration = printed["class2_deregistration-long"].all_words
    assert LONG_DOCUMENT["reason_text"] in deregistration
    application = printed["class2_initial_registration-long"].all_words
    assert LONG_DOCUMENT["professional_title"] in application
    for row in LONG_DOCUMENT["resume"].splitlines():
        assert row.replace("　", "") in application


def test_the_head_of_a_list_stands_on_each_of_its_pages(printed: dict[str, Pages]) -> None:
    """DOC-06, DOC-10."""
    listing = [page for page in printed["class2_enterprise_info_change-long"].words if "京2112024" in page]
    career = [page for page in printed["class2_initial_registration-long"].words if "项目副经理" in page]
    assert len(listing) > 2
    assert len(career) > 2
    assert all("序号注册编号姓名证书种类" in page for page in listing)
    assert all(page.startswith("工作简历（起止年月") for page in career[1:])
    assert sum(page.count("京2112024") for page in listing) == len(LONG["certificates"])


def test_the_opinions_are_not_torn_apart(printed: dict[str, Pages]) -> None:
    """4.4: a box to sign and seal stands on one page."""
    for name, pages in printed.items():
        for page in (page for page in pages.words if "序号" not in page):  # a list has a seal of its own
            assert page.count("单位公章") == page.count("法定代表人（签字）"), name
            assert page.count("（盖章）") == page.count("经办人（签字）"), name


def test_the_empty_form_has_nothing_but_its_labels(printed: dict[str, Pages]) -> None:
    """DOC-11."""
    (page,) = printed[f"{EMPTY}-empty"].words
    assert page.endswith("第1页，共1页")
    assert "□身份信息不一致□证书补办□其他" in page
    assert not re.search(r"业务编号|打印时间|[A-Za-z]", page)
    assert set(re.findall(r"\d+", page)) == {"2020", "1"}
