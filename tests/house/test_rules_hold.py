"""The project keeps its own house rules."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from kernel.settings import Settings
from tests.house import code_rules, diagram_rules, readme_rules, table_rules, web_rules

ROOT = Path(__file__).resolve().parent.parent.parent

Rule = Callable[[Path], list[str]]

RULES: list[Rule] = [
    code_rules.catches_of_everything,
    code_rules.clocks_of_ones_own,
    code_rules.commits_of_ones_own,
    code_rules.files_that_are_too_long,
    code_rules.flask_outside_the_web,
    code_rules.reasons_outside_the_catalogue,
    code_rules.wiring_inside_the_rooms,
    diagram_rules.diagrams_named_otherwise,
    diagram_rules.diagrams_without_a_scenario,
    diagram_rules.forms_without_a_diagram,
    diagram_rules.handlers_without_a_diagram,
    diagram_rules.ids_that_do_not_speak,
    diagram_rules.names_that_lead_nowhere,
    readme_rules.links_that_lead_nowhere,
    readme_rules.tour_and_test_differ,
    table_rules.codes_of_tables_outside_the_catalogue,
    table_rules.tables_named_otherwise,
    table_rules.tables_that_nothing_uses,
    web_rules.contradicting_english,
    web_rules.english_without_a_text,
    web_rules.texts_without_english,
]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_project_keeps_the_rule(rule: Rule) -> None:
    assert rule(ROOT) == []


def test_every_route_says_who_may_call_it(tmp_path: Path, sqlite_url: str) -> None:
    from app import create_app

    app = create_app(Settings(database_url=sqlite_url, var_dir=tmp_path))

    assert web_rules.routes_without_access(app) == []
