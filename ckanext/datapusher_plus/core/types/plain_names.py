"""Names of PostgreSQL types that publishers understand."""

from __future__ import annotations

from ..message import Message, say

_NAMES = {
    say("a number"): ("numeric", "decimal"),
    say("a number that the column can hold"): ("float4", "float8", "float", "real", "double precision"),
    say("a whole number"): ("smartint",),
    say("a whole number that the column can hold"): ("int2", "int4", "int8", "int", "smallint", "integer", "bigint"),
    say("a date"): ("date",),
    say("a date with a time"): (
        "timestamp",
        "timestamptz",
        "timestamp without time zone",
        "timestamp with time zone",
    ),
    say("a yes or a no"): ("bool", "boolean"),
}
_NAME = {pg_type: name for name, pg_types in _NAMES.items() for pg_type in pg_types}


_UNKNOWN = "a value of the type "


def name_of(text: str) -> Message | None:
    """Return the plain name that this English text is; None if it is another text."""
    if text.startswith(_UNKNOWN):
        return plain_name(text.removeprefix(_UNKNOWN))
    return next((name for name in _NAMES if name == text), None)


def plain_name(pg_type: str) -> Message:
    """Return the type's plain name with its article, for example “a number” for ``numeric``."""
    return _NAME.get(pg_type) or say("a value of the type {type}", type=pg_type)
