"""Names of a load's tables and indexes, within PostgreSQL's 63 bytes; and quoted names and texts for SQL.

All table names start with an underscore, so CKAN neither lists nor serves them. They contain the whole resource id, so
that the resource of a leftover table is known. The longest, a kept table's sequence ``…__id_seq``, has 63 bytes.
"""

from __future__ import annotations

import hashlib
import re

#: Prefix of all these names.
PREFIX = "_dpp_"
#: Prefix of the names of all kept tables.
ALL_KEPT = f"{PREFIX}kept_"

_ID = "([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"
_OURS = re.compile(rf"_dpp_(?:raw|new|old)_{_ID}_.{{1,8}}")
#: Kept tables are no leftovers of a run.
_KEPT = re.compile(rf"_dpp_kept_{_ID}_.{{1,8}}")


def raw(resource_id: str, run_id: str) -> str:
    """Return the name of the table that takes the file as text."""
    return _name("raw", resource_id, run_id)


def beside(resource_id: str, run_id: str) -> str:
    """Return the name of the table for rows that go into the staged one later."""
    # no run id contains an r, so the name is not that of another run's table
    return _name("raw", resource_id, f"{run_id[:7]}r")


def staged(resource_id: str, run_id: str) -> str:
    """Return the name of the table that is filled beside the live one."""
    return _name("new", resource_id, run_id)


def parked(resource_id: str, run_id: str) -> str:
    """Return the name of the old table between swap and commit."""
    return _name("old", resource_id, run_id)


def kept(resource_id: str, run_id: str) -> str:
    """Return the name of the table that a run has replaced and that is kept, so that the load can be undone."""
    return _name("kept", resource_id, run_id)


def kept_of(resource_id: str) -> str:
    """Return the prefix of the names of a resource's kept tables."""
    return _name("kept", resource_id, "")


def of_resource(resource_id: str) -> tuple[str, str, str]:
    """Return the prefixes of the names of a resource's raw, staged and parked tables."""
    return (_name("raw", resource_id, ""), _name("new", resource_id, ""), _name("old", resource_id, ""))


def _name(part: str, resource_id: str, run_id: str) -> str:
    return f"{PREFIX}{part}_{resource_id}_{run_id[:8]}"


def resource_of_kept(table: str) -> str | None:
    """Return the id of the resource that a kept table belongs to, None for any other table."""
    found = _KEPT.fullmatch(table)
    return found.group(1) if found else None


def resource_of(table: str) -> str | None:
    """Return the id of the resource that one of these tables belongs to, None for any other table."""
    ours = _OURS.fullmatch(table)
    return ours.group(1) if ours else None


def primary_key(table: str) -> str:
    """Return the name that PostgreSQL gives a table's primary key."""
    return f"{table}_pkey"


def sequence(table: str) -> str:
    """Return the name that PostgreSQL gives the sequence of a table's ``_id``."""
    return f"{table}__id_seq"


def index(table: str, name: str) -> str:
    """Return the name that a staged or parked table gives to the index that is called ``name`` on the live one."""
    # index names are unique in a schema, so both tables cannot use the live name at once
    return f"{table[:9]}{table[-8:]}_{hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()}"


def identifier(name: str) -> str:
    """Return a name in double quotes; CKAN hashes it in this form for the names of indexes."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in single quotes, as an SQL literal."""
    return "'" + text.replace("'", "''") + "'"
