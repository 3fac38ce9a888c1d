"""The web as the benchmark and production start it: forked from one process that keeps no connection for itself."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import make_url

from bench.clients import ask, request
from bench.web import cpu_seconds, served
from store.migrate import upgrade

_ESTABLISHED = "01"


def sockets_of(process: int) -> set[str]:
    links = {link.readlink().name for link in Path(f"/proc/{process}/fd").iterdir()}
    return {link.removeprefix("socket:[").removesuffix("]") for link in links if link.startswith("socket:")}


def sockets_to(port: int) -> set[str]:
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return {fields[9] for fields in lines if fields[2].endswith(f":{port:04X}")}


def served_by(process: int, port: int) -> int:
    """How many connections to this port of ours a process has."""
    lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    ours = {fields[9] for fields in lines if fields[1].endswith(f":{port:04X}") and fields[3] == _ESTABLISHED}
    return len(ours & sockets_of(process))


def test_workers_share_their_clients_evenly(postgresql_url: str, tmp_path: Path):
    upgrade(postgresql_url)
    largest = []
    for burst in range(3):  # a busy machine may take a worker's chance once; left alone, they have 19 to 22 of 32
        with served(postgresql_url, tmp_path / str(burst)) as web, ExitStack() as stack:
            clients = [stack.enter_context(socket.create_connection(("127.0.0.1", web.port), 20)) for _ in range(32)]
            for client in clients:
                client.sendall(request("GET", "/healthz", headers={}))
            for client in clients:
                assert client.recv(100).startswith(b"HTTP/1.1 200")
            shares = [served_by(worker, web.port) for worker in web.workers()]
            assert sum(shares) == 32
            largest.append(max(shares))

    assert min(largest) <= 17, largest


def test_workers_share_memory_but_no_connection(postgresql_url: str, tmp_path: Path):
    upgrade(postgresql_url)
    port = make_url(postgresql_url).port or 0
    with served(postgresql_url, tmp_path) as web:
        before = cpu_seconds([web.process_id])
        answers = [ask(web.port, request("GET", "/healthz", headers={})) for _ in range(20)]

        assert [answer.status for answer in answers] == [200] * 20
        assert sockets_to(port), "Expected a worker to have asked the database"
        assert not sockets_of(web.process_id) & sockets_to(port)
        memory = web.worker_pss_mb()
        assert len(memory) == 2
        assert max(memory) < 70
        assert cpu_seconds([web.process_id]) >= before > 0
