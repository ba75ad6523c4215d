"""Decide from a column's raw comment what is described, and recognise the comment again."""

from __future__ import annotations

import hashlib

from .comment import content_of, is_blank


def digest(comment: str | None) -> bytes:
    """Return the SHA-256 of a raw comment; no comment counts as an empty one."""
    return hashlib.sha256((comment or "").encode("utf-8", "surrogatepass")).digest()


def has_label_and_notes(comment: str | None) -> tuple[bool, bool]:
    """Return whether a raw comment has a label, and whether it has notes; a comment that is plain text is the notes."""
    found = content_of(comment)
    if isinstance(found, str):
        return False, bool(found)
    info = found.get("_info")
    entries = info if isinstance(info, dict) else {}
    return not is_blank(entries.get("label")), not is_blank(entries.get("notes"))
