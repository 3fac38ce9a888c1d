"""No test speaks to the outside world (STYLE.md 19)."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest


class OutsideSocket(RuntimeError):
    """A test tried to reach another machine."""


def block_outside(patch: pytest.MonkeyPatch) -> None:
    """Let Python's sockets reach this machine only; libraries in C (libpq) and browsers are held by their settings."""
    connect, connect_ex = socket.socket.connect, socket.socket.connect_ex

    def guarded_connect(self: socket.socket, address: Any) -> None:
        _refuse_outside(self, address)
        connect(self, address)

    def guarded_connect_ex(self: socket.socket, address: Any) -> int:
        _refuse_outside(self, address)
        return connect_ex(self, address)

    patch.setattr(socket.socket, "connect", guarded_connect)
    patch.setattr(socket.socket, "connect_ex", guarded_connect_ex)


def _refuse_outside(used: socket.socket, address: Any) -> None:
    if used.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = str(address[0])
    if host != "localhost" and not _is_loopback(host):
        raise OutsideSocket(f"Expected tests to stay on this machine, but one connects to {host}")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
