"""What the qualification data say of an enterprise and its certificates do not say yet (REQUIREMENTS.md 2.17)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, func, select, update

from registry.enterprises import Enterprise, Enterprises
from registry.people import People
from registry.registrations import VALID, Registration, Registrations
from store.tables import enterprise, enterprise_qualification, ministry_registration

CLASS2_CERTIFICATE = "二级建造师注册证书"
CARRIED = ("name", "registered_address", "district")  # what certificates show, and the change carries (R-1.8-1)
_CLASS1 = ("class1", "class1_temp")


@dataclass(frozen=True, slots=True)
class EnterpriseChange:
    """An enterprise as its certificates have it, and as the synchronised qualification data have it."""

    before: Enterprise
    after: Enterprise

    @property
    def differs(self) -> bool:
        return any(getattr(self.before, name) != getattr(self.after, name) for name in CARRIED)


class EnterpriseChanges:
    """The changes that are due, and what comes of them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def due(self, uscc: str) -> EnterpriseChange | None:
        """Both states of an enterprise; none of one that the books do not know. Without a synchronised row they are the
        same.

        An enterprise that has moved is supervised where it is now: its change goes to the new district (2.17).
        """
        before = Enterprises(self._connection).find(uscc)
        if before is None:
            return None
        of = enterprise_qualification.c
        query = select(of.name, of.registered_address, of.district).where((of.uscc == before.uscc) & ~of.cancelled)
        said = self._connection.execute(query).mappings().one_or_none()
        new = {name: value for name, value in (said or {}).items() if value}
        after = replace(before, **new)
        if after.district != before.district:
            after = replace(after, supervising_district=after.district)
        return EnterpriseChange(before, after)

    def holders(self, uscc: str, today: date) -> tuple[Registration, ...]:
        """The registrations at the enterprise that are valid today: the change is about all of them (R-1.8-2)."""
        return tuple(
            each for each in Registrations(self._connection).of_employer(uscc) if each.state_on(today) == VALID
        )

    def certificates(self, uscc: str, today: date) -> list[dict[str, str]]:
        """The same as an application keeps them: `[{registration_no, name, kind}]`."""
        people = People(self._connection)
        return [
            {
                "registration_no": each.registration_no,
                "name": people.get(each.person_id).name,
                "kind": CLASS2_CERTIFICATE,
            }
            for each in self.holders(uscc, today)
        ]

    def class1_under_old_name(self, uscc: str) -> int:
        """How many class-1 registrations the ministry still has under the name that has been changed (R-2.4-1)."""
        change = self.due(uscc)
        if change is None or change.before.name == change.after.name:
            return 0
        of = ministry_registration.c
        old = (of.uscc == uscc) & of.kind.in_(_CLASS1) & (of.enterprise_name == change.before.name)
        return int(self._connection.execute(select(func.count()).where(old)).scalar_one())

    def carry_out(self, uscc: str, after: Mapping[str, Any], contact: Mapping[str, Any], on: date) -> None:
        """Enter the new data, and give every valid registration a new certificate; expiry dates stay (R-D-23).

        `after` is FS-EMPLOYER as the application keeps it. Repeating the same change does nothing.

        Raises:
            NotFound: no enterprise has this credit code.
        """
        before = Enterprises(self._connection).get(uscc)
        values = {
            "name": after["enterprise_name"],
            **{name: after[name] for name in ("registered_address", "district", "supervising_district")},
            **contact,
        }
        if all(getattr(before, name) == value for name, value in values.items()):
            return
        if before.name != values["name"]:
            values["former_name"] = before.name
        self._connection.execute(update(enterprise).where(enterprise.c.uscc == uscc).values(**values))
        for each in self.holders(uscc, on):
            Registrations(self._connection).reissue(each.id, on)
