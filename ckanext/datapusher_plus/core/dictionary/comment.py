"""One raw column comment: JSON that CKAN and its plugins write, or a database administrator's own text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Content = dict[str, Any]


def parse_comment(comment: str | None) -> Content:
    """Return a raw comment's JSON object, empty if it is not one; both of CKAN's comment layouts are read."""
    parsed = _parsed(comment)
    if not isinstance(parsed, dict):
        return {}
    # before CKAN 2.11 the comment was the info itself and had no leading space
    return {"_info": parsed} if comment and comment.startswith("{") else parsed


def _parsed(comment: str | None) -> Any:
    try:
        return json.loads(comment or "null")
    except (ValueError, RecursionError):
        return comment


def label_comment(label: str) -> str:
    """Return the raw comment of a column that has only a label, in CKAN's own layout."""
    return as_comment({"_info": {"label": label}})


def content_of(comment: str | None) -> Content | str:
    """Return the filled-in keys of a raw comment; a text that is not a JSON object is returned as it is.

    CKAN's form also saves empty labels and notes, which are left out. A false or a zero counts as filled in.
    """
    parsed = _parsed(comment)
    if not isinstance(parsed, dict):
        return "" if is_blank(parsed) else (comment or "").strip()
    try:
        return without_blanks(parse_comment(comment))
    except RecursionError:
        return comment or ""


def without_blanks(found: Mapping[str, Any]) -> Content:
    """Return a comment's object without empty keys."""
    inner = {key: without_blanks(value) if isinstance(value, Mapping) else value for key, value in found.items()}
    return {key: value for key, value in inner.items() if not is_blank(value)}


def is_blank(value: Any) -> bool:
    """Return whether a value in a comment is empty; a false or a zero is not."""
    return value is None or value in ({}, []) or (isinstance(value, str) and not value.strip())


def without_label(comment: str | None) -> str | None:
    """Return a comment without its label."""
    found = parse_comment(comment)
    info = {key: value for key, value in (found.get("_info") or {}).items() if key != "label"}
    return as_comment({**found, "_info": info})


def lines(comment: str | None) -> Iterator[tuple[str, str]]:
    """Yield (key, text) for each filled-in key of a comment; keys of CKAN's own form come without ``_info``.

    A comment that is plain text has the empty key.
    """
    found = content_of(comment)
    if isinstance(found, str):
        yield from [("", found)] if found else []
        return
    own = found.get("_info")
    yield from _lines(own if isinstance(own, dict) else {})
    yield from _lines({key: value for key, value in found.items() if key != "_info" or not isinstance(value, dict)})


def _lines(found: Content) -> Iterator[tuple[str, str]]:
    for key, value in found.items():
        yield key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_comment(found: Content) -> str:
    """Return a JSON object as a raw comment, in CKAN's own layout."""
    # CKAN marks the layout by the leading space
    text = " " + json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        # a lone surrogate, which was escaped in the original comment
        return " " + json.dumps(found, separators=(",", ":"))
    return text
