"""The neutral diagram `bench/transfer.bpmn`: what starts a life of it, and how its tasks are answered.

A permit goes from one employer to another: 29 nodes, ten user tasks in a life in which nobody objects, two of them at
once, with a reminder and a withdrawal waiting beside. It is no line of the catalogue and has no business record.
"""

from __future__ import annotations

from pathlib import Path

DIAGRAM = Path(__file__).parent / "transfer.bpmn"
KEY = "transfer"
TASKS = (
    "write_application",
    "old_employer_confirms",
    "new_employer_confirms",
    "accept_application",
    "review_by_district",
    "review_by_city",
    "check_again",
    "publish_result",
    "issue_certificate",
    "file_application",
)
VARIABLES = {"applicant": "Li Hua", "old_employer": "E01", "new_employer": "E02", "years_of_experience": 7}
# The lap that a return goes through: from the correction to the decision that returns it again.
CORRECTION = "correct_application"
LAP = (CORRECTION, "old_employer_confirms", "new_employer_confirms", "accept_application", "review_by_district")
_ANSWERS = {"old_employer_confirms": "agree", "new_employer_confirms": "agree"}


def answer(element_id: str, *, returns: bool = False) -> dict[str, str]:
    """What is answered to a task: all agree and pass, or the district returns."""
    if returns and element_id == "review_by_district":
        return {"decision": "return"}
    return {"decision": _ANSWERS.get(element_id, "pass")}
