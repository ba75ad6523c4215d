"""Names and texts as SQL has them, where no driver composes the statement."""

from __future__ import annotations


def identifier(name: str) -> str:
    """Return a name in quotes, as CKAN's index names are made from it too."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in quotes."""
    return "'" + text.replace("'", "''") + "'"
