"""Small diagrams for the validator's tests, written as a reader would say them."""

from itertools import pairwise

from processes.validation import validate

NAMESPACES = (
    'xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:camunda="http://camunda.org/schema/1.0/bpmn" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" '
    'xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" xmlns:bioc="http://bpmn.io/schema/bpmn/biocolor/1.0"'
)
MESSAGE = '<message id="message_stop" name="stop"/>'
ERROR = '<error id="error_no" name="no" errorCode="no"/>'
USER = (
    '<userTask id="{id}" name="办理" camunda:formRef="review" camunda:candidateGroups="city_reviewer"{attributes}>'
    '<extensionElements><camunda:properties><camunda:property name="scope" value="city"/></camunda:properties>'
    "</extensionElements>{inside}</userTask>"
)
MESSAGE_EVENT = '<messageEventDefinition messageRef="message_stop"/>'
ERROR_EVENT = '<errorEventDefinition errorRef="error_no"/>'


class Known:
    """References of the tests: what exists outside of the diagrams."""

    roles = frozenset({"individual", "city_reviewer", "district_reviewer"})
    scopes = frozenset({"person", "city", "district"})
    effects = frozenset({"change_employer"})
    employers = frozenset({"current"})

    def form_exists(self, key):
        return key == "review"

    def template_exists(self, key):
        return key == "licence_form"

    def topic_exists(self, topic):
        return topic == "announce"

    def process_exists(self, key):
        return key == "elsewhere"

    def decision_exists(self, key):
        return key in ("window", "reasons")

    def decision_mappings(self, key):
        return frozenset({"resultList", "singleResult"} if key == "window" else {"resultList", "collectEntries"})


def user(id_="review", attributes="", inside=""):
    return USER.format(id=id_, attributes=attributes, inside=inside)


def service(id_="announce", attributes='camunda:type="external" camunda:topic="announce"', inside=""):
    return f'<serviceTask id="{id_}" {attributes}>{inside}</serviceTask>'


def script(source="1 + 1", attributes='scriptFormat="feel" camunda:resultVariable="total"', id_="compute"):
    return f'<scriptTask id="{id_}" {attributes}><script>{source}</script></scriptTask>'


def call(inside="", attributes='calledElement="elsewhere"', id_="call_other"):
    extension = f"<extensionElements>{inside}</extensionElements>" if inside else ""
    return f'<callActivity id="{id_}" {attributes}>{extension}</callActivity>'


def timer(tag, source, attributes=""):
    return (
        f'<timerEventDefinition><{tag} xsi:type="tFormalExpression"{attributes}>{source}</{tag}></timerEventDefinition>'
    )


def boundary(inside, attributes="", on="review", id_="interrupted"):
    return f'<boundaryEvent id="{id_}" attachedToRef="{on}" {attributes}>{inside}</boundaryEvent>'


def flow(source, target, condition="", id_=None, attributes=""):
    id_ = f"{source}_to_{target}" if id_ is None else id_
    inside = f'<conditionExpression xsi:type="tFormalExpression">{condition}</conditionExpression>' if condition else ""
    named = f'id="{id_}" ' if id_ else ""
    return f'<sequenceFlow {named}sourceRef="{source}" targetRef="{target}" {attributes}>{inside}</sequenceFlow>'


def line(*ids):
    """Flows from each id to the next."""
    return "".join(flow(one, other) for one, other in pairwise(ids))


def scope(prefix, middle, middle_id):
    """What stands in a sub-process: start, one node, end."""
    start, end = f"{prefix}_begun", f"{prefix}_over"
    return f'<startEvent id="{start}"/>{middle}<endEvent id="{end}"/>' + line(start, middle_id, end)


def sub(inside=None, attributes="", id_="part"):
    inside = scope("part", user("inner"), "inner") if inside is None else inside
    return f'<subProcess id="{id_}" {attributes}>{inside}</subProcess>'


def diagram(body, declared="", process='isExecutable="true"', key="p", root=""):
    """A file with one process."""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions {NAMESPACES} id="definitions" {root}>\n'
        f'<process id="{key}" name="流程" {process}>\n{body}\n</process>\n{declared}\n</definitions>'
    ).encode()


def through(middle, id_, more="", declared="", end='<endEvent id="done"/>', **parts):
    """A file whose process is start, one node, end, and whatever stands beside."""
    body = f'<startEvent id="begun"/>\n{middle}\n{end}\n' + line("begun", id_, "done") + more
    return diagram(body, declared, **parts)


def beside(event, declared="", activity=None, id_="review"):
    """A file with an activity and a boundary event `interrupted` on it that leads to an end of its own."""
    more = event + '<endEvent id="stopped"/>' + flow("interrupted", "stopped")
    return through(activity or user(), id_, more, declared or MESSAGE + ERROR)


def choice(kind="exclusiveGateway", default=' default="no"', yes="decision = &quot;pass&quot;", no="", more=""):
    """A file in which a gateway chooses between two ends."""
    return diagram(
        f'<startEvent id="begun"/>{user()}<{kind} id="passed"{default}/><endEvent id="good"/><endEvent id="bad"/>'
        + line("begun", "review", "passed")
        + flow("passed", "good", yes, "yes")
        + flow("passed", "bad", no, "no")
        + more
    )


def findings(data, key="p", **others):
    return validate({key: data, **others}, Known())


def errors(data, key="p", **others):
    """The codes of the errors, in order, each once."""
    return list(dict.fromkeys(found.code for found in findings(data, key, **others) if found.severity == "error"))


def warnings(data):
    return {found.code for found in findings(data) if found.severity == "warning"}
