"""A table's facts as a value: all but its rows, so that they can be compared, copied to a table and restored."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ..core.dictionary.model import Column, Dictionary, Trigger, columns_from_json
from ..core.index_plan import Index, unique_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One privilege of one role on a table, a view or one of its columns."""

    #: role, empty for PUBLIC
    grantee: str
    privilege: str
    grantable: bool = False
    #: None for the whole table
    column: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A table constraint that has no index: CHECK or FOREIGN KEY."""

    name: str
    definition: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view on the table, or on another view on it."""

    schema: str
    name: str
    query: str
    #: created by CKAN as ``SELECT *``, another name of the table
    alias: bool
    owner: str = ""
    #: whether the write role may drop it and create it again
    ours: bool = True
    materialized: bool = False
    options: tuple[str, ...] = ()
    comment: str | None = None
    #: (column, comment)
    column_comments: tuple[tuple[str, str], ...] = ()
    #: None: those that a new view has
    grants: tuple[Grant, ...] | None = None
    triggers: tuple[Trigger, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """Everything about a table except its rows."""

    table: str
    columns: tuple[Column, ...]
    #: (column, type as PostgreSQL writes it in full), the hidden columns too
    types: tuple[tuple[str, str], ...] = ()
    owner: str = ""
    comment: str | None = None
    primary_key: str | None = None
    sequence: str | None = None
    indexes: tuple[Index, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    #: in the order in which they can be created
    views: tuple[View, ...] = ()
    #: None: those that a new table has
    grants: tuple[Grant, ...] | None = None

    @property
    def dictionary(self) -> Dictionary:
        """Return what people have set on the table."""
        keys = (index for index in self.indexes if index.unique and index.plain and not index.automatic)
        return Dictionary(
            columns=self.columns,
            aliases=tuple(view.name for view in self.views if view.alias),
            unique_keys=tuple(index.columns for index in keys),
            triggers=self.triggers,
        )


def of_dictionary(table: str, dictionary: Dictionary) -> TableFacts:
    """Return the facts of a table of which only the dictionary is known, with the names that CKAN gives."""
    return TableFacts(
        table=table,
        columns=dictionary.columns,
        indexes=tuple(unique_key(table, key) for key in dictionary.unique_keys),
        triggers=dictionary.triggers,
        views=tuple(View(schema="public", name=name, query="", alias=True) for name in dictionary.aliases),
    )


def to_json(facts: TableFacts) -> dict[str, Any]:
    """Return the facts as JSON types."""
    return json.loads(json.dumps(asdict(facts)))


def from_json(found: Mapping[str, Any]) -> TableFacts:
    """Make the facts from what ``to_json`` returned."""
    return TableFacts(
        **{
            **found,
            "columns": columns_from_json(found["columns"]),
            "types": _pairs(found["types"]),
            "indexes": tuple(Index(**{**index, "columns": tuple(index["columns"])}) for index in found["indexes"]),
            "constraints": tuple(Constraint(**constraint) for constraint in found["constraints"]),
            "triggers": _triggers(found["triggers"]),
            "views": tuple(_view(view) for view in found["views"]),
            "grants": _grants(found["grants"]),
        }
    )


def _view(found: Mapping[str, Any]) -> View:
    return View(
        **{
            **found,
            "options": tuple(found["options"]),
            "column_comments": _pairs(found["column_comments"]),
            "grants": _grants(found["grants"]),
            "triggers": _triggers(found["triggers"]),
        }
    )


def _pairs(found: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((first, second) for first, second in found)


def _triggers(found: list[Mapping[str, str]]) -> tuple[Trigger, ...]:
    return tuple(Trigger(**trigger) for trigger in found)


def _grants(found: list[Mapping[str, Any]] | None) -> tuple[Grant, ...] | None:
    return None if found is None else tuple(Grant(**grant) for grant in found)
