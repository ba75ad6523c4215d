"""Names of PostgreSQL types that publishers understand."""

from __future__ import annotations

_NAMES = {
    "a number": ("numeric", "decimal"),
    "a number that the column can hold": ("float4", "float8", "float", "real", "double precision"),
    "a whole number": ("smartint",),
    "a whole number that the column can hold": ("int2", "int4", "int8", "int", "smallint", "integer", "bigint"),
    "a date": ("date",),
    "a date with a time": (
        "timestamp",
        "timestamptz",
        "timestamp without time zone",
        "timestamp with time zone",
    ),
    "a yes or a no": ("bool", "boolean"),
}
_NAME = {pg_type: name for name, pg_types in _NAMES.items() for pg_type in pg_types}


def plain_name(pg_type: str) -> str:
    """Return the type's plain name with its article, for example “a number” for ``numeric``."""
    return _NAME.get(pg_type, f"a value of the type {pg_type}")
