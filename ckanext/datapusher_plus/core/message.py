"""Sentences that remember how they were made, so that each reader can get them in their own language.

A `Message` is a str: the English text, for logs, commands and Prefect. It also has the sentence with ``{names}`` in it,
which is the msgid of the catalogues, and the values of the names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

Translate = Callable[[str], str]
TranslatePlural = Callable[[str, str, int], str]


class Message(str):
    """English text with what is needed to translate it."""

    __slots__ = ("key", "plural", "values")

    key: str
    #: the msgid of the plural form; empty: the sentence has only one form, and ``values`` no ``n`` that decides
    plural: str
    #: texts, numbers and other messages by name
    values: Mapping[str, Any]

    def __new__(cls, key: str, plural: str, values: Mapping[str, Any]) -> Message:
        """Return the message with its English text."""
        template = plural if plural and values["n"] != 1 else key
        made = super().__new__(cls, _filled(template, values, english))
        made.key, made.plural, made.values = key, plural, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Let a message be pickled and copied with its parts."""
        return Message, (self.key, self.plural, dict(self.values))

    def translated(self, gettext: Translate, ngettext: TranslatePlural) -> str:
        """Return the text in the language of two functions like gettext's."""

        def shown(value: Any) -> str:
            return value.translated(gettext, ngettext) if isinstance(value, Message) else english(value)

        template = ngettext(self.key, self.plural, self.values["n"]) if self.plural else gettext(self.key)
        try:
            return _filled(template, self.values, shown)
        except (KeyError, IndexError, ValueError):
            # a mistake in a catalogue must not hide the message
            return str(self)


def say(key: str, /, **values: Any) -> Message:
    """Return a message; whole numbers among the values are written with commas between thousands."""
    return Message(key, "", values)


def say_n(singular: str, plural: str, n: int, /, **values: Any) -> Message:
    """Return a message whose form depends on ``n``, which is also the value ``{n}``."""
    return Message(singular, plural, {**values, "n": n})


def join(messages: Iterable[str], between: str = " ") -> Message:
    """Return several sentences as one message; each is translated by itself."""
    parts = [message for message in messages if message]
    names = [f"part{number}" for number in range(len(parts))]
    return Message(between.join(f"{{{name}}}" for name in names), "", dict(zip(names, parts, strict=True)))


def english(value: Any) -> str:
    """Return a value as it stands in an English sentence."""
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _filled(template: str, values: Mapping[str, Any], shown: Callable[[Any], str]) -> str:
    return template.format(**{name: shown(value) for name, value in values.items()})
