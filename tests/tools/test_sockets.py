"""No test opens an outside socket (STYLE.md 19)."""

from __future__ import annotations

import socket

import pytest

from tests.sockets import OutsideSocket


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1", "example.org"])
def test_another_machine_is_out_of_reach(address: str) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as outside:
        outside.settimeout(1)
        with pytest.raises(OutsideSocket):
            outside.connect((address, 80))
        with pytest.raises(OutsideSocket):
            outside.connect_ex((address, 80))


def test_this_machine_is_within_reach() -> None:
    with socket.socket() as server, socket.socket() as client:
        server.bind(("127.0.0.1", 0))
        server.listen()
        client.connect(server.getsockname())
