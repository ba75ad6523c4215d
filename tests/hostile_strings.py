"""Strings that are slow to match: many repetitions of what a pattern repeats, with an end that does not match."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from typing import Any, AnyStr

if sys.version_info >= (3, 11):
    from re import _constants as sre
    from re import _parser as parser
else:
    import sre_constants as sre
    import sre_parse as parser

#: builds a string of about the given number of characters
Made = Callable[[int], str]
#: preferred characters when one of a class is chosen; each order gives different strings
_ORDERS = ("0aA ", " \ta0", "aZ0_", "\"',;", "\r\n.", "\n -", "/:<[", "\u00e9\u4e00\u0660\u0e01")
_ALPHABET = [chr(code) for code in range(256)] + list("\u4e00\u0660\u0e01\u3042\uff1a\ufeff\u2028\u2019\u202f")
_CATEGORIES = {
    sre.CATEGORY_DIGIT: r"\d",
    sre.CATEGORY_NOT_DIGIT: r"\D",
    sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S",
    sre.CATEGORY_WORD: r"\w",
    sre.CATEGORY_NOT_WORD: r"\W",
}
#: strings that are slow for patterns in readers of tables
COMMON = (
    *(
        "a",
        "0",
        " ",
        "\t",
        '"',
        ",",
        ";",
        "'",
        "\\",
        "#",
        "\r",
        "\n",
        "[",
        "<",
        ">",
        "_",
        "@",
        "-",
        "/",
        "=",
        "P",
        "\x00",
    ),
    *(
        "<!---->",
        "<!--",
        "# a,b\n",
        "#\n",
        '""',
        '","',
        '"a"',
        'a"',
        '"\n',
        ",\n",
        "\r\n",
        " ,",
        ', "',
        "1.",
        "1,",
        "a b ",
    ),
    *("sep=;\n", '\\"', "{[", '{"a":', "é", "\ufeff", "1 ", "a:", "<a>", "</a>", "\n\n", "()", "//", "..", "%2"),
)
#: ends that hardly any pattern matches
_ENDS = ("", "\x01", "\n!")


def hostile(pattern: re.Pattern[Any]) -> Iterator[Made]:
    """Yield functions that build hostile strings for a pattern, without duplicates."""
    seen: set[str] = set()
    found = [(begin, body, _ENDS) for begin, body in _parts(pattern)] + [("", body, _ENDS[:2]) for body in COMMON]
    for begin, body, ends in found:
        for end in ends:
            made = _made(begin, body, end)
            if body and (shown := made(100)) not in seen:
                seen.add(shown)
                yield made


def as_given(text: str, pattern: re.Pattern[AnyStr]) -> AnyStr:
    """Return a string in the pattern's type; for bytes, Latin-1 characters become one byte, others UTF-8."""
    if isinstance(pattern.pattern, str):
        return text  # pyright: ignore[reportReturnType]
    return b"".join(letter.encode("latin-1" if letter < "\u0100" else "utf-8") for letter in text)  # pyright: ignore


def _made(begin: str, body: str, end: str) -> Made:
    return lambda size: begin + body * (size // len(body)) + end


def _parts(pattern: re.Pattern[Any]) -> Iterator[tuple[str, str]]:
    """Yield (beginning, repeated string) pairs.

    These are the beginnings that lead to a repetition, with the repeated part; and each beginning of a match, repeated.
    """
    text = pattern.pattern
    tree = parser.parse(text, pattern.flags & ~re.DEBUG if isinstance(text, str) else pattern.flags)
    for order in _ORDERS:
        sampler = _Sampler(order, isinstance(text, bytes))
        whole = sampler.sample(tree)
        for begin, body in sampler.repeated:
            yield begin, body
            yield "", begin + body
            yield begin, body + body[:1]
        yield "", whole
        for length in range(1, min(len(whole), 12)):
            yield "", whole[:length]


class _Sampler:
    """Builds a string that matches a pattern, and records the pattern's repetitions."""

    def __init__(self, order: str, in_bytes: bool) -> None:
        self._order, self._in_bytes = order, in_bytes
        self._done = ""
        self.repeated: list[tuple[str, str]] = []

    def sample(self, nodes: Any) -> str:
        begun = len(self._done)
        for kind, what in nodes:
            self._add(kind, what)
        return self._done[begun:]

    def _add(self, kind: Any, what: Any) -> None:
        if kind is sre.LITERAL:
            self._done += chr(what)
        elif kind in (sre.NOT_LITERAL, sre.ANY, sre.IN):
            self._done += self._member(kind, what)
        elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT) or kind is getattr(sre, "POSSESSIVE_REPEAT", None):
            least, most, body = what
            before = self._done
            made = self.sample(body)
            if most == 1:
                return
            self.repeated.append((before, made))
            self._done = before + made * min(max(least, 1), 20)
        elif kind is sre.SUBPATTERN:
            self.sample(what[-1])
        elif kind is getattr(sre, "ATOMIC_GROUP", None):
            self.sample(what)
        elif kind is sre.BRANCH:
            self._branch(what[1])

    def _branch(self, branches: list[Any]) -> None:
        before = self._done
        for branch in reversed(branches):
            self._done = before
            self.sample(branch)

    def _member(self, kind: Any, what: Any) -> str:
        known = [letter for letter in self._order if _takes(kind, what, letter)]
        return known[0] if known else next((letter for letter in _ALPHABET if _takes(kind, what, letter)), "a")


def _takes(kind: Any, what: Any, letter: str) -> bool:
    if kind is sre.ANY:
        return letter != "\n"
    if kind is sre.NOT_LITERAL:
        return ord(letter) != what
    negated = what[0][0] is sre.NEGATE
    return negated != any(_within(item, letter) for item in what)


def _within(item: tuple[Any, Any], letter: str) -> bool:
    kind, what = item
    if kind is sre.LITERAL:
        return ord(letter) == what
    if kind is sre.RANGE:
        return what[0] <= ord(letter) <= what[1]
    return kind is sre.CATEGORY and bool(re.match(_CATEGORIES[what], letter))
