"""From what a column's values have in common, and what its dictionary asks for, to its PostgreSQL type and cast.

A column is more than text only when every one of its values is. Times with a zone keep their instant: CKAN's
``timestamp`` has no zone, so they are stored in UTC. A column that mixes times with and without a zone stays text, for
nobody knows the instants of the latter. The same holds for dates beside zoned times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from .comment import label_comment
from .dictionary import Column
from .lexical import LENIENT_DATE, LENIENT_INTEGER, LENIENT_NUMBER, LENIENT_TIMESTAMP, Accepts
from .values import ColumnProfile, ColumnSpec

#: digits beyond this are refused by PostgreSQL's numeric sooner or later, and are no measurement
LONGEST_NUMBER = 1000


class Kind(str, Enum):
    """What a file's column is; the values are the keys of ``type_mapping``."""

    STRING = "String"
    INTEGER = "Integer"
    FLOAT = "Float"
    DATETIME = "DateTime"
    DATE = "Date"
    NULL = "NULL"


@dataclass(frozen=True, slots=True, kw_only=True)
class PgType:
    """One PostgreSQL type that a column can be loaded as."""

    #: kinds of columns all of whose values it takes for certain
    takes: frozenset[Kind]
    #: for other kinds, the values it takes one by one; None for every value
    accepts: Accepts | None = None


_NUMBERS = frozenset({Kind.INTEGER, Kind.FLOAT, Kind.NULL})
_WHOLE_NUMBERS = frozenset({Kind.INTEGER, Kind.NULL})
_TIMES = frozenset({Kind.DATETIME, Kind.DATE, Kind.NULL})
_DATES = frozenset({Kind.DATE, Kind.NULL})

#: float8 is none of them: it would round what was published
PG_TYPES: Mapping[str, PgType] = {
    "text": PgType(takes=frozenset(Kind)),
    "numeric": PgType(takes=_NUMBERS, accepts=LENIENT_NUMBER),
    "int8": PgType(takes=_WHOLE_NUMBERS, accepts=LENIENT_INTEGER),
    "bigint": PgType(takes=_WHOLE_NUMBERS, accepts=LENIENT_INTEGER),
    "timestamp": PgType(takes=_TIMES, accepts=LENIENT_TIMESTAMP),
    "date": PgType(takes=_DATES, accepts=LENIENT_DATE),
}
_OVERRIDES = frozenset({"text", "numeric", "timestamp", "date"})


def check_mapping(type_mapping: Mapping[str, str]) -> None:
    """Refuse a ``type_mapping`` that names a type no column can be loaded as.

    :raises ValueError: naming the types that can be used.
    """
    unknown = sorted(set(type_mapping.values()) - set(PG_TYPES))
    if unknown:
        raise ValueError(f"type_mapping names {', '.join(unknown)}; a column can be one of {', '.join(PG_TYPES)}")


def kind_of(profile: ColumnProfile) -> Kind:
    """Return what all values of the column are."""
    count = profile.values
    if count == 0:
        return Kind.NULL
    if profile.integers == count:
        return Kind.INTEGER
    if profile.decimals + profile.exponents == count and profile.max_length <= LONGEST_NUMBER:
        return Kind.FLOAT
    if profile.dates == count:
        return Kind.DATE
    one_clock = profile.zoned in (0, count)
    return Kind.DATETIME if profile.dates + profile.timestamps == count and one_clock else Kind.STRING


def spec(profile: ColumnProfile, kept: Column | None, type_mapping: Mapping[str, str]) -> ColumnSpec:
    """Decide a column's type, cast and comment; a person's ``type_override`` wins over what the values look like."""
    kind = kind_of(profile)
    pg_type = wanted_type(kept, type_mapping) or type_mapping[kind.value]
    return ColumnSpec(name=profile.name, type=pg_type, cast=_cast(profile, pg_type), comment=_comment(profile, kept))


def wanted_type(kept: Column | None, type_mapping: Mapping[str, str]) -> str:
    """Return the type that the dictionary asks for when it is one a file can be loaded as, else an empty string."""
    override = kept.type_override if kept else ""
    return override if override in _OVERRIDES | set(type_mapping.values()) else ""


def restored_type(kept: Column, type_mapping: Mapping[str, str]) -> str:
    """Return the type of a column that is made again from the dictionary alone."""
    return wanted_type(kept, type_mapping) or "text"


def proven(profile: ColumnProfile, pg_type: str) -> bool:
    """Tell whether the profile alone shows that every value fits the type."""
    return kind_of(profile) in PG_TYPES[pg_type].takes


def _cast(profile: ColumnProfile, pg_type: str) -> str:
    """Return the expression over ``{0}``, the raw text; PostgreSQL minds no blanks around a number or a time."""
    if pg_type == "text":
        return "{0}"
    # PostgreSQL reads no value in '' or blanks; the two calls are left out where no row needs them
    value = "nullif(btrim({0}, E' \\t\\r\\n'), '')" if profile.blanks else "{0}"
    return _timestamp(profile, value) if pg_type == "timestamp" else f"{value}::{pg_type}"


def _timestamp(profile: ColumnProfile, value: str) -> str:
    utc, local = f"{value}::timestamptz AT TIME ZONE 'UTC'", f"{value}::timestamp"
    if proven(profile, "timestamp"):
        return utc if profile.zoned else local
    # a person asked for it: what has no zone is taken as UTC. A sign after a colon can only be a zone's
    return f"CASE WHEN {{0}} ~ ':.*[-+Z]' THEN {utc} ELSE {local} END"


def _comment(profile: ColumnProfile, kept: Column | None) -> str | None:
    if kept and kept.comment:
        return kept.comment
    # the heading is shown to people wherever CKAN shows a label
    return label_comment(profile.header) if profile.header.strip() not in ("", profile.name) else None
