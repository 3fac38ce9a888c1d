"""The lines of the house: titles, catalogue, the business in progress, and the service guide (办事指南)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from applications import statuses
from applications.rooms import StartRules
from applications.views import Guide, GuideStep, LineCard
from forms import Forms
from kernel.actors import Actor, Role
from kernel.errors import Reason
from kernel.texts import Language, Text
from processes import picture
from processes.definition import Definition
from processes.definitions import Definitions
from processes.paths import element_at
from store.tables import application


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the catalogue; one without rules is not built yet and is shown as such."""

    id: str
    title: Text
    summary: Text


CATALOGUE: Sequence[Line] = (
    Line(
        "class2_initial_registration",
        Text("初始注册", "Initial registration"),
        Text("首次注册为二级建造师。", "Register as a class-2 constructor for the first time."),
    ),
    Line(
        "class2_re_registration",
        Text("重新注册", "Re-registration"),
        Text("注销后再次注册。", "Register again after deregistration."),
    ),
    Line(
        "class2_specialty_addition",
        Text("增项注册", "Specialty addition"),
        Text("在已有注册上增加专业。", "Add a specialty to a registration."),
    ),
    Line(
        "class2_continuation",
        Text("延续注册", "Continuation"),
        Text("有效期届满前90天至30天办理。", "From 90 to 30 days before expiry."),
    ),
    Line(
        "class2_personal_info_change",
        Text("人员信息变更注册", "Personal-info change"),
        Text("姓名、证件号码等个人信息有变化时办理。", "When name, ID number or other personal data have changed."),
    ),
    Line(
        "class2_employer_transfer",
        Text("执业企业变更", "Employer transfer"),
        Text(
            "转到新单位。新、原单位都要确认，市级审核后公示 10 天。",
            "Move to a new employer. Both employers confirm; the opinion is public for 10 days.",
        ),
    ),
    Line(
        "class2_deregistration",
        Text("注销注册", "Deregistration"),
        Text("注销一个或全部专业。", "Deregister one or all specialties."),
    ),
)

_TITLES = {line.id: line.title for line in CATALOGUE}
LANGUAGES: tuple[Language, Language] = ("zh", "en")


def title_of(line: str) -> Text:
    return _TITLES.get(line, Text(line, line))


def open_business(connection: Connection, person_id: str, *, besides: str | None = None) -> tuple[Text, str] | None:
    """The class-2 business a person has in progress, drafts included (R-1.9-1): title of its line and its number."""
    query = (
        select(application.c.line, application.c.number)
        .where((application.c.person_id == person_id) & application.c.status.notin_(statuses.ENDED))
        .order_by(application.c.created_at)
    )
    if besides is not None:
        query = query.where(application.c.id != besides)
    found = connection.execute(query).first()
    return (title_of(found.line), found.number) if found else None


class Lines:
    """The catalogue as one person sees it, and the guides."""

    def __init__(self, definitions: Definitions, forms: Forms, rules: StartRules) -> None:
        self._definitions = definitions
        self._forms = forms
        self._rules = rules

    def cards(self, connection: Connection, actor: Actor | None) -> list[LineCard]:
        """Every line, and whether this person may start it now; without a person only whether it is offered."""
        offered = self._rules.offered(connection)
        return [self._card(connection, line, actor, offered=line.id in offered) for line in CATALOGUE]

    def card(self, connection: Connection, line_id: str, actor: Actor | None) -> LineCard | None:
        return next((card for card in self.cards(connection, actor) if card.line == line_id), None)

    def guide(self, connection: Connection, line_id: str) -> Guide:
        """The guide of a line, from its active diagram, its form and its rules.

        Raises:
            NotFound: the line is not offered.
        """
        definition_id = self._definitions.active_id(connection, line_id)
        definition = self._definitions.get(definition_id)
        form = self._forms.current(line_id)
        materials = tuple((each.number, each.label, each.required) for each in form.attachments.values())
        steps = guide_steps(self._definitions.files(connection, definition_id), definition)
        return Guide(line_id, title_of(line_id), CONDITIONS.get(line_id, ()), materials, steps, definition_id)

    def _card(self, connection: Connection, line: Line, actor: Actor | None, *, offered: bool) -> LineCard:
        refusals: Sequence[Reason] = ()
        busy = None
        if offered and actor is not None and actor.person_id and actor.has(Role.INDIVIDUAL):
            refusals = self._rules.refusals(connection, line.id, actor.person_id)
            busy = next((r.parameters["business_no"] for r in refusals if r.code == "BUSINESS_IN_PROGRESS"), None)
        return LineCard(
            line=line.id,
            title=line.title,
            summary=line.summary,
            available=offered,
            may_start=offered and not refusals,
            refusals=tuple(refusals),
            open_number=busy,
        )


CONDITIONS: dict[str, tuple[Text, ...]] = {
    "class2_employer_transfer": (
        Text(
            "有二级建造师注册，至少一个专业在有效期内。",
            "You hold a class-2 registration with at least one valid specialty.",
        ),
        Text("距上次执业企业变更公告日满一年。", "At least one year has passed since your last announced transfer."),
        Text(
            "没有在办的二级建造师业务（含未申报的）。",
            "You have no other class-2 business in progress, drafts included.",
        ),
        Text(
            "现单位与原单位不同，企业信息完整，并已选择监管区县。",
            "The new employer is another one, its information is complete and it has chosen its supervising district.",
        ),
    ),
}


def guide_steps(files: Mapping[str, bytes], definition: Definition) -> tuple[GuideStep, ...]:
    """The steps of a line in its applicant's words, those of called processes among them, as the drawing tells them."""
    chinese, english = (picture.steps(files, definition.key, language=language) for language in LANGUAGES)
    return tuple(
        GuideStep(Text(zh.name, en.name), _who(definition, zh.path), None)
        for zh, en in zip(chinese, english, strict=True)
    )


def _who(definition: Definition, path: str) -> Text:
    """Whose step it is: of a call, whose the tasks of the called process are."""
    element = element_at(definition, path)
    tasks = [element]
    if element.kind == "callActivity":
        tasks = list(definition.all_elements[element.attributes["calledElement"]].values())
    groups = [task.attributes["candidateGroups"].split(",")[0] for task in tasks if task.kind == "userTask"]
    return WHO.get(groups[0], SERVICE) if groups else SERVICE


SERVICE = Text("系统", "The service")
WHO = {
    "individual": Text("申请人", "You"),
    "enterprise_admin": Text("单位", "The employer"),
    "district_reviewer": Text("区建委", "District commission"),
    "city_reviewer": Text("市建委", "City commission"),
}
