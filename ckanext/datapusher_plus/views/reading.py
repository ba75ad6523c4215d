"""The box *How to read this file* on the DataStore tab: what it shows, and saving it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _

from ..core import reading
from ..runs import contents, records
from . import labels
from .reading_fields import Field, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The box; all texts are for display."""

    fields: tuple[Field, ...]
    #: digest of what it shows, so that the page exchanges it only when that differs
    key: str
    #: sentence about all of it, if it could not be saved
    problem: str = ""

    @property
    def is_open(self) -> bool:
        """Return whether something is set or wrong, so that people should see the fields."""
        return bool(self.problem) or any(field.value or field.error for field in self.fields)


def describe(
    resource: Mapping[str, Any], typed: Mapping[str, str] | None = None, wrong: tuple[str, ...] = (), problem: str = ""
) -> Box:
    """Return the box of a resource, with what somebody has typed if that could not be saved."""
    last = records.last_loaded(resource["id"])
    values = reading.as_set(resource) | dict(typed or {})
    shown = fields(values, contents.latest(resource["id"]), (last.read_as if last else None) or {}, wrong)
    key = "|".join(f"{each.value};{each.used};{len(each.choices)}" for each in shown)
    return Box(fields=shown, key=key, problem=problem)


def save(resource: Mapping[str, Any], form: Mapping[str, str]) -> Box | None:
    """Save the fields of a form and request a load; return the box again if they cannot be saved, else None."""
    typed, changed = reading.typed(form), reading.changes(form, resource)
    if wrong := reading.wrong(changed):
        return describe(resource, typed, wrong, _("Nothing was saved. Correct what is marked below."))
    if not changed:
        tk.h.flash_notice(labels.isolated(_("Nothing was changed, so nothing is loaded.")))
        return None
    try:
        tk.get_action("resource_patch")({}, {"id": resource["id"], **changed})
    except tk.ValidationError as error:
        return describe(resource, typed, problem=labels.visible(labels.summary(error)))
    # a format that is not loaded automatically is loaded all the same: somebody has just said how
    tk.get_action("datapusher_submit")({}, {"resource_id": resource["id"]})
    tk.h.flash_success(labels.isolated(_("Saved. The file is loaded again in this way.")))
    return None
