"""``ckan datapusher_plus``: requests from the command line, and what operators need."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

from .remedies import remedies

__all__ = ["datapusher_plus"]

#: Each command and the module that holds it; a module is imported when its command is asked for, so that only the
#: commands that talk to Prefect pay for importing it.
COMMANDS = {
    "submit": "requests",
    "resubmit": "requests",
    "status": "requests",
    "worker": "operate",
    "deploy": "operate",
    "recover": "operate",
    "stash": "stash",
    "check": "check",
}


class LazyGroup(click.Group):
    """A group that imports its commands when they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names, in the order of ``COMMANDS``."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None when there is none of that name."""
        if cmd_name not in COMMANDS:
            return None
        return getattr(import_module(f".{COMMANDS[cmd_name]}", __name__), cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what is not installed or not migrated yet is told in a sentence."""
        with remedies():
            return super().invoke(ctx)


# The hooks of other plugins expect the context of a request; a worker gives one to each piece of its work.
_WITHOUT_REQUEST = "worker"


# click would write the name with a hyphen; DataPusher+ has it with an underscore.
@click.group("datapusher_plus", cls=LazyGroup, short_help="Load files into the DataStore.")
@click.pass_context
def datapusher_plus(ctx: click.Context) -> None:
    """Load files into the DataStore and look after the loading."""
    if ctx.invoked_subcommand != _WITHOUT_REQUEST:
        from ..portal import app

        app.adopt(ctx.obj.app)
        ctx.with_resource(app.context())
