"""Entries of the Data Dictionary for which CKAN's form has no field; saving the form must not remove them.

``datastore_create`` replaces all entries of a column with those that it is given. The form sends a mark with each
column, so that what it does not show can be added; a call through the API has no mark, and is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.dictionary.model import Dictionary

#: Key of ``info`` by which the form of the Data Dictionary is recognized.
MARK = "datapusher_plus_form"
#: Entries that drafts can set, and those that a load reads.
KEPT = ("unit", "semantic_type", "pii", "codes", "personal_data", "index", "unique")


def completed(data: Mapping[str, Any], before: Dictionary | None) -> dict[str, Any]:
    """Return ``fields`` without marks, and with the entries that the form did not show; empty for other calls."""
    fields = data.get("fields")
    if not isinstance(fields, list) or not any(_is_marked(field) for field in fields):
        return {}
    present = {column.name: column.info for column in before.columns} if before else {}
    return {"fields": [_completed(field, present) if _is_marked(field) else field for field in fields]}


def _is_marked(field: object) -> bool:
    return isinstance(field, dict) and isinstance(field.get("info"), dict) and MARK in field["info"]


def _completed(field: Mapping[str, Any], present: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    given = {key: value for key, value in field["info"].items() if key != MARK}
    old = present.get(str(field.get("id")), {})
    return {**field, "info": {**{key: old[key] for key in KEPT if key in old and key not in given}, **given}}
