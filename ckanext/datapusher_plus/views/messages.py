"""Messages of runs in the language of the page."""

from __future__ import annotations

from typing import Any

from ckan.plugins.toolkit import _, h, ungettext

from ..core.message import Message


class Shown(str):
    """A text for a page, in the reader's language; isolates may stand around names in it."""

    __slots__ = ()


def translated(message: Message) -> Shown:
    """Return a message in the reader's language, with numbers as it writes them.

    In a language that is written from right to left, each name and other text in the sentence stands between isolates,
    so that it does not change the order of the words and full stops around it.
    """
    written = _isolated if h.is_rtl_language() else _plain
    return Shown(message.translated(_, ungettext, written))


def without_isolates(message: Message) -> str:
    """Return a message in the reader's language as plain text, for a file."""
    return message.translated(_, ungettext, _plain)


def _plain(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return h.localised_number(value)
    return str(value)


def name(text: str) -> str:
    """Return a name that stands beside words of the page: in a language from right to left between isolates."""
    return _isolated(text) if h.is_rtl_language() else text


def _isolated(value: Any) -> str:
    text = _plain(value)
    return f"\N{FIRST STRONG ISOLATE}{text}\N{POP DIRECTIONAL ISOLATE}" if isinstance(value, str) and text else text
