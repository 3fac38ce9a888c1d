"""The catalogue of lines as one person sees it, and the service guides (办事指南)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection

from applications.applicants import Applicant
from applications.lines import Line, active_line, lines_of
from applications.rooms import StartRules
from applications.views import Guide, GuideStep, LineCard
from forms import Forms
from kernel.actors import Actor
from kernel.errors import Reason
from kernel.texts import Language, Text
from processes import picture
from processes.definition import Definition
from processes.definitions import Definitions
from processes.paths import element_at

LANGUAGES: tuple[Language, Language] = ("zh", "en")


class Guides:
    """The catalogue as one person sees it, and the guides."""

    def __init__(self, definitions: Definitions, forms: Forms, rules: StartRules) -> None:
        self._definitions = definitions
        self._forms = forms
        self._rules = rules

    def lines(self, connection: Connection) -> list[Line]:
        return lines_of(self._definitions, connection)

    def cards(self, connection: Connection, actor: Actor | None) -> list[LineCard]:
        """The lines that this person's roles start, and whether it may now; without a person all lines there are."""
        lines = self.lines(connection)
        if actor is None:
            return [_card(line, ()) for line in lines]
        own = [line for line in lines if not line.candidate_groups.isdisjoint(actor.roles)]
        refusals = self._rules.starts(connection, [line.id for line in own], Applicant.of_actor(actor))
        cards = {line.id: _card(line, refusals[line.id]) for line in own}
        return [replace(card, instead=_instead(card, cards)) for card in cards.values()]

    def guide(self, connection: Connection, line_id: str) -> Guide:
        """The guide of a line, from its active diagram, its form and its rules.

        Raises:
            NotFound: the line is not offered.
        """
        line = active_line(self._definitions, connection, line_id)
        definition_id = self._definitions.active_id(connection, line_id)
        definition = self._definitions.get(definition_id)
        form = self._forms.current(line.form)
        materials = tuple((each.number, each.label, each.required) for each in form.attachments.values())
        steps = guide_steps(self._definitions.files(connection, definition_id), definition)
        return Guide(line_id, line.title, line.conditions, materials, steps, definition_id, line.publicity)


# The line that helps, by the code of the refusal: the rules name it (R-1.2-4, R-1.3-1 to -4, R-1.4-2, R-1.6-2).
WAYS_OUT: Mapping[str, tuple[str, ...]] = {
    "CONTINUATION_TOO_LATE": ("class2_deregistration",),
    "DEREGISTER_FIRST": ("class2_deregistration",),
    "NEVER_REGISTERED": ("class2_initial_registration",),
    "NO_QUALIFICATION": ("qualification_info_correction",),
    "REGISTRATION_EXISTS": ("class2_re_registration", "class2_specialty_addition"),
    "REGISTRATION_EXPIRED": ("class2_deregistration",),
    "SPECIALTY_EXPIRED_DEREGISTER_FIRST": ("class2_deregistration",),
    "VALID_SPECIALTY_EXISTS": ("class2_specialty_addition",),
}


def _instead(card: LineCard, cards: Mapping[str, LineCard]) -> tuple[LineCard, ...]:
    """The lines that are the way out of what is refused, as far as they may be started now."""
    lines = dict.fromkeys(line for reason in card.refusals for line in WAYS_OUT.get(reason.code, ()))
    return tuple(cards[line] for line in lines if line in cards and cards[line].may_start)


def _card(line: Line, refusals: Sequence[Reason]) -> LineCard:
    busy = next((r.parameters["business_no"] for r in refusals if r.code == "BUSINESS_IN_PROGRESS"), None)
    return LineCard(
        line=line.id,
        title=line.title,
        summary=line.summary,
        may_start=not refusals,
        refusals=tuple(refusals),
        open_number=busy,
    )


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
    said = element.properties
    if "who_zh" in said:
        return Text(said["who_zh"], said.get("who_en", said["who_zh"]))
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
    "registration_centre": Text("注册中心", "Registration centre"),
    "trading_centre": Text("交易中心", "Trading centre"),
}
