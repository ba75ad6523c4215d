"""How a resource's file is read, as the box on the DataStore tab shows and changes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .read_options import PREFIX, is_understood

SHEET = f"{PREFIX}sheet"
ENCODING = f"{PREFIX}encoding"
DECIMAL = f"{PREFIX}decimal"
DAY_FIRST = f"{PREFIX}day_first"
NULL_VALUES = f"{PREFIX}null_values"
SIMPLIFY = f"{PREFIX}simplify"
FULL_TEXT = f"{PREFIX}full_text"
#: the fields that the box has, in its order
FIELDS = (SHEET, ENCODING, DECIMAL, DAY_FIRST, NULL_VALUES, SIMPLIFY, FULL_TEXT)
#: most characters of a value
LONGEST = 1000
#: what one of several spellings of a value stands for
_SAME = {
    DECIMAL: {"comma": ",", "point": "."},
    DAY_FIRST: dict.fromkeys(("yes", "on", "1"), "true") | dict.fromkeys(("no", "off", "0"), "false"),
}


def as_set(resource: Mapping[str, Any]) -> dict[str, str]:
    """Return what a resource's fields say now, as texts for the box; empty for a field that is not set."""
    return {name: _text(name, resource.get(name)) for name in FIELDS}


def typed(form: Mapping[str, str]) -> dict[str, str]:
    """Return what a form says of the fields that it has."""
    return {name: form[name].strip() for name in FIELDS if name in form}


def changes(form: Mapping[str, str], resource: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields to save: those whose value differs from what is set; an empty value clears a field."""
    now = as_set(resource)
    return {name: value for name, value in typed(form).items() if value != now[name]}


def wrong(changed: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the fields whose new value cannot be used."""
    return tuple(
        name
        for name, value in changed.items()
        if len(value) > LONGEST or "\0" in value or not is_understood(name, value)
    )


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    text = str(value).strip()
    return _SAME.get(name, {}).get(text.lower(), text.lower() if name in (DAY_FIRST, FULL_TEXT) else text)
