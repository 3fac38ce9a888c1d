"""Composition root: builds every service of a process once. Only `app.py`, `worker.py` and tests import it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from applications.cases import Cases
from applications.documents import Documents
from applications.enterprise_info import EnterpriseInfo
from applications.files import Files
from applications.forced_deregistration import ForcedDeregistration
from applications.guides import Guides
from applications.inbox import Inbox
from applications.lines import EMPLOYERS
from applications.listener import BusinessRecord
from applications.notices import Notices
from applications.policy_notices import PolicyNotices
from applications.rooms import Rooms
from applications.service import Applications
from exports import word
from forms import Forms
from handlers import (
    anomaly_flag_release,
    centre,
    checks,
    class2_forced_deregistration,
    commission,
    employers,
    exchange,
)
from handlers.catalogue import Catalogue, Handler, handlers_of
from handlers.effects import EFFECTS
from handlers.flag_rules import FlagRules
from handlers.line_rules import LineRules
from identity.interface import InterfaceSignIn
from identity.passwords import Passwords
from identity.sessions import SessionLimits
from identity.sign_in import SignIn
from jobs.by_hand import JobsByHand
from jobs.cleaning import SCHEDULES, cleaning_errands, cleaning_runners
from jobs.pump import Pump
from jobs.runners import errands, runners
from jobs.schedules import Schedules
from kernel.actors import CITY_ROUNDS, SERVICE_SCOPE, Role
from kernel.clock import Clock, SystemClock
from kernel.settings import Settings
from processes.comments import Comments
from processes.decisions import suitable_mappings
from processes.definitions import Definitions
from processes.deployments import Deployments
from processes.evaluating import Evaluating
from processes.external import ExternalTasks
from processes.fetching import Fetching
from processes.incidents import Incidents
from processes.messaging import Messaging
from processes.operations import Operations
from processes.repairs import Repairs
from processes.retiring import Retiring
from processes.runtime import Processes
from processes.starting import Starting
from registry.exchange.files import file_sources
from registry.exchange.synchronising import Synchronising
from registry.exchange.text_messages import StoredTextMessages
from rules.tables import Decisions
from store.bell import Bell, NoBell
from store.business_clock import BusinessClock
from store.engine import open_engine
from store.unit_of_work import Database

HOUSE = Path(__file__).parent
DIAGRAMS = HOUSE / "bpmn"
RULES = HOUSE / "rules"
SCOPES = frozenset({"applicant", "employer", "district", "city", CITY_ROUNDS, "centre", "project", SERVICE_SCOPE})


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that pages, interfaces, the worker and tests call."""

    settings: Settings
    database: Database
    clock: Clock
    system_clock: Clock
    forms: Forms
    definitions: Definitions
    deployments: Deployments
    retiring: Retiring
    evaluating: Evaluating
    processes: Processes
    starting: Starting
    operations: Operations
    repairs: Repairs
    messaging: Messaging
    comments: Comments
    incidents: Incidents
    fetching: Fetching
    external_tasks: ExternalTasks
    applications: Applications
    cases: Cases
    inbox: Inbox
    documents: Documents
    policy_notices: PolicyNotices
    enterprise_info: EnterpriseInfo
    forced_deregistration: ForcedDeregistration
    passwords: Passwords
    session_limits: SessionLimits
    sign_in: SignIn
    interface_sign_in: InterfaceSignIn
    jobs_by_hand: JobsByHand
    schedules: Schedules
    synchronising: Synchronising
    pump: Pump
    another_pump: Callable[[], Pump]  # a worker of its own, for one more thread


@dataclass(frozen=True, slots=True)
class HouseReferences:
    """What a diagram may name; the validator's port."""

    forms: Forms
    decisions: Decisions
    topics: frozenset[str]
    processes: frozenset[str]
    roles: frozenset[str] = frozenset(role.value for role in Role)
    scopes: frozenset[str] = SCOPES
    effects: frozenset[str] = frozenset(EFFECTS)
    employers: frozenset[str] = EMPLOYERS

    def form_exists(self, key: str) -> bool:
        return self.forms.exists(key)

    def template_exists(self, key: str) -> bool:
        return key in word.TEMPLATES

    def topic_exists(self, topic: str) -> bool:
        return topic in self.topics

    def process_exists(self, key: str) -> bool:
        return key in self.processes

    def decision_exists(self, key: str) -> bool:
        return self.decisions.exists(key)

    def decision_mappings(self, key: str) -> frozenset[str]:
        return suitable_mappings(self.decisions.decision(key))


def build(
    settings: Settings,
    *,
    clock: Clock | None = None,
    system_clock: Clock | None = None,
    passwords: Passwords | None = None,
    more_handlers: Iterable[Handler] = (),
) -> Services:
    """Build the services on a database whose schema is up to date, with the project's diagrams deployed.

    Tests give their own clocks, a password hasher that costs less, and handlers in the place of others.
    """
    database = Database(open_engine(settings.database_url), _bell(settings))
    system = system_clock or SystemClock()
    business = clock or BusinessClock(database, system)
    forms = Forms()
    decisions = Decisions()
    files = Files(settings.attachments_dir)
    houses = handlers_of(
        checks, employers, commission, exchange, centre, class2_forced_deregistration, anomaly_flag_release
    )
    plugs = (*houses, *more_handlers)
    diagrams = frozenset(path.stem for path in DIAGRAMS.glob("*.bpmn"))
    references = HouseReferences(forms, decisions, frozenset(plug.topic for plug in plugs), diagrams)
    definitions = Definitions(database, references, forms, decisions, business)
    notices = Notices(definitions, business)
    documents = Documents(files, definitions, forms, business)
    rules = LineRules(definitions, forms, business, settings)
    gateway = StoredTextMessages(database, business)
    synchronising = Synchronising(database, file_sources(settings.exchange_dir), business)
    handlers = Catalogue(plugs, rules, business, settings, notices, FlagRules(decisions), synchronising)
    record = BusinessRecord(notices, business)
    processes = Processes(definitions, handlers, record, business, system)
    rooms = Rooms(database, processes, definitions, forms, business, settings, rules, notices, files, documents)
    incidents = Incidents(database, system)
    operations = Operations(database, definitions, incidents, record, business)
    applications = Applications(rooms)
    starting = Starting(database, definitions, processes, business)
    limits = SessionLimits(timedelta(minutes=settings.session_idle_minutes), timedelta(hours=settings.session_hours))
    secrets = passwords or Passwords()
    definitions.deploy_repository(DIAGRAMS)
    definitions.deploy_decisions(RULES)
    schedules = Schedules(database, SCHEDULES, business=business, system=system)
    pump = partial(
        Pump,
        database,
        {**runners(processes, notices), **cleaning_runners(business, system, limits)},
        {
            **errands(processes, handlers, documents, system, notices, gateway),
            **cleaning_errands(database, settings, system),
        },
        business=business,
        system=system,
        timetable=schedules,
    )
    return Services(
        settings=settings,
        database=database,
        clock=business,
        system_clock=system,
        forms=forms,
        definitions=definitions,
        deployments=Deployments(database, definitions, forms, business),
        evaluating=Evaluating(business),
        retiring=Retiring(database, definitions, operations, business),
        processes=processes,
        starting=starting,
        operations=operations,
        repairs=Repairs(database, processes),
        messaging=Messaging(database, definitions, processes),
        comments=Comments(database, business),
        incidents=incidents,
        fetching=Fetching(database, definitions, system),
        external_tasks=ExternalTasks(database, processes, system),
        applications=applications,
        cases=Cases(Guides(definitions, forms, rules), rules, definitions, business, settings),
        inbox=Inbox(definitions, business, settings),
        documents=documents,
        enterprise_info=EnterpriseInfo(database, business),
        policy_notices=PolicyNotices(database, files, business, settings),
        forced_deregistration=ForcedDeregistration(database, definitions, starting, applications, business, settings),
        passwords=secrets,
        session_limits=limits,
        sign_in=SignIn(database, system, secrets, limits),
        interface_sign_in=InterfaceSignIn(database, system, secrets),
        jobs_by_hand=JobsByHand(database, pump(), incidents, business=business, system=system),
        schedules=schedules,
        synchronising=synchronising,
        pump=pump(),
        another_pump=pump,
    )


def _bell(settings: Settings) -> Bell:
    if not settings.redis_url:
        return NoBell()
    from jobs.bell import RqBell  # loads RQ and Redis's client, which take as much memory as all of our own code

    return RqBell(settings.redis_url)
