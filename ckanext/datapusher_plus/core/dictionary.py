"""The Data Dictionary as a value: everything about a table that people made by hand.

The raw column comment is the only lossless form: CKAN keeps other plugins' keys beside ``_info`` in it
(`IDataDictionaryForm`), and `datastore_info` shows only ``_info``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name, PostgreSQL type name and raw comment."""

    name: str
    type: str
    comment: str | None = None

    @property
    def info(self) -> dict[str, Any]:
        """Return ``_info`` (label, notes, type_override, …) of the comment, empty when there is none."""
        info = parse_comment(self.comment).get("_info")
        return info if isinstance(info, dict) else {}

    @property
    def type_override(self) -> str:
        """Return the type a person asked for in the dictionary, or an empty string."""
        wanted = self.info.get("type_override")
        return wanted if isinstance(wanted, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """A trigger of a person or plugin, as PostgreSQL defines it (``pg_get_triggerdef``)."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """All that a table carries besides its rows."""

    columns: tuple[Column, ...]
    aliases: tuple[str, ...] = ()
    #: column names of each unique key that is not the primary key
    unique_keys: tuple[tuple[str, ...], ...] = ()
    triggers: tuple[Trigger, ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)


def parse_comment(comment: str | None) -> dict[str, Any]:
    """Return a raw comment's JSON object, empty when it is none; both comment layouts of CKAN are read."""
    try:
        parsed = json.loads(comment or "")
    except ValueError:
        return {}
    if not isinstance(parsed, dict):
        return {}
    # before CKAN 2.11 the comment was the info itself and had no leading space
    return {"_info": parsed} if comment and comment.startswith("{") else parsed


def label_comment(label: str) -> str:
    """Return the raw comment of a column that has nothing but a label, in CKAN's own layout."""
    # CKAN marks the layout by the leading space
    return " " + json.dumps({"_info": {"label": label}}, ensure_ascii=False, separators=(",", ":"))
