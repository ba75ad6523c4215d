"""The catalogues have every text that people see, in every language, with the same values in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Message

import ckanext.datapusher_plus
from dev import catalogues

PLACE = re.compile(r"\{\w*\}|%\(\w+\)[sd]|%s")

TRANSLATE = {"_", "ungettext", "say", "say_n"}


def forms(texts: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (texts,) if isinstance(texts, str) else tuple(texts or ())


def messages(language: str) -> Iterator[Message]:
    return (message for message in catalogues.read(catalogues.po_file(language), language) if message.id)


def test_the_template_has_every_text_of_code_and_pages(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.pot"
    catalogues.extract(fresh)
    assert catalogues.TEMPLATE.read_text() == fresh.read_text(), "make catalogues"


def test_texts_of_pages_and_messages_are_found() -> None:
    found = {forms(message.id)[0] for message in messages("de")}
    assert {"newest first", "Left as it was", "Nothing is lost.", "{n} row was loaded."} <= found


def test_no_text_hides_in_an_f_string() -> None:
    """Babel does not find it there."""
    hidden = [
        f"{path.name}:{text.lineno}"
        for path in Path(ckanext.datapusher_plus.__path__[0]).rglob("*.py")
        for text in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(text, ast.JoinedStr)
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in TRANSLATE
    ]
    assert hidden == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    template = [forms(message.id) for message in catalogues.read(catalogues.TEMPLATE) if message.id]
    assert sorted(forms(message.id) for message in messages(language)) == sorted(template), "make catalogues"
    assert catalogues.missing(language) == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_no_translation_is_a_guess(language: str) -> None:
    assert [message.id for message in messages(language) if message.fuzzy] == []


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_translations_have_the_values_of_their_texts(language: str) -> None:
    for message in messages(language):
        # a singular may do without its number
        allowed = [set(PLACE.findall(text)) for text in forms(message.id)]
        for number, translation in enumerate(forms(message.string)):
            assert set(PLACE.findall(translation)) in (allowed[-1:] if number else allowed), translation


def test_compiled_catalogues_translate(tmp_path: Path) -> None:
    catalogues.compile_into(tmp_path)
    made = sorted(path.relative_to(tmp_path).parts[0] for path in tmp_path.glob("*/LC_MESSAGES/*.mo"))
    assert made == sorted(catalogues.LANGUAGES)
