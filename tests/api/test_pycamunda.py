"""A client that nobody here wrote, PyPI's pycamunda, on a real web process: it deploys, starts, works and decides."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pycamunda
import pycamunda.decisiondef
import pycamunda.deployment
import pycamunda.processdef
import pycamunda.task
import pycamunda.version
import pytest

from identity.interface import ApiTokens
from kernel.actors import SYSTEM, Role
from kernel.settings import Settings
from store.tables import account, account_role
from tests.api.deploying import DEAR, FORM, ORDER, PRICED, RATE
from tests.browser.conftest import free_port, service_environment
from tests.postgresql import Cluster
from tools.serve import Service
from wiring import build

ROOT = Path(__file__).resolve().parents[2]
ROLES = (Role.ANALYST, Role.OPS, Role.SERVICE)


class Client:
    """Calls pycamunda's requests as one account; its name and its token are the credentials of HTTP Basic."""

    def __init__(self, url: str, token: str) -> None:
        self.url = f"{url}/engine-rest"
        self.token = token

    def __call__(self, request: type[Any], **arguments: Any) -> Any:
        return self.send(request(url=self.url, **arguments))

    def send(self, request: Any) -> Any:
        request.auth = ("pycamunda", self.token)
        return request()

    def deploy(self, folder: Path, files: dict[str, bytes], **options: Any) -> Any:
        request = pycamunda.deployment.Create(url=self.url, name="orders", source="tests", **options)
        for name, content in files.items():
            path = folder / name
            path.write_bytes(content)
            request.add_resource(path.open("rb"))
        try:
            return self.send(request)
        finally:
            for file in request.files.values():
                file.close()


@pytest.fixture(scope="module")
def client(postgresql_cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """The web process as `make run` starts it, on PostgreSQL, and an account that may deploy, start and operate."""
    folder = tmp_path_factory.mktemp("pycamunda")
    name = postgresql_cluster.copy_template()
    url = {"DATABASE_URL": postgresql_cluster.url(name), "DEMO_TODAY": ""}
    environment = {**service_environment(folder / "var", free_port()), **url}
    log = folder / "service.log"
    with log.open("ab") as written:
        service = Service(environment, written)
        try:
            token = _token(environment)
            service.start_web()
            service.wait_until_ready()
            yield Client(service.url, token)
        finally:
            service.stop()
            postgresql_cluster.drop(name)
            sys.stdout.write(log.read_text(errors="replace"))  # pytest shows it beside a failure


def _token(environment: dict[str, str]) -> str:
    services = build(Settings.from_environment(environment))
    row = {
        "id": "pycamunda", "username": "pycamunda", "name": "外部系统", "unit": "外部系统", "password_hash": "!",
        "preferences": {}, "disabled": False, "failed_attempts": 0, "created_at": services.system_clock.now(),
    }  # fmt: skip
    with services.database.write() as work:
        work.connection.execute(account.insert().values(row))
        for role in ROLES:
            work.connection.execute(account_role.insert().values(account_id="pycamunda", role=role.value))
        token = ApiTokens(work.connection, services.system_clock).issue("pycamunda", "test", 1, by=SYSTEM)
    services.database.engine.dispose()
    return token


def test_it_deploys_starts_and_completes(client: Client, tmp_path: Path) -> None:
    assert client(pycamunda.version.Get) == "7.21.0"
    made = client.deploy(tmp_path, {"order.bpmn": ORDER})
    (version,) = made.deployed_process_definitions.values()
    assert (version.key, version.version, version.deployment_id) == ("order", 1, made.id_)

    start = pycamunda.processdef.StartInstance(url=client.url, key="order", business_key="case-7")
    start.add_variable("amount", 20)
    start.with_variables_in_return = True
    started = client.send(start)
    assert (started.definition_id, started.business_key) == (version.id_, "case-7")
    assert started.variables["amount"].value == 20

    (task,) = client(pycamunda.task.GetList, process_instance_id=started.id_)
    assert task.task_definition_key == "approve"
    complete = pycamunda.task.Complete(url=client.url, id_=task.id_)
    complete.add_variable("approved", True)
    client.send(complete)
    assert client(pycamunda.task.GetList, process_instance_id=started.id_) == ()


def test_it_finds_reads_suspends_and_deletes(client: Client, tmp_path: Path) -> None:
    made = client.deploy(tmp_path, {"order.bpmn": ORDER.replace(b'"order"', b'"parcel"')})
    (version,) = made.deployed_process_definitions.values()

    assert [one.id_ for one in client(pycamunda.deployment.GetList, id_=made.id_)] == [made.id_]
    (resource,) = client(pycamunda.deployment.GetResources, id_=made.id_)
    data = client(pycamunda.deployment.GetResource, id_=made.id_, resource_id=resource.id_, binary=True)
    assert b'"parcel"' in data
    assert client(pycamunda.processdef.Count, key="parcel") == 1
    assert client(pycamunda.processdef.Get, key="parcel").id_ == version.id_
    assert "parcel" in client(pycamunda.processdef.GetXML, id_=version.id_)

    client(pycamunda.processdef.Suspend, id_=version.id_)
    with pytest.raises(pycamunda.PyCamundaException):
        client(pycamunda.processdef.StartInstance, key="parcel")
    client(pycamunda.processdef.Activate, id_=version.id_)
    client(pycamunda.processdef.StartInstance, key="parcel")

    with pytest.raises(pycamunda.PyCamundaException):
        client(pycamunda.deployment.Delete, id_=made.id_)
    client(pycamunda.deployment.Delete, id_=made.id_, cascade=True)
    assert client(pycamunda.processdef.Count, key="parcel") == 0


def test_it_deploys_only_what_has_changed(client: Client, tmp_path: Path) -> None:
    files = {"priced.bpmn": PRICED, "rate.dmn": RATE, "order.form": FORM}
    first = client.deploy(tmp_path, files)

    again = client.deploy(tmp_path, files, enable_duplicate_filtering=True)
    changed = client.deploy(tmp_path, {**files, "rate.dmn": DEAR}, deploy_changed_only=True)

    assert again.id_ == first.id_
    assert [one.version for one in changed.deployed_decision_definitions.values()] == [2]
    # The diagram has not changed, but the decision that it pins has.
    assert [one.version for one in changed.deployed_process_definitions.values()] == [2]


def test_it_makes_decisions(client: Client, tmp_path: Path) -> None:
    client.deploy(tmp_path, {"fee.dmn": RATE.replace(b'"rate"', b'"fee"')})

    request = pycamunda.decisiondef.Evaluate(url=client.url, key="fee")
    request.add_variable("amount", 20, type_="Integer")
    (result,) = client.send(request)
    assert (result["percent"].value, result["percent"].type_) == (2, "Integer")

    (found,) = client(pycamunda.decisiondef.GetList, key="fee", latest_version=True)
    assert (found.key, found.version, found.resource) == ("fee", 1, "fee.dmn")


def test_it_is_told_why_a_file_is_refused(client: Client, tmp_path: Path) -> None:
    with pytest.raises(pycamunda.PyCamundaException, match=r"ENGINE-09005[\s\S]*nowhere") as refusal:
        client.deploy(tmp_path, {"order.bpmn": ORDER.replace(b'targetRef="ended"', b'targetRef="nowhere"')})
    assert "order.bpmn" in str(refusal.value)


def test_the_first_steps_of_the_documentation_work(client: Client, tmp_path: Path) -> None:
    """The file, the shell and the Python of `docs/how-to/rest-api.md`, with this address and this token."""
    page = (ROOT / "docs" / "how-to" / "rest-api.md").read_text()
    page = page.replace("http://127.0.0.1:8000/engine-rest", client.url).replace(
        "pf_from_the_accounts_page", client.token
    )
    blocks = dict(re.findall(r"^```(\w+)\n(.*?)^```$", page, re.MULTILINE | re.DOTALL))
    (tmp_path / "order.bpmn").write_text(blocks["xml"])

    shell = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", blocks["sh"]], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert shell.returncode == 0, shell.stdout + shell.stderr
    assert shell.stdout == '{"count":0}'

    python = subprocess.run([sys.executable, "-c", blocks["python"]], capture_output=True, text=True, timeout=60)
    assert python.returncode == 0, python.stderr
    assert client(pycamunda.task.GetList, process_definition_key="order") == ()
