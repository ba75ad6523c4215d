"""Sentences that remember how they were made, so that each reader can get them in their own language.

A `Message` is a str: the English text, for logs, commands, Prefect and clients of the API. It also has the sentence
with ``{names}`` in it, which is the msgid of the catalogues, and the values of the names. Values come from files,
servers and people: they are put in once, and nothing in them is ever taken for a template.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Translate = Callable[[str], str]
TranslatePlural = Callable[[str, str, int], str]

#: a name in braces; doubled braces stand for one
_PLACE = re.compile(r"\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]*)\}")
#: how deep messages may be nested in a document that is read; ours are less than half as deep
_DEEPEST = 20
#: by this key a JSON value is known as a message
_SAID = "said"


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
        # what is not a number or a message is text from here on
        values = {name: value if _is_number(value) else _text(value) for name, value in values.items()}
        template = plural if plural and values["n"] != 1 else key
        made = super().__new__(cls, _filled(template, values, english))
        made.key, made.plural, made.values = key, plural, values
        return made

    def __reduce__(self) -> tuple[Any, ...]:
        """Let a message be pickled and copied with its parts."""
        return Message, (self.key, self.plural, dict(self.values))

    def translated(
        self, gettext: Translate, ngettext: TranslatePlural, written: Callable[[Any], str] | None = None
    ) -> str:
        """Return the text in the language of two functions like gettext's.

        :param written: writes a text or a number among the values; by default as in English.
        """
        write = written or english

        def shown(value: Any) -> str:
            return value.translated(gettext, ngettext, written) if isinstance(value, Message) else write(value)

        template = ngettext(self.key, self.plural, self.values["n"]) if self.plural else gettext(self.key)
        try:
            return _filled(template, self.values, shown)
        except KeyError:
            # a mistake in a catalogue must not hide the message
            return str(self)

    def mapped(self, change: Callable[[str], str]) -> Message:
        """Return the message with each text among its values changed, those of nested messages too."""
        return Message(self.key, self.plural, {name: _mapped(value, change) for name, value in self.values.items()})


def say(key: str, /, **values: Any) -> Message:
    """Return a message; numbers among the values are written with commas between thousands."""
    return Message(key, "", values)


def say_n(singular: str, plural: str, n: int, /, **values: Any) -> Message:
    """Return a message whose form depends on ``n``, which is also the value ``{n}``."""
    return Message(singular, plural, {**values, "n": n})


def join(messages: Iterable[str], between: str = " ") -> Message:
    """Return several sentences as one message; each is translated by itself."""
    parts = [message for message in messages if message]
    names = [f"part{number}" for number in range(len(parts))]
    return Message(between.join(f"{{{name}}}" for name in names), "", dict(zip(names, parts, strict=True)))


def quoted(texts: Sequence[str], most: int) -> str:
    """Return the first texts in quotes; an ellipsis says that there are more."""
    return ", ".join(f"“{text}”" for text in texts[:most]) + (", …" if len(texts) > most else "")


def english(value: Any) -> str:
    """Return a value as it stands in an English sentence."""
    if not _is_number(value):
        return str(value)
    return f"{int(value):,}" if value == int(value) else f"{value:,}"


def document(message: Message) -> dict[str, Any]:
    """Return a message as JSON; `of_document` reads it."""
    values = {name: document(value) if isinstance(value, Message) else value for name, value in message.values.items()}
    found: dict[str, Any] = {"key": message.key, "values": values}
    return {**found, "plural": message.plural} if message.plural else found


def of_document(found: Any, depth: int = 0) -> Message | None:
    """Return the message of a document; None for anything else, such as what another version has written."""
    if not isinstance(found, dict) or depth > _DEEPEST:
        return None
    key, plural, values = found.get("key"), found.get("plural", ""), found.get("values", {})
    if not (isinstance(key, str) and isinstance(plural, str) and isinstance(values, dict)):
        return None
    read = {name: of_document(value, depth + 1) if isinstance(value, dict) else value for name, value in values.items()}
    if any(not isinstance(value, (str, int, float)) for value in read.values()):
        return None
    try:
        return Message(key, plural, read) if not plural or type(read.get("n")) is int else None
    except KeyError:
        return None


def documents(texts: Iterable[object]) -> list[dict[str, Any]] | None:
    """Return the documents of the messages among some texts, to be kept beside the texts; None when there are none."""
    return list({str(text): document(text) for text in texts if isinstance(text, Message)}.values()) or None


def messages(found: Any) -> dict[str, Message]:
    """Return the messages of `documents` by their English text; what cannot be read is left out."""
    read = [of_document(each) for each in found] if isinstance(found, list) else []
    return {str(message): message for message in read if message is not None}


def to_json(value: Any) -> Any:
    """Return a value of dicts, lists and texts in which each message is a document that `of_json` reads."""
    if isinstance(value, Message):
        return {_SAID: document(value)}
    if isinstance(value, dict):
        return {key: to_json(each) for key, each in value.items()}
    return [to_json(each) for each in value] if isinstance(value, (list, tuple)) else value


def of_json(value: Any) -> Any:
    """Return the value of which `to_json` made JSON."""
    if isinstance(value, dict):
        message = of_document(value[_SAID]) if value.keys() == {_SAID} else None
        return message if message is not None else {key: of_json(each) for key, each in value.items()}
    return [of_json(each) for each in value] if isinstance(value, list) else value


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _text(value: Any) -> str:
    return value if isinstance(value, Message) else str(value)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, Message):
        return value.mapped(change)
    return change(value) if isinstance(value, str) else value


def _filled(template: str, values: Mapping[str, Any], shown: Callable[[Any], str]) -> str:
    """Return a template with its values; not ``str.format``, which would obey what a document or a catalogue asks."""

    def piece(found: re.Match[str]) -> str:
        return shown(values[found[1]]) if found[1] else found[0][0]

    return _PLACE.sub(piece, template)
