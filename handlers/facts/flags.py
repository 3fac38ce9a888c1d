"""Facts about the anomaly flags of the person."""

from __future__ import annotations

from applications.flag_releases import releasable_of
from handlers.facts.asked import Asked, fact


@fact
def releasable_flags(asked: Asked) -> int:
    """How many locks and entries behind standing flags the person can ask to be released (2.27)."""
    person_id = asked.books.applicant.person_id
    return len(releasable_of(asked.connection, person_id)) if person_id is not None else 0
