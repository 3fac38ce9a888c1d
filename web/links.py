"""Addresses that arrive in a request are followed only within this site."""

from __future__ import annotations

from urllib.parse import urlsplit


def local_path(value: str | None, default: str = "/") -> str:
    """The path if it is one of ours, else the default: no open redirects (`//host`, `/\\host`, `https:`)."""
    if not value or not value.startswith("/") or value.startswith(("//", "/\\")):
        return default
    if any(character in value for character in "\r\n\t\\"):
        return default
    parts = urlsplit(value)
    return default if parts.scheme or parts.netloc else value
