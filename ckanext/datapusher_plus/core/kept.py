"""The table before the last load, which is kept so that the load can be undone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from .index_plan import Index


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """The load that made a table, as its run recorded it."""

    run_id: str
    rows: int | None = None
    #: as ``LoadPlan.named``
    columns: tuple[tuple[str, ...], ...] = ()
    file_hash: str = ""
    load_key: str = ""
    #: when the load ended, ISO 8601
    at: str = ""
    #: name and size in bytes
    file: Mapping[str, Any] = field(default_factory=dict)
    #: as ``CleanCsv.read_as``
    read_as: Mapping[str, str] = field(default_factory=dict)
    #: fields of the resource that the load set
    fields: Mapping[str, Any] = field(default_factory=dict)
    #: findings as in core.personal_data.findings
    personal: tuple[Mapping[str, Any], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the load as JSON types."""
        return asdict(self)


def load_from_json(found: Mapping[str, Any] | None) -> Load | None:
    """Make the load from what ``Load.as_json`` returned; None stays None."""
    if found is None:
        return None
    columns = tuple(tuple(column) for column in found["columns"])
    return Load(**{**found, "columns": columns, "personal": tuple(found["personal"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTable:
    """A table that is kept."""

    #: its name in the database
    name: str
    #: run that replaced it
    replaced_by: str
    #: when it was replaced, ISO 8601
    at: str
    #: the load that made it; None if no load did, or none is known
    load: Load | None
    #: the indexes that it had
    indexes: tuple[Index, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The room that a resource's kept tables take."""

    resource_id: str
    #: when the newest of them was replaced, ISO 8601; empty if that is not known
    at: str
    #: bytes
    size: int


#: What a load writes: the file as a table of text, and the new table with searchable text and indexes.
COPIES = 2
#: A table with searchable text and indexes takes about so many times the bytes of its file.
_TIMES = 3


def needed(csv_bytes: int, live_bytes: int) -> int:
    """Return about how many bytes a load needs on the database's disk, as ``check`` counts them.

    :param live_bytes: of the table that is in place.
    """
    return COPIES * max(_TIMES * csv_bytes, live_bytes)


def given_up(found: Sequence[Room], free: int, wanted: int) -> tuple[Room, ...]:
    """Return whose kept tables have to go so that there are ``wanted`` bytes: oldest first, and no more than needed."""
    gone: list[Room] = []
    for each in sorted(found, key=lambda room: room.at):
        if free >= wanted:
            break
        gone.append(each)
        free += each.size
    return tuple(gone)


def is_expired(kept_seconds: float, days: int, *, keep: bool) -> bool:
    """Return whether a table that has been kept for so long is to be removed; ``days`` = 0: not because of its age."""
    return not keep or (days > 0 and kept_seconds > days * 86_400)


def is_undone(load_key: str, undone_key: str | None) -> bool:
    """Return whether the load of a file was undone; ``undone_key`` is empty if somebody has asked for it since."""
    return bool(undone_key) and load_key == undone_key
