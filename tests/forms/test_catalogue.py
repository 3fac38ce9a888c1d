"""Forms by key and by the content that a deployment pinned."""

from __future__ import annotations

from copy import deepcopy

import pytest
from sqlalchemy import insert

from forms import Forms, read_form
from store.tables import form_version
from store.unit_of_work import Database

KEY = "employer_confirm"


def test_a_case_keeps_the_version_of_the_form_it_started_with(database: Database) -> None:
    forms = Forms()
    older = deepcopy(dict(forms.schema(KEY)))
    older["components"][0]["label"] = "从前的确认意见"
    pinned = read_form(KEY, older).sha256
    with database.write() as work:
        work.connection.execute(insert(form_version).values(sha256=pinned, key=KEY, schema=older))

    with database.read() as connection:
        found = forms.pinned(connection, KEY, pinned)
        assert found.sections[0].label.zh == "从前的确认意见"
        assert forms.pinned(connection, KEY, pinned) is found
        assert forms.pinned(connection, KEY, forms.current(KEY).sha256) is forms.current(KEY)
        assert forms.pinned(connection, KEY, None) is forms.current(KEY)
        with pytest.raises(KeyError):
            forms.pinned(connection, KEY, "0" * 64)


def test_a_form_that_does_not_exist_is_said() -> None:
    forms = Forms()
    assert forms.exists(KEY)
    assert not forms.exists("nothing")
    with pytest.raises(KeyError):
        forms.current("nothing")
