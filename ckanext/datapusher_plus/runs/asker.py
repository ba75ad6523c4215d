"""Who requests a load, or that one be cancelled, and how."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import click
from ckan.plugins import toolkit as tk
from flask import has_request_context


class Via(str, Enum):
    """How somebody reached CKAN; the value is stored in the database."""

    PAGE = "page"
    API = "api"
    COMMAND = "command"
    #: no person: the plugin itself
    SITE = "site"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who requests something, and how."""

    #: name of the user; None for a command or the site itself
    name: str | None = None
    #: a value of ``Via``; None for runs of before this was kept
    via: str | None = None


def asker() -> Asker:
    """Return for whom this code runs."""
    name = str(getattr(tk.current_user, "name", "") or "") if has_request_context() else ""
    if name:
        return Asker(name=name, via=(Via.API if tk.request.blueprint == "api" else Via.PAGE).value)
    return Asker(via=(Via.COMMAND if asked_by_command() else Via.SITE).value)


def asked_by_command() -> bool:
    """Return whether this code runs in a ``ckan …`` command, such as ``submit`` or a harvester, not a web request."""
    command = click.get_current_context(silent=True)
    # `ckan run` is the development web server
    return command is not None and command.info_name != "run"
