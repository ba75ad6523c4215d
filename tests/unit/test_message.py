"""Sentences that remember how they were made: in English, in other languages, and as JSON."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from ckanext.datapusher_plus.core.errors import BadJson, FetchInterrupted, Transient
from ckanext.datapusher_plus.core.message import (
    Message,
    document,
    documents,
    join,
    messages,
    of_document,
    of_json,
    say,
    say_n,
    to_json,
)

GERMAN = {
    "The table has {rows} rows.": "Die Tabelle hat {rows} Zeilen.",
    "{wrong}; {why}.": "{why}: {wrong}.",
    "{n} row": "{n} Zeile",
    "{n} rows": "{n} Zeilen",
    "no": "nein",
    "Bad {name}.": "{nome} ist falsch.",
}
HOSTILE = "{0.__class__} {rows} {{x}} %s %(a)d {x:99999999999}"


def gettext(text: str) -> str:
    return GERMAN.get(text, text)


def ngettext(singular: str, plural: str, n: int) -> str:
    return gettext(singular if n == 1 else plural)


def german(message: Message) -> str:
    written = lambda value: str(value) if isinstance(value, str) else f"{value:,}".replace(",", ".")  # noqa: E731
    return message.translated(gettext, ngettext, written)


def test_a_message_is_its_english_text() -> None:
    message = say("The table has {rows} rows.", rows=12345)
    assert message == "The table has 12,345 rows."
    assert german(message) == "Die Tabelle hat 12.345 Zeilen."


@pytest.mark.parametrize(("n", "text", "translated"), [(1, "1 row", "1 Zeile"), (1200, "1,200 rows", "1.200 Zeilen")])
def test_plurals(n: int, text: str, translated: str) -> None:
    message = say_n("{n} row", "{n} rows", n)
    assert (message, german(message)) == (text, translated)


def test_messages_in_messages_are_translated_too() -> None:
    message = join((say("{wrong}; {why}.", wrong="x", why=say("no")), "As it is."))
    assert (message, german(message)) == ("x; no. As it is.", "nein: x. As it is.")


def test_values_are_never_templates() -> None:
    message = say("{wrong}; {why}.", wrong=HOSTILE, why=say("{wrong}; {why}.", wrong=HOSTILE, why="b"))
    assert message == f"{HOSTILE}; {HOSTILE}; b.."
    assert german(message) == f"b: {HOSTILE}.: {HOSTILE}."


def test_a_key_from_elsewhere_obeys_no_format() -> None:
    message = of_document({"key": HOSTILE, "values": {"rows": 3}})
    assert message == "{0.__class__} 3 {x} %s %(a)d {x:99999999999}"


def test_a_mistake_in_a_catalogue_does_not_hide_the_message() -> None:
    assert german(say("Bad {name}.", name="a")) == "Bad a."


@pytest.mark.parametrize(
    "message",
    [
        say("The table has {rows} rows.", rows=3),
        say_n("{n} row", "{n} rows", 2, more=1.5),
        join((say("{wrong}; {why}.", wrong=HOSTILE, why=say("no")), "plain")),
    ],
)
def test_a_document_is_read_as_the_message_it_was(message: Message) -> None:
    read = of_document(json.loads(json.dumps(document(message))))
    assert read is not None
    assert (read, german(read)) == (message, german(message))
    again = pickle.loads(pickle.dumps(message))  # noqa: S301 (our own)
    assert (again, german(again)) == (message, german(message))


@pytest.mark.parametrize(
    "found",
    [
        None,
        "text",
        [],
        {},
        {"key": 1},
        {"key": "a", "values": []},
        {"key": "a", "plural": None},
        {"key": "{n}", "plural": "{n}", "values": {"n": "1"}},
        {"key": "{n}", "plural": "{n}", "values": {}},
        {"key": "{lacks}", "values": {}},
        {"key": "a", "values": {"x": {"key": 3}}},
        {"key": "a", "values": {"x": [1]}},
    ],
)
def test_what_is_no_document_is_no_message(found: Any) -> None:
    assert of_document(found) is None


def test_a_document_is_not_read_deeper_than_ours_are() -> None:
    found: dict[str, Any] = {"key": "a", "values": {}}
    for _ in range(10_000):
        found = {"key": "{x}", "values": {"x": found}}
    assert of_document(found) is None


def test_texts_find_their_messages() -> None:
    message = say("The table has {rows} rows.", rows=3)
    found = messages(documents(("plain", message, None, message)))
    assert list(found) == ["The table has 3 rows."]
    assert documents(("plain", None)) is None
    assert messages(None) == messages("x") == messages([{"key": 1}]) == {}


def test_json_with_messages() -> None:
    value = ["failed", {"why": say("no"), "said": 1, "list": (say("no"), 2)}]
    read = of_json(json.loads(json.dumps(to_json(value))))
    assert read == ["failed", {"why": "no", "said": 1, "list": ["no", 2]}]
    assert german(read[1]["why"]) == german(read[1]["list"][0]) == "nein"


def test_texts_among_the_values_can_be_changed() -> None:
    message = say("{wrong}; {why}.", wrong="a", why=say("{wrong}; {why}.", wrong="b", why=3))
    assert message.mapped(str.upper) == "A; B; 3.."


def test_errors_keep_their_messages() -> None:
    error = FetchInterrupted("http://a", say("no"))
    assert isinstance(error.message, Message)
    assert str(error) == error.message
    assert isinstance(error, Transient)
    assert isinstance(BadJson(3, "x").public, Message)
