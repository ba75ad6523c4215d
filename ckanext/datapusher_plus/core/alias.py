"""The names that tables get by a template, as PostgreSQL and CKAN accept them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from string import Formatter

#: bytes of a name in PostgreSQL
LONGEST = 63
_FIELDS = ("resource", "package", "org")
_RESOURCE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: names that are tried if others are taken
_MOST = 999


def template_of(option: str) -> str:
    """Return the template that the option ``auto_alias`` means, empty for none; DataPusher+ has true and false here."""
    word = option.strip().lower()
    if word in ("false", "no", "off", "0", "none"):
        return ""
    return "{resource}-{package}-{org}" if word in ("true", "yes", "on", "1") else option.strip()


def check_template(text: str) -> None:
    """Refuse a template that does not name the resource, the dataset or the organization, or that names anything else.

    :raises ValueError: when it does; the message says what it may be.
    """
    try:
        fields = [field for field in Formatter().parse(text) if field[1] is not None]
        known = fields and all(name in _FIELDS and not form and not how for _, name, form, how in fields)
    except ValueError:
        known = False
    if text and not known:
        placeholders = ", ".join(f"{{{name}}}" for name in _FIELDS)
        raise ValueError(f"auto_alias must be true, false, or a text with some of {placeholders}, and is {text}")


def alias(template: str, *, resource: str, package: str, org: str) -> str:
    """Return the name that a template makes, cut to 63 bytes; empty if nothing is left of it.

    A part that is missing leaves no hyphens behind.
    """
    given = {"resource": resource, "package": package, "org": org}
    parts = ((text, _clean(given[name]) if name else "") for text, name, *_ in Formatter().parse(template))
    made = "".join(text + value for text, value in parts)
    missing = any(not _clean(given[name]) for _, name, *_ in Formatter().parse(template) if name)
    made = re.sub(r"([-_. ])[-_. ]+", r"\1", made) if missing else made
    name = _cut(_clean(made).strip("-_. ") if missing else _clean(made), LONGEST)
    # the name of a table that a resource may get later
    return "" if _RESOURCE_ID.fullmatch(name) else name


def numbered(name: str) -> Iterator[str]:
    """Yield the name, and then names with a number, such as ``name-002``, each within 63 bytes."""
    yield name
    for number in range(2, _MOST + 1):
        suffix = f"-{number:03}"
        yield _cut(name, LONGEST - len(suffix)) + suffix


def _clean(text: str) -> str:
    """Return a text without what CKAN refuses in the name of a table."""
    shown = (" " if char.isspace() else char for char in unicodedata.normalize("NFC", text))
    kept = "".join(char for char in shown if not unicodedata.category(char).startswith("C"))
    return re.sub(r"\s+", " ", re.sub(r'["%]', "_", kept)).strip().lstrip("_").strip()


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore").rstrip()
