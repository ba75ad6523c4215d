"""Who asked for a load and how, and its file, for display."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckan.plugins.toolkit import _, h

from .messages import name


def asked(run: Mapping[str, Any]) -> str:
    """Return what caused a run, and who that was."""
    what, who = _what(run.get("cause") or "", run.get("asked_via")), _who(run)
    return _("{what}, {who}").format(what=what, who=name(who)) if who else what


def _what(cause: str, via: str | None) -> str:
    if cause == "submit":
        return {"page": _("Button on this tab"), "api": _("API"), "command": _("Command")}.get(via or "", _("Request"))
    return {
        "upload": _("Upload"),
        "url": _("New or changed link"),
        "format": _("Changed format"),
        "options": _("Changed way to read the file"),
        "restored": _("Resource brought back"),
        "retry": _("Automatic retry"),
        "review": _("Approval"),
        "undo": _("Undo"),
        "migrated": _("DataPusher+"),
    }.get(cause, cause)


def _who(run: Mapping[str, Any]) -> str:
    user, via, is_submitted = run.get("asked_by"), run.get("asked_via"), run.get("cause") == "submit"
    if user:
        return _("{user} (API)").format(user=user) if via == "api" and not is_submitted else user
    if via == "command" and not is_submitted:
        return _("a command")
    return _("the site itself") if via == "site" else ""


def file_name(file: Mapping[str, Any] | None) -> str:
    """Return the name and size of a run's file; empty if they are not known."""
    if not file or not file.get("name"):
        return ""
    size = file.get("size")
    return f"{name(file['name'])} ({h.localised_filesize(size)})" if size is not None else file["name"]
