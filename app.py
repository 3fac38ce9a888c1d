"""The web service: `create_app()` for gunicorn, and its commands (`flask create-admin`, `flask seed-demo`)."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import click
from flask import Flask

import web
from identity.cli import create_admin
from kernel.settings import Settings
from store.migrate import upgrade
from wiring import Services, build


class Application(Flask):
    """No view of ours is a coroutine, so none need be asked each time whether it is one."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def create_app(settings: Settings | None = None, services: Services | None = None) -> Flask:
    """The application on the settings of the environment, or on services that a test has built."""
    if services is None:
        settings = settings or Settings.from_environment(os.environ)
        upgrade(settings.database_url)
        services = build(settings)
    app = Application("permitflow", static_folder=None)
    web.register(app, services)
    _add_commands(app, services)
    return app


def _add_commands(app: Flask, services: Services) -> None:
    @app.cli.command("create-admin")
    @click.argument("username")
    @click.password_option()
    def create_admin_command(username: str, password: str) -> None:
        """Create the first administrator of a real installation."""
        with services.database.write() as work:
            create_admin(work, username, password, clock=services.system_clock, passwords=services.passwords)
        click.echo(f"{username} may sign in now.")

    @app.cli.command("seed-demo")
    def seed_demo_command() -> None:
        """Load the sample data; loading them again changes nothing."""
        from demo.load import load_demo

        load_demo(services)
