"""One raw column comment: JSON that CKAN and its plugins write, or a database administrator's own text."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

Said = dict[str, Any]


def parse_comment(comment: str | None) -> Said:
    """Return a raw comment's JSON object, empty when it is none; both comment layouts of CKAN are read."""
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
    """Return the raw comment of a column that has nothing but a label, in CKAN's own layout."""
    return as_comment({"_info": {"label": label}})


def said(comment: str | None) -> Said | str:
    """Return what a raw comment says, without what nobody has filled in; a text that is no JSON object as it is.

    CKAN's form saves empty labels and notes too. A false or a zero says something.
    """
    parsed = _parsed(comment)
    if not isinstance(parsed, dict):
        return "" if is_blank(parsed) else (comment or "").strip()
    try:
        return without_blanks(parse_comment(comment))
    except RecursionError:
        return comment or ""


def without_blanks(found: Mapping[str, Any]) -> Said:
    """Return a comment's object without the keys that nobody has filled in."""
    inner = {key: without_blanks(value) if isinstance(value, Mapping) else value for key, value in found.items()}
    return {key: value for key, value in inner.items() if not is_blank(value)}


def is_blank(value: Any) -> bool:
    """Return whether a value of a comment says nothing; a false or a zero says something."""
    return value is None or value in ({}, []) or (isinstance(value, str) and not value.strip())


def without_label(comment: str | None) -> str | None:
    """Return a comment without the label in it."""
    found = parse_comment(comment)
    info = {key: value for key, value in (found.get("_info") or {}).items() if key != "label"}
    return as_comment({**found, "_info": info})


def lines(comment: str | None) -> Iterator[tuple[str, str]]:
    """Yield what a comment says, each key with its text; keys of CKAN's own form come without ``_info``."""
    found = said(comment)
    if isinstance(found, str):
        yield from [("", found)] if found else []
        return
    own = found.get("_info")
    yield from _lines(own if isinstance(own, dict) else {})
    yield from _lines({key: value for key, value in found.items() if key != "_info" or not isinstance(value, dict)})


def _lines(found: Said) -> Iterator[tuple[str, str]]:
    for key, value in found.items():
        yield key, value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def as_comment(found: Said) -> str:
    """Return a JSON object as a raw comment, in CKAN's own layout."""
    # CKAN marks the layout by the leading space
    text = " " + json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        # half a character, which was escaped in the comment that it comes from
        return " " + json.dumps(found, separators=(",", ":"))
    return text
