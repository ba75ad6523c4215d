"""Undo of the last load on the DataStore tab: what it would bring back, and the button's request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckan import types
from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _, h

from . import labels
from .asked import file_name
from .facts import Fact, known
from .resource import resource_of

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownUndo:
    """An undo that the tab offers; all texts are for display."""

    #: the load that would be undone
    run_id: str
    facts: tuple[Fact, ...]
    #: whether rows of the present table were changed through the API
    is_changed: bool


def offered(resource_id: str) -> ShownUndo | None:
    """Return what an undo would bring back, None if there is nothing or the datastore cannot be asked."""
    try:
        found = tk.get_action("datapusher_plus_undo_show")({}, {"resource_id": resource_id})
    except tk.ValidationError as error:
        log.warning("It cannot be shown if a load of %s can be undone: %s", resource_id, error.error_summary)
        return None
    return None if found is None else shown(labels.visible(found))


def shown(found: Mapping[str, Any]) -> ShownUndo:
    """Return a reply of ``datapusher_plus_undo_show``, whose texts are visible, for display."""
    facts = (
        Fact(label=_("File"), value=file_name(found["file"])),
        Fact(label=_("Rows"), value=_number(found["rows"])),
        Fact(label=_("Columns"), value=_number(found["columns"])),
        Fact(label=_("Loaded"), when=labels.moment(found["loaded_at"])),
        Fact(label=_("Replaced"), when=labels.moment(found["replaced_at"])),
    )
    return ShownUndo(run_id=found["run_id"], facts=known(facts), is_changed=found["changed"])


def _number(number: int | None) -> str:
    return "" if number is None else str(h.localised_number(number))


def undo(id: str, resource_id: str) -> types.Response:
    """Request the undo, and redirect to the tab."""
    resource_of(id, resource_id)
    asked = {"resource_id": resource_id, "run_id": tk.request.form.get("run_id", "")}
    try:
        tk.get_action("datapusher_plus_undo")({}, asked)
    except tk.NotAuthorized:
        tk.abort(403, _("Not authorized to edit this resource"))
    except tk.ValidationError as error:
        tk.h.flash_error(labels.isolated(labels.summary(error)))
    else:
        tk.h.flash_success(labels.isolated(_("The earlier table is brought back in a moment.")))
    return tk.redirect_to("datapusher.resource_data", id=id, resource_id=resource_id)
