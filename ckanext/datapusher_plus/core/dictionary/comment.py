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
    return _written({"_info": {"label": label}})


def said(comment: str | None) -> Said | str:
    """Return what a raw comment says, without what nobody has filled in; a text that is no JSON object as it is.

    CKAN's form saves empty labels and notes too. A false or a zero says something.
    """
    parsed = _parsed(comment)
    if not isinstance(parsed, dict):
        return "" if _is_blank(parsed) else (comment or "").strip()
    try:
        return _spoken(parse_comment(comment))
    except RecursionError:
        return comment or ""


def _spoken(found: Mapping[str, Any]) -> Said:
    inner = {key: _spoken(value) if isinstance(value, Mapping) else value for key, value in found.items()}
    return {key: value for key, value in inner.items() if not _is_blank(value)}


def _is_blank(value: Any) -> bool:
    return value is None or value in ({}, []) or (isinstance(value, str) and not value.strip())


def filled(here: str | None, older: str | None) -> str | None:
    """Return a comment with what ``older`` says where this one says nothing, key by key."""
    said_here, said_before = said(here), said(older)
    if not said_here or not said_before:
        return here if said_here or not said_before else older
    if isinstance(said_here, str) or isinstance(said_before, str):
        return here
    mine = parse_comment(here)
    both = _filled(mine, said_before)
    return here if both == mine else _written(both)


def without_label(comment: str | None) -> str | None:
    """Return a comment without the label in it."""
    found = parse_comment(comment)
    info = {key: value for key, value in (found.get("_info") or {}).items() if key != "label"}
    return _written({**found, "_info": info})


def _filled(mine: Said, before: Said) -> Said:
    both = dict(mine)
    for key, value in before.items():
        present = both.get(key)
        if _is_blank(present) or (isinstance(present, dict) and not _spoken(present)):
            both[key] = value
        elif isinstance(present, dict) and isinstance(value, dict):
            both[key] = _filled(present, value)
    return both


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


def _written(found: Said) -> str:
    # CKAN marks the layout by the leading space
    text = " " + json.dumps(found, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        # half a character, which was escaped in the comment that it comes from
        return " " + json.dumps(found, separators=(",", ":"))
    return text
