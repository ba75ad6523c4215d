"""The action that makes a resource of every sheet of a workbook; also of every layer or list of other files."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ..core import parts
from ..core.read_options import SHEET_OF
from ..core.reading import SHEET
from ..runs import contents, records
from . import schema
from .migrated import migrated

__all__ = ["datapusher_plus_all_sheets"]

#: Most resources that one call makes.
MOST = 50


@migrated()
def datapusher_plus_all_sheets(context: Context, data_dict: DataDict) -> list[dict[str, Any]]:
    """Make a resource of each further sheet (or layer, or list of records) of a resource's file.

    The new resources read the file of this one, and are loaded again with each new file. Sheets that have a resource
    already, and empty ones, are left out.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string

    :returns: ``id``, ``name`` and ``sheet`` of each resource that was made
    :rtype: list of dictionaries
    """
    resource_id = schema.validated(context, data_dict, schema.status())["resource_id"]
    tk.check_access("datapusher_plus_all_sheets", context, {"resource_id": resource_id})
    resource = tk.get_action("resource_show")(tk.fresh_context(context), {"id": resource_id})
    dataset = tk.get_action("package_show")(tk.fresh_context(context), {"id": resource["package_id"]})
    names = _names(resource, dataset)
    made = [_sheet(resource, name) for name in names]
    changed = tk.get_action("package_revise")(
        tk.fresh_context(context),
        {
            # of two people who ask at the same time, the second is told that the dataset has changed
            "match": {"id": dataset["id"], "metadata_modified": dataset["metadata_modified"]},
            "update__resources__extend": made,
        },
    )
    new = changed["package"]["resources"][-len(made) :]
    return [{"id": each["id"], "name": each["name"], "sheet": each[SHEET]} for each in new]


def _names(resource: dict[str, Any], dataset: dict[str, Any]) -> tuple[str, ...]:
    """Return the sheets that have no resource yet.

    :raises ValidationError: when there are none, or too many.
    """
    if resource.get(SHEET_OF):
        raise _refused(tk._("This resource is itself a sheet of another one's file. Ask there."))
    last, found = records.last_loaded(resource["id"]), contents.latest(resource["id"])
    sheet = ((last and last.read_as) or {}).get("sheet", "")
    if not parts.has_others(found, sheet):
        raise _refused(tk._("No sheet of this file has been loaded yet, so nobody knows which others it has."))
    there = [each.get(SHEET) or "" for each in dataset["resources"] if each.get(SHEET_OF) == resource["id"]]
    names = parts.others(found, [sheet, *there])
    if not names:
        raise _refused(tk._("Every sheet with something in it has a resource already."))
    if len(names) > MOST:
        raise _refused(tk._("The file has more than {most} further sheets.").format(most=MOST))
    return names


def _sheet(resource: dict[str, Any], name: str) -> dict[str, Any]:
    title = str(resource.get("name") or "").strip()
    return {
        "name": f"{title} – {name}" if title else name,
        # readers get the file itself by the link; loads read it where it is stored
        "url": resource["url"],
        "format": resource.get("format") or "",
        SHEET: name,
        SHEET_OF: resource["id"],
    }


def _refused(why: str) -> tk.ValidationError:
    return tk.ValidationError({"resource_id": [why]})
