"""The box *How to read this file* on the DataStore tab: what it shows, and saving it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _, ungettext

from ..core import reading
from ..core.parts import has_others, shown_to_editors
from ..core.parts import others as others_of
from ..core.personal_data.findings import Mode
from ..core.read_options import SHEET_OF
from ..portal.personal_data import site_mode
from ..runs import contents, records
from . import labels
from .reading_fields import Field, fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """The box; all texts are for display."""

    fields: tuple[Field, ...]
    #: digest of what it shows, so that the page exchanges it only when that differs
    key: str
    #: which part of the file the table now is, if it has several
    part: str = ""
    #: number of further sheets of which resources can be made
    others: int = 0
    #: the resource whose file is read, if it is another one: its name, and whether it is there
    sheet_of: str = ""
    is_gone: bool = False
    #: sentence about all of it, if it could not be saved
    problem: str = ""

    @property
    def is_open(self) -> bool:
        """Return whether something is set or wrong, so that people should see the fields."""
        return bool(self.problem) or any(field.value or field.error for field in self.fields)


def describe(
    package: Mapping[str, Any],
    resource: Mapping[str, Any],
    typed: Mapping[str, str] | None = None,
    wrong: tuple[str, ...] = (),
    problem: str = "",
) -> Box:
    """Return the box of a resource, with what somebody has typed if that could not be saved."""
    last = records.last_loaded(resource["id"])
    parts = shown_to_editors(contents.latest(resource["id"]), is_screening=site_mode() is not Mode.OFF)
    used = (last.read_as if last else None) or {}
    values = reading.as_set(resource) | dict(typed or {})
    shown = fields(values, parts, used, wrong)
    key = "|".join(f"{each.value};{each.used};{len(each.choices)}" for each in shown)
    siblings = {each["id"]: each for each in package["resources"]}
    source = str(resource.get(SHEET_OF) or "")
    taken = [str(each.get(reading.SHEET)) for each in siblings.values() if each.get(SHEET_OF) == resource["id"]]
    sheet = used.get("sheet", "")
    others = 0 if source or not has_others(parts, sheet) else len(others_of(parts, [sheet, *taken]))
    return Box(
        fields=shown,
        key=f"{key}|{others}",
        part=_part(sheet or used.get("member", ""), [each.name for each in parts]),
        problem=problem,
        others=others,
        sheet_of=labels.visible((siblings.get(source) or {}).get("name") or source),
        is_gone=source not in siblings,
    )


def _part(name: str, names: Sequence[str]) -> str:
    if name not in names or len(names) < 2:
        return ""
    return _("“{name}” is one of {count} parts of the file").format(name=labels.visible(name), count=len(names))


def save(package: Mapping[str, Any], resource: Mapping[str, Any], form: Mapping[str, str]) -> Box | None:
    """Save the fields of a form and request a load; return the box again if they cannot be saved, else None."""
    typed, changed = reading.typed(form), reading.changes(form, resource)
    if wrong := reading.wrong(changed):
        return describe(package, resource, typed, wrong, _("Nothing was saved. Correct what is marked below."))
    if not changed:
        tk.h.flash_notice(labels.isolated(_("Nothing was changed, so nothing is loaded.")))
        return None
    try:
        tk.get_action("resource_patch")({}, {"id": resource["id"], **changed})
    except tk.ValidationError as error:
        return describe(package, resource, typed, problem=labels.visible(labels.summary(error)))
    # a format that is not loaded automatically is loaded all the same: somebody has just said how
    tk.get_action("datapusher_submit")({}, {"resource_id": resource["id"]})
    tk.h.flash_success(labels.isolated(_("Saved. The file is loaded again in this way.")))
    return None


def made(resources: Sequence[Mapping[str, Any]]) -> str:
    """Return the message about resources that were made of further sheets."""
    names = labels.some([each["sheet"] for each in resources])
    return ungettext(
        "A resource was made of one more sheet: {names}. It is loaded now.",
        "Resources were made of {num} more sheets: {names}. They are loaded now.",
        len(resources),
    ).format(num=len(resources), names=names)
