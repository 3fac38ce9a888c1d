"""The document of an application: what its diagram says, as saved, as submitted, and none where there is none."""

from __future__ import annotations

import io

import pytest
from docx import Document
from sqlalchemy import select

from kernel.actors import Actor, Role
from kernel.errors import NotFound
from store.tables import document, job
from tests.scenarios.case import Case
from wiring import DIAGRAMS, Services

ANALYST = Actor("an", "流程分析员", frozenset({Role.ANALYST}))
LINE = "class2_employer_transfer"


def words(content: bytes) -> str:
    return "\n".join(cell.text for table in Document(io.BytesIO(content)).tables for cell in table._cells)


def deployed_without_a_document(services: Services) -> None:
    """A version of the line whose diagram names no document."""
    lines = (DIAGRAMS / f"{LINE}.bpmn").read_text().splitlines(keepends=True)
    diagram = "".join(line for line in lines if 'property name="document' not in line)
    services.definitions.deploy(diagram.encode(), f"{LINE}.bpmn", by=ANALYST, activate=True)


def exported(case: Case, account: str = "p04") -> tuple[str, bytes]:
    with case.services.database.read() as connection:
        return case.services.documents.export(connection, case.number, case.actor(account))


def test_the_document_is_that_of_the_diagram_with_all_that_is_saved(case: Case) -> None:
    """R-000-09, DOC-08."""
    case.saved(by="p04", to="E02", contract_type="open_ended", contract_start="2026-07-01")

    name, content = exported(case)

    assert name == f"二级建造师执业企业变更申请表_{case.number}.docx"
    assert case.number in words(content)
    assert case.uscc("E02") in words(content)
    assert "自2026年7月1日起" in words(content)


def test_the_document_is_for_the_parties_only(case: Case) -> None:
    """R-000-09."""
    case.saved(by="p04", to="E02")
    with pytest.raises(NotFound):
        exported(case, "p05")


def test_every_submit_is_archived_as_it_was(case: Case) -> None:
    """R-000-09: what was submitted stays, whatever is changed afterwards."""
    case.applied(by="p04", to="E02").after(minutes=1)
    case.withdrawn().submitted(contract_type="task_based").after(minutes=1)

    with case.services.database.read() as connection:
        kept = connection.execute(select(document).order_by(document.c.revision)).all()
    texts = [
        words((case.services.settings.attachments_dir / row.stored_name[:2] / row.stored_name).read_bytes())
        for row in kept
    ]
    assert [row.kind for row in kept] == ["DOC-08", "DOC-08"]
    assert {row.file_name for row in kept} == {f"二级建造师执业企业变更申请表_{case.number}.docx"}
    assert ["固定期限" in text for text in texts] == [True, False]
    assert ["以完成一定工作任务为期限" in text for text in texts] == [False, True]


def test_a_line_without_a_document_exports_and_archives_none(case: Case) -> None:
    """R-P-05: the diagram says what a line prints, and nothing is offered that there is not."""
    deployed_without_a_document(case.services)
    case.applied(by="p04", to="E02").after(minutes=1)

    with pytest.raises(NotFound):
        exported(case)
    with case.services.database.read() as connection:
        assert connection.execute(select(document)).all() == []
        jobs = connection.execute(select(job.c.state).where(job.c.kind == "document")).scalars().all()
        detail = case.services.cases.detail(connection, case.number, case.actor("p04"))
    assert jobs == ["done"]
    assert not detail.offers_export
    assert "print" in [action.name for action in detail.actions]


def test_an_application_keeps_the_document_of_its_version(case: Case) -> None:
    """A later version of the diagram changes nothing for those that are under way."""
    case.saved(by="p04", to="E02")
    deployed_without_a_document(case.services)

    assert exported(case)[0].startswith("二级建造师执业企业变更申请表_")
    assert case.detail("p04").offers_export


def test_the_empty_form_has_neither_a_number_nor_a_person(services: Services) -> None:
    """DOC-11: for the download that everybody may use."""
    with services.database.read() as connection:
        name, content = services.documents.empty(connection, LINE)

    assert name == "二级建造师执业企业变更申请表.docx"
    assert "业务编号" not in words(content)
    assert "单位名称" in words(content)


def test_there_is_no_empty_form_of_a_line_without_a_document(services: Services) -> None:
    """DOC-11."""
    deployed_without_a_document(services)
    with services.database.read() as connection, pytest.raises(NotFound):
        services.documents.empty(connection, LINE)


def test_a_diagram_with_a_template_that_is_not_there_is_refused(services: Services) -> None:
    """R-P-05."""
    diagram = (DIAGRAMS / f"{LINE}.bpmn").read_bytes().replace(b'value="employer_transfer"', b'value="gone"')
    found = services.definitions.check(diagram, f"{LINE}.bpmn")
    assert [finding.code for finding in found if finding.severity == "error"] == ["template_unknown"]
