"""Both employers of one case answer at the same moment, against one of them alone."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import uuid4

from bench.clients import run
from bench.figures import Figures
from bench.office import EMPLOYERS
from bench.site import Site

PAIRS = 16


def branches(site: Site, figures: Figures) -> Iterator[None]:
    """The second of a pair has to wait for the first, and does not have to be told to try again."""
    case = site.submitted
    numbers = site.copies(case, site.rounds * PAIRS * 2)
    accounts = [site.office.actor(username).id for username in EMPLOYERS]
    employers = list(zip(site.sign_in(accounts), EMPLOYERS.values(), strict=True))

    def answers(copy: int) -> list[bytes]:
        return [
            who.post(
                f"/inbox/tasks/{case.numbered(case.open_task(path), copy)}/decision",
                {"decision": "agree", "command_id": uuid4().hex},
            )
            for who, path in employers
        ]

    while True:
        yield
        at_once, alone = [], []
        for _ in range(PAIRS):
            at_once.append(run(site.web.port, [[each] for each in answers(next(numbers))], expected=303)[0].elapsed_s)
            alone += [run(site.web.port, [[each]], expected=303)[0].elapsed_s for each in answers(next(numbers))]
        figures.add(f"{site.name}_both_branches_at_once_ms", sum(at_once) / len(at_once) * 1000)
        figures.add(f"{site.name}_one_branch_alone_ms", sum(alone) / len(alone) * 1000)
        figures.add(f"{site.name}_both_branches_of_one_ratio", sum(at_once) / len(at_once) / (sum(alone) / len(alone)))
