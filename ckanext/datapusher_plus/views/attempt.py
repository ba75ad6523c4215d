"""What a run is for - a load, a dry run or an undo - in the words of the tab and of the history."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from typing import Any

from ckan.plugins.toolkit import _

from ..core.states import State
from . import labels
from .labels import Badge


class Kind(Enum):
    """What a run is for."""

    LOAD = auto()
    #: it only examines the file
    DRY_RUN = auto()
    #: it brings the table from before the last load back
    UNDO = auto()


def kind_of(run: Mapping[str, Any]) -> Kind:
    """Return what a run of ``datapusher_status`` or ``datapusher_plus_runs`` is for."""
    if run.get("dry_run"):
        return Kind.DRY_RUN
    return Kind.UNDO if run.get("undo") else Kind.LOAD


def heading(kind: Kind) -> str:
    """Return what the badge on the tab is about."""
    return {
        Kind.LOAD: _("Last attempt:"),
        Kind.DRY_RUN: _("What would change?"),
        Kind.UNDO: _("Undo:"),
    }[kind]


def facts_heading(kind: Kind) -> str:
    """Return the heading above the facts of a run."""
    return {Kind.LOAD: _("This load"), Kind.DRY_RUN: _("This examination"), Kind.UNDO: _("This undo")}[kind]


def badge(kind: Kind, state: str, *, is_empty: bool = False) -> Badge:
    """Return the badge of a run.

    :param is_empty: whether the file had nothing to load.
    """
    if is_empty and kind is Kind.LOAD:
        return labels.badge("empty")
    special = {
        (Kind.DRY_RUN, "running"): Badge(_("Examining"), "primary", "magnifying-glass"),
        (Kind.DRY_RUN, "skipped"): Badge(_("Examined"), "secondary", "magnifying-glass"),
        (Kind.DRY_RUN, "error"): Badge(_("Cannot be loaded"), "danger", "xmark"),
        (Kind.UNDO, "running"): Badge(_("Undoing"), "primary", "gears"),
        (Kind.UNDO, "complete"): Badge(_("Undone"), "success", "rotate-left"),
        (Kind.UNDO, "complete_with_warnings"): Badge(_("Undone, with warnings"), "warning", "triangle-exclamation"),
        (Kind.UNDO, "error"): Badge(_("Not undone"), "danger", "xmark"),
    }
    return special.get((kind, state)) or labels.badge(state)


def while_open(kind: Kind, state: str) -> str:
    """Return the sentence for a run that waits or goes on."""
    waits = state == State.QUEUED
    if kind is Kind.DRY_RUN:
        now = _("The file waits for a worker to examine it.") if waits else _("The file is being examined.")
        stays = _("The table stays as it is.")
        return f"{now} {stays}"
    if kind is Kind.UNDO:
        if waits:
            return _("The undo waits for a worker.")
        return _("The earlier table is being brought back.")
    return _("The file waits for a worker to load it.") if waits else _("The file is being loaded.")


def may_leave(kind: Kind) -> str:
    """Return that nobody has to wait for a run in front of the page."""
    if kind is Kind.LOAD:
        return _("You can leave this page; the loading continues.")
    return _("You can leave this page; the result will be shown here.")


def is_stopped(kind: Kind) -> str:
    """Return that a run which somebody wants to cancel is being stopped."""
    if kind is Kind.LOAD:
        return _("Somebody asked to cancel this load. It is being stopped; the table stays as it was.")
    return _("Somebody asked to cancel this. It is being stopped; the table stays as it was.")
