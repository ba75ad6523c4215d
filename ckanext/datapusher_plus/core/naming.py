"""Column names: the publisher's headings where PostgreSQL and CKAN accept them, else the most similar accepted name.

The rules are DataPusher+'s (a prefix before what may not begin a name, ``reserved_`` before reserved names, ``_2``
after a duplicate) with one difference: a heading in any script, with spaces and signs, stays as it is, because CKAN
quotes names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable

#: PostgreSQL cuts longer names silently, counting bytes
MAX_BYTES = 63
#: every PostgreSQL table has these already
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
#: CKAN's search in a table adds a column ``rank`` and joins a relation ``query``; its search in one column appends a
#: blank and the column's name to both
SEARCH_COLUMNS = frozenset({"rank", "query"})

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
#: CKAN splits what it sorts by at commas, and SQLAlchemy's text() treats a backslash before a colon as an escape
_REFUSED = re.compile(r"[\",]|\\(?=:)")
#: text() treats this as a bind parameter; a colon at the end of a name may get a suffix such as ``_2`` after it
_PARAMETER = re.compile(r"(?<![:\w]):(?=\w|\Z)")


def column_names(headers: Iterable[str], *, unsafe_prefix: str, reserved: Collection[str]) -> tuple[str, ...]:
    """Return one name for each heading: unique, accepted by CKAN, at most 63 bytes, the same in every load."""
    wanted = [_safe(header, unsafe_prefix, reserved) for header in headers]
    wanted = [fit(name) for name in _without_masked(wanted, reserved)]
    # the first column of a name keeps it, even if an earlier duplicate would get it: (a, a, a_2) becomes (a, a_3, a_2)
    taken = set(wanted)
    #: next number to try as a suffix, by name
    following: dict[str, int] = {}
    names: list[str] = []
    for name in wanted:
        number, unique = _numbered(name, taken, following[name]) if name in following else (1, name)
        following[name] = number + 1
        taken.add(unique)
        names.append(unique)
    return tuple(names)


def reserved_names(names: Collection[str], reserved: Collection[str]) -> dict[str, str]:
    """Return the new names, by the old ones, of columns whose names were not yet reserved when their table was made."""
    now = [fit(f"reserved_{name}") if name.lower() in reserved else name for name in names]
    changed = zip(names, _without_masked(now, reserved), strict=True)
    return {name: fit(new) for name, new in changed if new != name and fit(new) not in names}


def is_heading(label: str, name: str, *, unsafe_prefix: str, reserved: Collection[str]) -> bool:
    """Return whether a label is the heading that the column was named after, rather than one that a person wrote."""
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
    """Return the names, changed where CKAN's search in one column of the table uses that name for its own columns."""
    masked = {f"{word} {name}" for word in SEARCH_COLUMNS & frozenset(reserved) for name in names}
    return [f"reserved_{name}" if name in masked else name for name in names]


def _printable(text: str) -> str:
    """Return the text without the characters that CKAN refuses or misreads in a name."""
    text = _BREAKS.sub(" ", text)
    text = "".join(char for char in text if not unicodedata.category(char).startswith("C"))
    return _PARAMETER.sub("_", _REFUSED.sub("_", _stripped(text)))


def _stripped(text: str) -> str:
    # str.strip() also takes Unicode blanks, which CKAN refuses at the ends of a name
    while (shorter := text.strip().strip('"')) != text:
        text = shorter
    return text


def _usable(prefix: str) -> str:
    """Return the site's prefix, or the default one if a name may not begin with the site's."""
    return prefix if prefix and prefix == _printable(prefix) and not prefix.startswith("_") else "unsafe_"


def _numbered(name: str, taken: Collection[str], number: int) -> tuple[int, str]:
    """Return the first number, from ``number`` on, that makes an unused name, and that name."""
    while (candidate := fit(name, MAX_BYTES - len(f"_{number}")) + f"_{number}") in taken:
        number += 1
    return number, candidate
