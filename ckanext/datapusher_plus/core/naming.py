"""Column names: the publisher's own headings wherever PostgreSQL and CKAN take them, else the nearest name they take.

The rules are DataPusher+'s (prefix for what must not begin a name, ``reserved_`` for reserved ones, ``_2`` for the
second of a kind) with one difference: a heading in any script, with spaces and signs, stays as it is, for CKAN quotes
names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

#: PostgreSQL cuts longer names silently, counting bytes
MAX_BYTES = 63
#: every PostgreSQL table has these already
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
#: CKAN's search in a table adds a column ``rank`` and joins something called ``query``; in its search in one column
#: the column's name follows after a blank
SEARCH_COLUMNS = frozenset({"rank", "query"})

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: CKAN cuts what it sorts by at commas, and SQLAlchemy's text() takes a backslash before a colon for an escape
_REFUSED = re.compile(r"[\",]|\\(?=:)")
#: for text() this is a parameter; what ends a name may come to stand before a number
_PARAMETER = re.compile(r"(?<![:\w]):(?=\w|\Z)")


def column_names(headers: Iterable[str], *, unsafe_prefix: str, reserved: Collection[str]) -> tuple[str, ...]:
    """Return one name for each heading: unique, taken by CKAN, at most 63 bytes, stable from load to load."""
    wanted = [_safe(header, unsafe_prefix, reserved) for header in headers]
    wanted = [fit(name) for name in _without_masked(wanted, reserved)]
    # the first of a kind keeps its name, even from an earlier duplicate's suffix: (a, a, a_2) becomes (a, a_3, a_2)
    taken = set(wanted)
    #: the number from which one is looked for, of names that were there already
    following: dict[str, int] = {}
    names: list[str] = []
    for name in wanted:
        number, unique = _numbered(name, taken, following[name]) if name in following else (1, name)
        following[name] = number + 1
        taken.add(unique)
        names.append(unique)
    return tuple(names)


def reserved_names(names: Collection[str], reserved: Collection[str]) -> dict[str, str]:
    """Return the name that each column gets whose name was not reserved when its table was made, by the old one."""
    now = [fit(f"reserved_{name}") if name.lower() in reserved else name for name in names]
    changed = zip(names, _without_masked(now, reserved), strict=True)
    return {name: fit(new) for name, new in changed if new != name and fit(new) not in names}


def is_heading(label: str, name: str, *, unsafe_prefix: str, reserved: Collection[str]) -> bool:
    """Tell whether a label is the heading that a column was named by, rather than what somebody wrote."""
    return column_names((label,), unsafe_prefix=unsafe_prefix, reserved=reserved) == (name,)


def renamed(headers: Iterable[str], names: Iterable[str]) -> list[tuple[str, str]]:
    """Return (heading, name) of each column whose heading had to be changed."""
    return [(header, name) for header, name in zip(headers, names, strict=True) if header != name]


def fit(name: str, room: int = MAX_BYTES) -> str:
    """Return ``name`` cut to ``room`` bytes, whole characters only."""
    return _PARAMETER.sub("_", name.encode("utf-8")[:room].decode("utf-8", "ignore").rstrip())


def _safe(header: str, unsafe_prefix: str, reserved: Collection[str]) -> str:
    name = _printable(unicodedata.normalize("NFC", header))
    if name.lower() in reserved or name.lower() in SYSTEM_COLUMNS:
        name = f"reserved_{name}"
    elif not name or name.startswith("_"):
        name = f"{_usable(unsafe_prefix)}{name}"
    return fit(name)


def _without_masked(names: Collection[str], reserved: Collection[str]) -> list[str]:
    """Return the names without those that a search in one column of the table gives to columns of its own."""
    masked = {f"{word} {name}" for word in SEARCH_COLUMNS & frozenset(reserved) for name in names}
    return [f"reserved_{name}" if name in masked else name for name in names]


def _printable(text: str) -> str:
    """Return the text without what CKAN refuses or misreads in a name."""
    text = _BREAKS.sub(" ", text)
    text = "".join(char for char in text if not unicodedata.category(char).startswith("C"))
    return _PARAMETER.sub("_", _REFUSED.sub("_", _stripped(text)))


def _stripped(text: str) -> str:
    # str.strip() also takes Unicode blanks, which CKAN refuses at the ends of a name
    while (shorter := text.strip().strip('"')) != text:
        text = shorter
    return text


def _usable(prefix: str) -> str:
    """Return the site's prefix, or the default one where that prefix is itself no beginning of a name."""
    return prefix if prefix and prefix == _printable(prefix) and not prefix.startswith("_") else "unsafe_"


def _numbered(name: str, taken: Collection[str], number: int) -> tuple[int, str]:
    """Return the first number from one on that makes a name that is not taken, and that name."""
    while (candidate := fit(name, MAX_BYTES - len(f"_{number}")) + f"_{number}") in taken:
        number += 1
    return number, candidate
