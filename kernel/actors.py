"""Who acts: a signed-in person with roles and a scope, or the service itself."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from kernel.districts import DISTRICTS


class Role(StrEnum):
    """The roles of REQUIREMENTS.md 1.1 and 1.3."""

    INDIVIDUAL = "individual"
    ENTERPRISE_ADMIN = "enterprise_admin"
    ENTERPRISE_USER = "enterprise_user"
    TRAINING_POINT = "training_point"
    DISTRICT_REVIEWER = "district_reviewer"
    CITY_REVIEWER = "city_reviewer"
    TRADING_CENTRE = "trading_centre"
    REGISTRATION_CENTRE = "registration_centre"
    SYSTEM_ADMIN = "system_admin"
    ANALYST = "analyst"
    OPS = "ops"
    SERVICE = "service"  # another system, over the interface


ENTERPRISE_ROLES = frozenset({Role.ENTERPRISE_ADMIN, Role.ENTERPRISE_USER})
OFFICER_ROLES = frozenset({Role.DISTRICT_REVIEWER, Role.CITY_REVIEWER, Role.REGISTRATION_CENTRE, Role.TRADING_CENTRE})
STAFF_ROLES = OFFICER_ROLES | {Role.SYSTEM_ADMIN, Role.ANALYST, Role.OPS, Role.SERVICE}

SERVICE_SCOPE = "service"  # scope of what other systems do over the interface
CITY_ROUNDS = "city_rounds"  # scope of what the city commission does about many people at once, on pages of its own
WITHOUT_INBOX = (CITY_ROUNDS, SERVICE_SCOPE)  # the scopes whose tasks stand in no inbox


@dataclass(frozen=True, slots=True)
class Actor:
    """The person behind a command, as the account stands at this moment.

    `person_id` is set for individuals, `enterprise` (USCC) for accounts of an enterprise, `district`
    (`朝阳区`) for district officers. `unit` is the name shown beside the person in the audit trail.
    """

    id: str
    name: str
    roles: frozenset[Role] = field(default_factory=frozenset)
    person_id: str | None = None
    enterprise: str | None = None
    district: str | None = None
    unit: str = ""
    ip: str = ""

    def has(self, *roles: Role) -> bool:
        return not self.roles.isdisjoint(roles)

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes whose tasks this actor may see (`scope` of a task is one of these strings)."""
        found = []
        if self.person_id and Role.INDIVIDUAL in self.roles:
            found.append(f"person:{self.person_id}")
        if self.enterprise and self.has(*ENTERPRISE_ROLES):
            found.append(f"enterprise:{self.enterprise}")
        if self.district and Role.DISTRICT_REVIEWER in self.roles:
            found += [f"district:{self.district}", f"project:{self.district}"]
        if Role.TRADING_CENTRE in self.roles:  # the projects of the whole city, whichever their district
            found += [f"project:{district}" for district in DISTRICTS]
        if Role.CITY_REVIEWER in self.roles:
            found += ["city", CITY_ROUNDS]
        if Role.REGISTRATION_CENTRE in self.roles:
            found.append("centre")
        if Role.SERVICE in self.roles:
            found.append(SERVICE_SCOPE)
        return tuple(found)


SYSTEM = Actor(id="system", name="系统", unit="系统")
