"""What the values in the books are called."""

from kernel.texts import Text
from registry import labels


def test_there_are_sixteen_districts_and_yizhuang():
    assert len(labels.DISTRICTS) == 17
    assert "北京经济技术开发区" in labels.DISTRICTS
    assert all(key == text.zh for key, text in labels.DISTRICTS.items())


def test_every_label_has_both_languages():
    tables = [table for name, table in vars(labels).items() if name.isupper()]
    assert len(tables) == 12
    assert all(text.zh and text.en for table in tables for text in table.values())


def test_a_value_without_a_label_is_shown_as_it_is():
    assert labels.label_of(labels.SPECIALTIES, "building") == Text("建筑工程", "Building")
    assert labels.label_of(labels.SPECIALTIES, "railway") == Text("railway", "railway")
    assert labels.label_of(labels.DEGREES, None) == Text("", "")


def test_labels_are_listed_in_both_languages():
    both = labels.listed(labels.SPECIALTIES[name] for name in ("building", "municipal"))
    assert both == Text("建筑工程、市政公用工程", "Building, Municipal")
