"""What an applicant sees of a transfer: the steps, the ways back, and where the application stands (UI.md section 8)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from kernel.texts import Language
from processes.picture import draw, steps

LINE = "class2_employer_transfer"
FILES = {path.stem: path.read_bytes() for path in sorted(Path("bpmn").glob("*.bpmn"))}
SVG = "{http://www.w3.org/2000/svg}"
BEFORE_REVIEW = {"fill_application", "old_employer_confirm", "new_employer_confirm"}
STEPS = ["填写申请", "原单位确认", "现单位确认", "区县建委初审", "市建委审核", "公示", "公告", "更新注册", "办结"]


def drawn(**progress: Any) -> etree._Element:
    return etree.fromstring(draw(FILES, LINE, detail="applicant", **progress))


def states(**progress: Any) -> dict[str, str]:
    return {step.name: step.state for step in steps(FILES, LINE, **progress)}


def shapes(picture: etree._Element, state: str) -> list[str]:
    """The first words of the shapes with a state."""
    found = picture.iter(f"{SVG}g")
    groups = [one for one in found if one.get("class") == f"node is-{state}" and one.find(f"{SVG}text") is not None]
    return [one.findtext(f"{SVG}text", "") for one in groups]


def words(picture: etree._Element) -> str:
    return " ".join(picture.itertext())


def test_the_steps_are_those_of_the_line_and_of_the_processes_it_calls() -> None:
    assert list(states()) == STEPS


def test_technical_elements_are_left_out() -> None:
    picture = words(drawn(now={"fill_application": 1}))

    assert not re.search("检查|登记申报|记下|check_submit|declare", picture)


def test_one_employer_has_agreed_and_the_other_is_asked() -> None:
    picture = drawn(done={"fill_application", "old_employer_confirm"}, now={"new_employer_confirm/employer_confirm": 1})

    assert shapes(picture, "done") == ["开始", "填写申请", "原单位确认"]
    assert shapes(picture, "now") == ["现单位确认"]
    assert shapes(picture, "todo") == ["区县建委初审", "市建委审核", "公示", "公告", "更新注册", "办结"]


def test_the_pill_says_now_once_for_each_open_step() -> None:
    picture = drawn(now={"old_employer_confirm/employer_confirm": 1, "new_employer_confirm/employer_confirm": 1})

    assert words(picture).count("现在") - 1 == 2, "one is in the description"


def test_the_path_is_solid_up_to_where_the_application_stands() -> None:
    picture = drawn(now={"review/review_by_district": 1})

    taken = [one for one in picture.iter(f"{SVG}path") if one.get("class") == "flow is-taken"]
    # start, fill, split; two branches in and out; join to district
    assert len(taken) == 7


def test_after_a_return_the_employers_are_asked_anew() -> None:
    """R-1.5-5: an agreement of an earlier lap counts no more."""
    told = states(done=BEFORE_REVIEW | {"review/review_by_district", "review/returned"}, now={"fill_application": 1})

    assert told["填写申请"] == "now"
    assert set(told.values()) == {"now", "todo"}


def test_the_way_back_that_was_taken_is_solid() -> None:
    waiting = drawn(now={"old_employer_confirm/employer_confirm": 1})
    returned = drawn(done={"employer_disagreed"}, now={"fill_application": 1})

    assert _dashed_ways_back(waiting) == 2
    assert _dashed_ways_back(returned) == 1


def test_both_ways_back_say_where_they_come_from() -> None:
    picture = words(drawn(now={"fill_application": 1}))

    assert "任一单位不同意，退回给您修改" in picture
    assert "区县退回" in picture


def test_no_way_leads_back_once_the_application_has_ended() -> None:
    closed = drawn(done={"closed", "review/apply_registry", *BEFORE_REVIEW})

    assert "区县退回" not in words(closed)
    assert not shapes(closed, "now")


def test_an_open_appeal_hangs_below_the_publicity() -> None:
    active = ["review", "review/publicity", "review/publicity_period", "review/publicity_timer", "review/appeal"]
    told = states(now=dict.fromkeys([*active, "review/appeal/review_appeal"], 1))

    assert told["公示"] == "now"
    assert told["申诉"] == "now"
    assert "申诉" not in states(now={"review/publicity_timer": 1})


def test_work_on_a_technical_element_counts_as_the_step_before_it() -> None:
    assert states(now={"review/issue_certificate": 1})["更新注册"] == "now"
    assert states(now={"review": 1, "review/close_publicity": 1})["公示"] == "now"
    assert states(now={"review/declare": 1})["区县建委初审"] == "now", "after a block the step to come"


@pytest.mark.parametrize(
    ("done", "last"),
    [
        ({"rejected", "review/review_by_city", "review/publicity", *BEFORE_REVIEW}, ["公示", "审核不通过"]),
        ({"deleted", *BEFORE_REVIEW}, ["填写申请", "已删除"]),
    ],
)
def test_an_application_that_ended_otherwise_shows_that_end(done: set[str], last: list[str]) -> None:
    told = states(done=done)

    assert list(told)[-2:] == last
    assert set(told.values()) == {"done"}


def test_all_is_done_when_the_application_is_closed() -> None:
    done = {"closed", "review/review_by_district", "review/review_by_city", "review/publicity", "review/announce"}

    assert set(states(done=done | BEFORE_REVIEW | {"review/apply_registry"}).values()) == {"done"}


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("zh", "已完成：填写申请，原单位确认。现在：现单位确认。之后：区县建委初审，"),
        ("en", "Done: Fill in, Old employer. Now: New employer. To come: District review, "),
    ],
)
def test_the_description_lists_done_now_and_to_come(language: Language, expected: str) -> None:
    picture = drawn(
        language=language,
        done={"fill_application", "old_employer_confirm"},
        now={"new_employer_confirm/employer_confirm": 1},
    )

    assert picture.findtext(f"{SVG}desc", "").startswith(expected)
    assert picture.get("role") == "img"
    named = {picture.find(f"{SVG}{tag}").get("id") for tag in ("title", "desc")}
    assert set(str(picture.get("aria-labelledby")).split()) == named


def test_notes_stand_below_the_names_and_long_ones_are_cut() -> None:
    note = "北京恒筑建设工程集团股份有限公司已经同意"
    picture = drawn(now={"fill_application": 1}, notes={"old_employer_confirm": note})

    shown = [one.text or "" for one in picture.iter(f"{SVG}text") if (one.text or "").startswith("北京恒筑")]
    assert len(shown) == 1
    assert shown[0].endswith("…")


def test_the_definition_alone_has_no_states() -> None:
    picture = draw(FILES, LINE, detail="applicant")

    assert 'class="node is-' not in picture
    assert "现在" not in picture


def test_nothing_overlaps_in_either_language() -> None:
    for language in ("zh", "en"):
        picture = drawn(language=language, now={"review/publicity_timer": 1, "review/appeal/review_appeal": 1})
        boxes = [
            [float(str(one.get(name))) for name in ("x", "y", "width", "height")]
            for group in picture.iter(f"{SVG}g")
            if str(group.get("class")).startswith("node")
            for one in group.findall(f"{SVG}rect")
        ]
        right, bottom = (float(value) for value in str(picture.get("viewBox")).split()[2:])
        assert len(boxes) == 9
        for index, (x, y, width, height) in enumerate(boxes):
            assert 0 <= x <= right - width
            assert y + height <= bottom
            for other_x, other_y, other_width, other_height in boxes[:index]:
                apart_x = x >= other_x + other_width or other_x >= x + width
                apart_y = y >= other_y + other_height or other_y >= y + height
                assert apart_x or apart_y


def _dashed_ways_back(picture: etree._Element) -> int:
    lines = [one for one in picture.iter(f"{SVG}path") if one.get("class") == "flow is-todo"]
    return sum(str(one.get("d")).count("V") == 2 for one in lines)
