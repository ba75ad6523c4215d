"""Which columns of a table the Data Dictionary marks as personal data."""

from __future__ import annotations

from ..core.dictionary.comment import parse_comment
from ..datastore import catalog, connect

#: Keys of a column's Data Dictionary entry, and the texts that mean no.
KEYS = ("pii", "personal_data")
_NO = frozenset({"", "0", "false", "no", "none", "off", "n", "f"})


def marked(resource_id: str) -> frozenset[str]:
    """Return the names of the columns that are marked as personal data now; empty when there is no table."""
    with connect.connect() as connection:
        columns = catalog.columns(connection, resource_id)
    return frozenset(column.name for column in columns if is_personal(column.comment))


def is_personal(comment: str | None) -> bool:
    """Return whether a raw column comment marks its column as personal data."""
    entry = parse_comment(comment)
    info = entry.get("_info")
    return any(_means_yes(said.get(key)) for said in (entry, info) if isinstance(said, dict) for key in KEYS)


def _means_yes(value: object) -> bool:
    return value.strip().lower() not in _NO if isinstance(value, str) else bool(value)
