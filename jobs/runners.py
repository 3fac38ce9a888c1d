"""What each kind of job does."""

from __future__ import annotations

from collections.abc import Mapping

from applications.documents import Documents
from applications.notices import Notices
from jobs.pump import ClaimedJob, Runner
from processes.runtime import Processes
from store.unit_of_work import UnitOfWork


def runners(processes: Processes, notices: Notices, documents: Documents) -> Mapping[str, Runner]:
    """The runners by kind of job; one that finds its task closed by now has nothing to do."""

    def fire_timer(work: UnitOfWork, claimed: ClaimedJob) -> None:
        payload = claimed.payload
        processes.fire_timer(work, claimed.instance_id or "", payload["timer_id"], payload["occurrence"])

    def run_service(work: UnitOfWork, claimed: ClaimedJob) -> None:
        processes.run_service(work, claimed.instance_id or "", claimed.payload["task_id"])

    def deliver_notice(work: UnitOfWork, claimed: ClaimedJob) -> None:
        notices.deliver(work, claimed.payload)

    def archive_document(work: UnitOfWork, claimed: ClaimedJob) -> None:
        documents.archive(work, claimed.payload["application_id"], claimed.payload["revision"])

    return {
        "timer": fire_timer,
        "service": run_service,
        "notice": deliver_notice,
        "document": archive_document,
    }
