"""The Data Dictionary as a value: everything about a table that people made by hand.

The raw column comment is the only lossless form: CKAN keeps other plugins' keys beside ``_info`` in it
(`IDataDictionaryForm`), and `datastore_info` shows only ``_info``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .comment import Content, content_of, parse_comment


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
    #: when it fires (``pg_trigger.tgenabled``): O as usual, D never, R and A in replication too
    enabled: str = "O"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dictionary:
    """All that a table carries besides its rows."""

    columns: tuple[Column, ...]
    aliases: tuple[str, ...] = ()
    #: column names of each unique key that is not the primary key
    unique_keys: tuple[tuple[str, ...], ...] = ()
    triggers: tuple[Trigger, ...] = ()
    #: columns of earlier files that the table no longer has, with their comments
    removed: tuple[Column, ...] = ()

    def column(self, name: str) -> Column | None:
        """Return the column of that name, also a removed one, None when neither is known."""
        return next((column for column in (*self.columns, *self.removed) if column.name == name), None)

    @property
    def by_name(self) -> dict[str, Column]:
        """Return all columns by name; an existing column wins over a removed one of the same name."""
        return {column.name: column for column in (*self.removed, *self.columns)}

    @property
    def described(self) -> dict[str, Content | str]:
        """Return the filled-in comment (`content_of`) of each column that has one, removed ones too."""
        known = {name: content_of(column.comment) for name, column in self.by_name.items()}
        return {name: content for name, content in known.items() if content}

    def with_removed(self, removed: tuple[Column, ...]) -> Dictionary:
        """Return this dictionary with ``removed`` as its removed columns, without those that the table has."""
        here = {column.name for column in self.columns}
        return replace(self, removed=tuple(column for column in removed if column.name not in here))

    def renamed(self, names: Mapping[str, str]) -> Dictionary:
        """Return this dictionary with columns renamed by ``names``, which maps old names to new ones."""

        def under_new_name(columns: tuple[Column, ...]) -> tuple[Column, ...]:
            return tuple(replace(column, name=names.get(column.name, column.name)) for column in columns)

        keys = tuple(tuple(names.get(name, name) for name in key) for key in self.unique_keys)
        columns = under_new_name(self.columns)
        return replace(self, columns=columns, unique_keys=keys).with_removed(under_new_name(self.removed))


def as_json(dictionary: Dictionary) -> dict[str, Any]:
    """Return the dictionary as JSON types."""
    found = asdict(dictionary)
    # the files on disk have this key
    found["vanished"] = found.pop("removed")
    return found


def from_json(found: Mapping[str, Any]) -> Dictionary:
    """Make a dictionary from what ``as_json`` returned.

    :raises ValueError: when ``found`` is something else.
    """
    try:
        return Dictionary(
            columns=columns_from_json(found["columns"]),
            aliases=tuple(_text(alias) for alias in found["aliases"]),
            unique_keys=tuple(tuple(_text(name) for name in key) for key in found["unique_keys"]),
            triggers=tuple(
                Trigger(name=_text(t["name"]), definition=_text(t["definition"]), enabled=_text(t["enabled"]))
                for t in found["triggers"]
            ),
            removed=columns_from_json(found["vanished"]),
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not a data dictionary: {error!r}") from error


def columns_from_json(found: list[Mapping[str, Any]]) -> tuple[Column, ...]:
    """Make the columns from what ``as_json`` returned."""
    return tuple(
        Column(
            name=_text(column["name"]),
            type=_text(column["type"]),
            comment=None if column["comment"] is None else _text(column["comment"]),
        )
        for column in found
    )


def _text(found: object) -> str:
    if not isinstance(found, str):
        raise TypeError(f"{found!r} is not text")
    return found
