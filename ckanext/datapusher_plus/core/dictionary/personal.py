"""Whether the Data Dictionary marks a column as personal data."""

from __future__ import annotations

from .comment import parse_comment

#: Keys of a column's Data Dictionary entry, and the texts that mean no.
KEYS = ("pii", "personal_data")
_NO = frozenset({"", "0", "false", "no", "none", "off", "n", "f"})


def is_personal(comment: str | None) -> bool:
    """Return whether a raw column comment marks its column as personal data."""
    entry = parse_comment(comment)
    info = entry.get("_info")
    return any(_means_yes(said.get(key)) for said in (entry, info) if isinstance(said, dict) for key in KEYS)


def _means_yes(value: object) -> bool:
    return value.strip().lower() not in _NO if isinstance(value, str) else bool(value)
