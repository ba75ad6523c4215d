"""The resource's own fields that say how its file is read and loaded."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import replace
from typing import Any

from .choices import ReviewWhen
from .message import say
from .values import FullText, ReadOptions

PREFIX = "dpp_"
#: Fields in which a load says what it has found, or left out.
PUBLISHED = ("dpp_duplicates", "dpp_spatial_extent", "preview", "preview_rows")
#: The id of the resource of the same dataset whose file is read in place of this one's.
SHEET_OF = "dpp_sheet_of"
#: largest number of rows that can be asked for
MOST_ROWS = 2**31 - 1
_YES = frozenset({"true", "yes", "on", "1"})
#: Python's encodings that no text file uses
_NOT_OF_FILES = frozenset({"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"})
_NO = frozenset({"false", "no", "off", "0"})


def read_options(fields: Mapping[str, Any], defaults: ReadOptions) -> tuple[ReadOptions, tuple[str, ...]]:
    """Return the options of the fields, else ``defaults``, and a sentence for each field that cannot be understood."""
    given: dict[str, Any] = {}
    doubts: list[str] = []
    for name, understood in _FIELDS.items():
        value = fields.get(PREFIX + name)
        if _is_empty(value):
            continue
        try:
            given[name] = understood(value)
        except (ValueError, LookupError, TypeError):
            shown = " ".join(str(value).split())[:100]
            field = f"{PREFIX}{name}"
            doubts.append(
                say(
                    "The resource's field {field} was not understood and is ignored: “{value}”.",
                    field=field,
                    value=shown,
                )
            )
    return replace(defaults, **given), tuple(doubts)


def is_understood(name: str, value: Any) -> bool:
    """Return whether the field, by its name with the prefix, can have this value; an empty one clears the field."""
    if _is_empty(value):
        return True
    try:
        _FIELDS[name.removeprefix(PREFIX)](value)
    except (ValueError, LookupError, TypeError):
        return False
    return True


def given(fields: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the fields that say how the file is read and loaded, without empty ones."""
    return {name: fields[name] for name in (*NAMES, SHEET_OF) if not _is_empty(fields.get(name))} if fields else {}


def keep(fields: MutableMapping[str, Any], stored: Mapping[str, Any] | None) -> None:
    """Add the stored fields that a client did not send, and remove those that it sent empty.

    Forms and harvesters send only the fields that they know. What a load has published about its table is kept too.
    """
    known, stored = (*NAMES, SHEET_OF, *PUBLISHED), stored or {}
    missing = {name: stored[name] for name in known if name not in fields and not _is_empty(stored.get(name))}
    for name in known:
        if name in fields and _is_empty(fields[name]):
            del fields[name]
    fields.update(missing)


def _is_empty(value: Any) -> bool:
    return value is None or value == [] or (isinstance(value, str) and not value.strip())


def _encoding(value: Any) -> str:
    name = str(value).strip()
    encoding_of_files(name)
    return name


def encoding_of_files(name: str) -> str:
    """Return Python's name of an encoding.

    :raises LookupError: when it is unknown, or no text file uses it.
    :raises ValueError: when it is not a name.
    """
    # raises LookupError also for codecs such as base64, which are not text encodings
    "".encode(name)
    found = codecs.lookup(name).name
    if found in _NOT_OF_FILES:
        raise LookupError(name)
    return found


def _decimal(value: Any) -> str:
    mark = {"comma": ",", "point": "."}.get(str(value).strip().lower(), str(value).strip())
    if mark not in (",", "."):
        raise ValueError(mark)
    return mark


def _words(value: Any) -> tuple[str, ...]:
    """Return the words of a list, or of a text that separates them by commas or, if it has none, by blanks."""
    if isinstance(value, str):
        value = value.split(",") if "," in value else value.split()
    return tuple(dict.fromkeys(word.strip() for word in value if word.strip()))


def _metres(value: Any) -> float:
    metres = float(value)
    if not math.isfinite(metres) or metres < 0:
        raise ValueError(metres)
    return metres


def _truth(value: Any) -> bool:
    word = str(value).strip().lower()
    if word not in _YES | _NO:
        raise ValueError(word)
    return word in _YES


def _rows(value: Any) -> int:
    rows = int(str(value).strip())
    if abs(rows) > MOST_ROWS:
        raise ValueError(rows)
    return rows


def _full_text(value: Any) -> FullText:
    return FullText(str(value).strip().lower())


def _review(value: Any) -> ReviewWhen:
    return ReviewWhen(str(value).strip().lower())


def _one_line(value: Any) -> str:
    return re.sub(r"\s+", " ", str(value)).strip()


_FIELDS: dict[str, Callable[[Any], Any]] = {
    "encoding": _encoding,
    "decimal": _decimal,
    "sheet": _one_line,
    "null_values": _words,
    "simplify": _metres,
    "day_first": _truth,
    "full_text": _full_text,
    "dedup": _truth,
    "preview_rows": _rows,
    "review": _review,
}
#: the fields' names as a resource has them
NAMES = tuple(PREFIX + name for name in _FIELDS)
