"""``ckan datapusher_plus``: commands to request loads, and for operators."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from .remedies import remedies

__all__ = ["datapusher_plus"]

#: Each command and its module. A module is imported when its command is used, so that only the commands that use
#: Prefect spend the time to import it.
COMMANDS = {
    "submit": "requests",
    "resubmit": "requests",
    "status": "requests",
    "undo": "undo",
    "worker": "operate",
    "deploy": "operate",
    "recover": "operate",
    "stash": "stash",
    "check": "check",
    "statistics": "statistics",
    "thumbnails": "thumbnails",
    "words": "words",
}


class LazyGroup(click.Group):
    """Click group that imports its commands when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None when no command has that name."""
        if cmd_name not in COMMANDS:
            return None
        return getattr(import_module(f".{COMMANDS[cmd_name]}", __name__), cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; a missing package or migration is reported in one sentence."""
        with remedies():
            return super().invoke(ctx)


# Hooks of other plugins need a request context. The worker is not run inside one: it creates one for each task.
_WITHOUT_REQUEST = "worker"


# with an explicit name, because click would use a hyphen and DataPusher+ has an underscore
@click.group("datapusher_plus", cls=LazyGroup, short_help="Load files into the DataStore.")
@click.pass_context
def datapusher_plus(ctx: click.Context) -> None:
    """Load files into the DataStore, and manage the loads."""
    if ctx.invoked_subcommand != _WITHOUT_REQUEST:
        from ..portal import app

        app.adopt(ctx.obj.app)
        ctx.with_resource(app.context())
