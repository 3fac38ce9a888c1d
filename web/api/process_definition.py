"""Deployed definitions: found, looked at and started by other systems."""

from __future__ import annotations

from web.api.resource import resource

blueprint = resource("Process Definition", "/process-definition", "Deployed versions of processes")
