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


def test_no_line_of_a_publishers_log_is_plain_text() -> None:
    """It would stay English on every page."""
    package = Path(ckanext.datapusher_plus.__path__[0])
    # what health finds is for operators
    modules = [path for path in sorted(package.rglob("*.py")) if path.relative_to(package).parts[0] != "health"]
    assert [found for path in modules for found in plain_lines(path)] == []


def plain_lines(path: Path) -> Iterator[str]:
    """Yield the places where a text that is no message goes to a publisher's log, not to one of Python's loggers."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(module) if isinstance(node, ast.FunctionDef)]
    loggers = {
        ast.unparse(node.targets[0])
        for node in module.body
        if isinstance(node, ast.Assign) and "getLogger" in ast.unparse(node.value)
    }
    for function in functions:
        own = {argument.arg for argument in (*function.args.args, *function.args.kwonlyargs)}
        for call in (node for node in ast.walk(function) if isinstance(node, ast.Call) and node.args):
            log, _, method = ast.unparse(call.func).rpartition(".")
            # core.log.warn(log, message, error), and the log's method by another name
            warns = (log, method) == ("", "warn")
            if warns or (method in {"info", "warning", "error"} and log not in loggers - own):
                said = call.args[min(1, len(call.args) - 1)] if warns else call.args[0]
                if any(is_plain(origin) for origin in origins(said, function, functions)):
                    yield f"{path.name}:{call.lineno}"


def is_plain(text: ast.expr) -> bool:
    """Return whether an expression is a text, an f-string or the result of a text's method, such as ``join``."""
    if isinstance(text, ast.Call) and isinstance(text.func, ast.Attribute):
        text = text.func.value
    return isinstance(text, ast.JoinedStr) or (isinstance(text, ast.Constant) and isinstance(text.value, str))


def origins(
    text: ast.expr, function: ast.FunctionDef, functions: list[ast.FunctionDef], depth: int = 5
) -> Iterator[ast.expr]:
    """Yield the expressions whose value a text in a function can be, in it and in functions of its module."""
    found: list[tuple[ast.expr | None, ast.FunctionDef]] = []
    match text:
        case ast.IfExp():
            found = [(text.body, function), (text.orelse, function)]
        case ast.BinOp():
            found = [(text.left, function), (text.right, function)]
        case ast.Name():
            nodes = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
            found = [(node.value, function) for node in nodes if text.id in map(ast.unparse, node.targets)]
        case ast.Call(func=ast.Name(id=name)):
            called = [each for each in functions if each.name == name]
            found = [(node.value, of) for of in called for node in ast.walk(of) if isinstance(node, ast.Return)]
    yield text
    for value, of in found if depth else ():
        if value is not None:
            yield from origins(value, of, functions, depth - 1)


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
