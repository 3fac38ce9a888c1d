"""Tables of `registry` (the authority's books) and `identity` (accounts and sessions)."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Index, Integer, String, Table, UniqueConstraint

from store.tables.base import Id, Json, Moment, metadata

person = Table(
    "person",
    metadata,
    Column("id", Id, primary_key=True),
    Column("key", String(20), unique=True),  # P04 of the sample data
    Column("name", String(50), nullable=False),
    Column("id_type", String(20), nullable=False),
    Column("id_number", String(20), nullable=False, unique=True),
    Column("gender", String(10), nullable=False),
    Column("birth_date", Date, nullable=False),
    Column("ethnicity", String(20)),
    Column("education", String(20)),
    Column("degree", String(20)),
    Column("school", String(100)),
    Column("major", String(100)),
    Column("graduation_date", Date),
    Column("mobile", String(11)),
    Column("email", String(100)),
    Column("postal_address", String(200)),
    Column("postcode", String(6)),
    Column("verified", Boolean, nullable=False),
)

person_version = Table(
    "person_version",  # what a personal-info change has changed, and through which application (2.13)
    metadata,
    Column("application_id", Id, ForeignKey("application.id"), primary_key=True),
    Column("person_id", Id, ForeignKey("person.id"), nullable=False),
    Column("changed_on", Date, nullable=False),
    Column("before", Json, nullable=False),  # FS-PERSON as it was
    Column("after", Json, nullable=False),
)
Index("ix_person_version_person", person_version.c.person_id, person_version.c.changed_on)

enterprise = Table(
    "enterprise",
    metadata,
    Column("uscc", String(18), primary_key=True),
    Column("key", String(20), unique=True),  # E01 of the sample data
    Column("org_code", String(9), nullable=False, unique=True),  # without the hyphen
    Column("name", String(200), nullable=False),
    Column("former_name", String(200)),
    Column("enterprise_type", String(50)),
    Column("legal_representative", String(50)),
    Column("registered_address", String(200)),
    Column("district", String(20)),
    Column("supervising_district", String(20)),
    Column("qualification_category_grade", String(200)),
    Column("qualification_no", String(50)),
    Column("contact_person", String(50)),
    Column("contact_phone", String(20)),
    Column("postal_address", String(200)),
    Column("postcode", String(6)),
    Column("licence_merged", Boolean, nullable=False),
    Column("province", String(20), nullable=False),
    Column("cancelled", Boolean, nullable=False),  # in the qualification data (G-06)
)
Index("ix_enterprise_name", enterprise.c.name)

registration = Table(
    "registration",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", String(20), nullable=False),  # class2
    Column("person_id", Id, ForeignKey("person.id"), nullable=False),
    Column("registration_no", String(40), nullable=False),
    Column("seal_no", String(40)),
    Column("employer", String(18), ForeignKey("enterprise.uscc"), nullable=False),
    Column("state", String(20), nullable=False),  # valid | deregistered
    Column("last_transfer_announced_on", Date),
    Column("version", Integer, nullable=False),  # of the certificate
    UniqueConstraint("kind", "person_id"),
)

Index("ix_registration_employer", registration.c.employer, registration.c.registration_no)

registration_specialty = Table(
    "registration_specialty",
    metadata,
    Column("registration_id", Id, ForeignKey("registration.id"), primary_key=True),
    Column("specialty", String(30), primary_key=True),
    Column("issue_date", Date, nullable=False),
    Column("expiry_date", Date, nullable=False),
    Column("state", String(20), nullable=False),  # valid | deregistered; expired is told by the date (R-D-20)
    Column("deregistered_on", Date),
    Column("deregistration_kind", String(20)),  # voluntary | forced
)

certificate_version = Table(
    "certificate_version",
    metadata,
    Column("registration_id", Id, ForeignKey("registration.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("state", String(20), nullable=False),  # valid | superseded | deregistered
    Column("employer", String(18), nullable=False),
    Column("employer_name", String(200), nullable=False),
    Column("issued_on", Date, nullable=False),
)

qualification = Table(
    "qualification",  # mirror of passed exams
    metadata,
    Column("id", Id, primary_key=True),
    Column("id_number", String(20), nullable=False),
    Column("specialty", String(30), nullable=False),
    Column("certificate_no", String(30), nullable=False),
    Column("pass_year", Integer, nullable=False),
)
Index("ix_qualification_id_number", qualification.c.id_number)

qualification_correction = Table(
    "qualification_correction",  # what the registration centre has corrected; the mirror follows at every copy (2.19)
    metadata,
    Column("certificate_no", String(30), primary_key=True),
    Column("id_number", String(20), nullable=False),
    Column("corrected_on", Date, nullable=False),
    Column("application_id", Id, ForeignKey("application.id"), nullable=False),
)

exam_result = Table(
    "exam_result",  # of exams held here, once published
    metadata,
    Column("id", Id, primary_key=True),
    Column("plan", String(100), nullable=False),
    Column("id_number", String(20), nullable=False),
    Column("qualification", String(20), nullable=False),  # class2
    Column("specialty", String(30), nullable=False),
    Column("outcome", String(10), nullable=False),  # passed | failed | absent
    Column("published_on", Date, nullable=False),
    UniqueConstraint("plan", "id_number", "specialty"),
)
Index("ix_exam_result_id_number", exam_result.c.id_number)

account = Table(
    "account",
    metadata,
    Column("id", Id, primary_key=True),
    Column("username", String(64), nullable=False, unique=True),  # lower case
    Column("password_hash", String(200), nullable=False),
    Column("name", String(100), nullable=False),
    Column("unit", String(200), nullable=False),
    Column("person_id", Id, ForeignKey("person.id")),
    Column("enterprise", String(18), ForeignKey("enterprise.uscc")),
    Column("district", String(20)),
    Column("disabled", Boolean, nullable=False),
    Column("failed_attempts", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("preferences", Json, nullable=False),  # language, theme, stock opinions, keys
    Column("created_at", Moment, nullable=False),
)
Index("ix_account_person", account.c.person_id)
Index("ix_account_enterprise", account.c.enterprise)

account_role = Table(
    "account_role",
    metadata,
    Column("account_id", Id, ForeignKey("account.id"), primary_key=True),
    Column("role", String(30), primary_key=True),
)

sign_in_attempt = Table(
    "sign_in_attempt",  # wrong passwords for a name that is no account's, and from an address
    metadata,
    Column("key", String(80), primary_key=True),  # name:<sha256> | ip:<address>
    Column("failed_attempts", Integer, nullable=False),
    Column("locked_until", Moment),
    Column("failed_at", Moment, nullable=False),  # the last one
)

session = Table(
    "session",
    metadata,
    Column("token_sha256", String(64), primary_key=True),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ip", String(45), nullable=False),
)
Index("ix_session_account", session.c.account_id)

api_token = Table(
    "api_token",  # what other systems sign in with; the token itself is told once and stands nowhere
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, ForeignKey("account.id"), nullable=False),
    Column("name", String(100), nullable=False),  # what it is for
    Column("token_sha256", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("created_by", String(100), nullable=False),
    Column("expires_at", Moment),
    Column("used_at", Moment),  # noted once a minute
    Column("revoked_at", Moment),
)
Index("ix_api_token_account", api_token.c.account_id)

captcha = Table(
    "captcha",
    metadata,
    Column("id", Id, primary_key=True),
    Column("answer", String(10), nullable=False),
    Column("created_at", Moment, nullable=False),
)

parked_form = Table(
    "parked_form",  # what was posted after the session had expired, until the person is back
    metadata,
    Column("id", Id, primary_key=True),
    Column("account_id", Id, nullable=False),
    Column("path", String(300), nullable=False),
    Column("fields", Json, nullable=False),
    Column("created_at", Moment, nullable=False),
)
