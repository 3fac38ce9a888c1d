"""The requests of the desktop modeler (version 5, for Camunda 7), as it sends them, and what it makes of the answers."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from kernel.actors import Role
from tests.api.caller import Caller
from tests.api.deploying import FORM, RATE

Make = Callable[..., Caller]

# What the modeler writes for a new diagram with a user task and a service task, ids and drawing included.
DRAWN = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"
    xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    xmlns:modeler="http://camunda.org/schema/modeler/1.0" id="Definitions_1q7m2x3"
    targetNamespace="http://bpmn.io/schema/bpmn" exporter="Camunda Modeler" exporterVersion="5.40.0"
    modeler:executionPlatform="Camunda Platform" modeler:executionPlatformVersion="7.21.0">
  <bpmn:process id="Process_0k2d9ab" name="订单" isExecutable="true" camunda:historyTimeToLive="P180D">
    <bpmn:startEvent id="StartEvent_1"><bpmn:outgoing>Flow_0aq1c5e</bpmn:outgoing></bpmn:startEvent>
    <bpmn:sequenceFlow id="Flow_0aq1c5e" sourceRef="StartEvent_1" targetRef="Activity_1x8v3mz" />
    <bpmn:userTask id="Activity_1x8v3mz" name="审批" camunda:formRef="order_form">
      <bpmn:incoming>Flow_0aq1c5e</bpmn:incoming><bpmn:outgoing>Flow_1b7t0sd</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="Flow_1b7t0sd" sourceRef="Activity_1x8v3mz" targetRef="Activity_0w4n6yk" />
    <bpmn:serviceTask id="Activity_0w4n6yk" name="发货" camunda:type="external" camunda:topic="ship-order">
      <bpmn:incoming>Flow_1b7t0sd</bpmn:incoming><bpmn:outgoing>Flow_0u5r8gh</bpmn:outgoing>
    </bpmn:serviceTask>
    <bpmn:sequenceFlow id="Flow_0u5r8gh" sourceRef="Activity_0w4n6yk" targetRef="Event_0j3p9lc" />
    <bpmn:endEvent id="Event_0j3p9lc"><bpmn:incoming>Flow_0u5r8gh</bpmn:incoming></bpmn:endEvent>
  </bpmn:process>
  <bpmndi:BPMNDiagram id="BPMNDiagram_1">
    <bpmndi:BPMNPlane id="BPMNPlane_1" bpmnElement="Process_0k2d9ab">
      <bpmndi:BPMNShape id="StartEvent_1_di" bpmnElement="StartEvent_1">
        <dc:Bounds x="182" y="102" width="36" height="36" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Activity_1x8v3mz_di" bpmnElement="Activity_1x8v3mz">
        <dc:Bounds x="280" y="80" width="100" height="80" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Activity_0w4n6yk_di" bpmnElement="Activity_0w4n6yk">
        <dc:Bounds x="440" y="80" width="100" height="80" /></bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="Event_0j3p9lc_di" bpmnElement="Event_0j3p9lc">
        <dc:Bounds x="602" y="102" width="36" height="36" /></bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="Flow_0aq1c5e_di" bpmnElement="Flow_0aq1c5e">
        <di:waypoint x="218" y="120" /><di:waypoint x="280" y="120" /></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="Flow_1b7t0sd_di" bpmnElement="Flow_1b7t0sd">
        <di:waypoint x="380" y="120" /><di:waypoint x="440" y="120" /></bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="Flow_0u5r8gh_di" bpmnElement="Flow_0u5r8gh">
        <di:waypoint x="540" y="120" /><di:waypoint x="602" y="120" /></bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""


class Modeler:
    """One endpoint of the modeler's, by HTTP Basic or with a bearer token."""

    def __init__(self, client: FlaskClient, authorization: str) -> None:
        self._client = client
        self._headers = {"Accept": "application/json", "Authorization": authorization}

    def check_connection(self) -> TestResponse:
        return self._client.get("/engine-rest/deployment?maxResults=0", headers=self._headers)

    def version(self) -> TestResponse:
        return self._client.get("/engine-rest/version", headers=self._headers)

    def deploy(self, diagram: str = DRAWN, **attachments: bytes) -> TestResponse:
        """The parts in its order: name, source, filtering, the diagram as text/xml, the other files without a type."""
        parts: dict[str, Any] = {
            "deployment-name": "order",
            "deployment-source": "Camunda Modeler",
            "enable-duplicate-filtering": "true",
            "order.bpmn": (BytesIO(diagram.encode()), "order.bpmn", "text/xml"),
        }
        for name, content in attachments.items():
            file = name.replace("_", ".")
            parts[file] = (BytesIO(content), file, "application/octet-stream")
        return self._client.post(
            "/engine-rest/deployment/create", data=parts, headers=self._headers, content_type="multipart/form-data"
        )

    def start(self, definition_id: str) -> TestResponse:
        return self._client.post(
            f"/engine-rest/process-definition/{definition_id}/start",
            json={"businessKey": "default", "variables": {"amount": {"type": "Integer", "value": 3}}},
            headers=self._headers,
        )


@pytest.fixture(params=["basic", "bearer"])
def modeler(request: pytest.FixtureRequest, app: Flask, caller: Make) -> Modeler:
    one = caller(Role.ANALYST, Role.SERVICE)
    basic = b64encode(f"{one.username}:{one.token}".encode()).decode()
    return Modeler(app.test_client(), f"Basic {basic}" if request.param == "basic" else f"Bearer {one.token}")


def json(answer: TestResponse) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json


def test_the_modeler_connects_deploys_and_starts(modeler: Modeler) -> None:
    assert json(modeler.check_connection()) == []
    assert json(modeler.version()) == {"version": "7.21.0"}

    deployed = json(modeler.deploy(order_form=FORM, rate_dmn=RATE))

    (definition,) = deployed["deployedProcessDefinitions"].values()
    assert (definition["key"], definition["name"], definition["version"]) == ("Process_0k2d9ab", "订单", 1)
    started = json(modeler.start(definition["id"]))
    assert (started["definitionId"], started["businessKey"]) == (definition["id"], "default")
    again = json(modeler.deploy(order_form=FORM, rate_dmn=RATE))
    assert (again["id"], again["deployedProcessDefinitions"]) == (deployed["id"], None)


def test_the_modeler_tells_a_wrong_diagram_from_a_broken_service(modeler: Modeler) -> None:
    answer = modeler.deploy(DRAWN.replace('targetRef="Event_0j3p9lc"', 'targetRef="Event_gone"'), order_form=FORM)

    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["message"].startswith("ENGINE-09005 Could not parse BPMN process.")
    assert "Flow_0u5r8gh" in answer.json["message"]


def test_a_form_that_was_not_sent_along_is_missed(modeler: Modeler) -> None:
    answer = modeler.deploy()

    assert answer.status_code == 400
    assert "order_form" in answer.text


def test_the_modeler_tells_whose_fault_it_is(app: Flask, caller: Make) -> None:
    client = app.test_client()
    not_permitted = caller(Role.SERVICE)

    assert Modeler(client, "Bearer pf_wrong").check_connection().status_code == 401
    assert Modeler(client, f"Bearer {not_permitted.token}").deploy().status_code == 403
    # It asks where a web application is, for a link; there is none, and it goes on without.
    assert client.get("/.well-known/camunda-automation-platform/webapps").status_code == 404
