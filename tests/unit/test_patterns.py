"""No pattern of the package takes much longer for a string than its length: strangers choose the strings.

A pattern that is not linear can often be written so that there is one way to match: classes that follow each other
share no letter, and a repetition begins where a look-behind allows it. Else a few lines of Python do what it did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ckanext.datapusher_plus.core.personal_data import detectors
from ckanext.datapusher_plus.core.types import notations
from ckanext.datapusher_plus.core.types import patterns as type_patterns
from ckanext.datapusher_plus.formats.clean_csv import fast_scan, value_patterns
from ckanext.datapusher_plus.formats.text import padding, rewrite
from tests import patterns
from tests.hostile_strings import as_given, hostile
from tests.linear import MOST, growth
from tests.patterns import Place, Use

#: a blank may be named by a line like `sep=;`
_SEPARATORS = (b",", b"\t", b" ")


def _by_separator(make: Callable[..., re.Pattern[bytes]], way: str, *more: object) -> Iterator[Use]:
    for separator in _SEPARATORS:
        yield Use(f"{make.__name__} {separator!r} {more} {way}", make(separator, *more), way)


def _values() -> Iterator[Use]:
    for padded in (False, True):
        for returns in (False, True):
            yield from _by_separator(value_patterns.value_pattern, "match", padded, returns)


def _notations() -> Iterator[Use]:
    """Yield the patterns of numbers and days."""
    held = [each for module in (type_patterns, notations) for each in vars(module).values()]
    forms = {each for each in held if isinstance(each, type_patterns.Form)}
    for each in held:
        if isinstance(each, notations.Numbers):
            forms |= {*each.forms, each.lenient, each.lenient_whole}
        elif isinstance(each, notations.Days):
            forms |= {*each.forms, each.midnight}
    named = {form.name: form.pattern for form in forms}
    named |= {name: getattr(type_patterns, name) for name in ("DECIMAL", "EXPONENT", "BARE_EXPONENT")}
    for name, text in named.items():
        yield Use(f"{name} fullmatch", re.compile(text), "fullmatch")


def _days() -> Iterator[Use]:
    for text in {
        each.pattern
        for each in (*vars(notations).values(), type_patterns.ISO_DAY)
        if isinstance(each, type_patterns.Day)
    }:
        yield Use(f"{text} search", re.compile(text), "search")


def _headings() -> Iterator[Use]:
    """Yield the patterns of headings that hint at personal data."""
    for heading in dict.fromkeys(each.heading for each in detectors.BUILT_IN if each.heading):
        yield Use(f"{heading[:30]} search", re.compile(detectors.hint(heading)), "search")


#: what makes all patterns that are made of something else than a literal
BUILT: dict[Place, Callable[[], Iterator[Use]]] = {
    Place("core/personal_data/detectors.py", "is_hinted"): _headings,
    Place("core/types/patterns.py", "_compiled"): _notations,
    Place("core/types/patterns.py", "is_real"): _days,
    Place("formats/text/padding.py", "_padded"): lambda: _by_separator(padding._padded, "search"),
    Place("formats/clean_csv/fast_scan.py", "_empty_row"): lambda: _by_separator(fast_scan._empty_row, "search"),
    Place("formats/clean_csv/fast_scan.py", "_stray"): lambda: _by_separator(fast_scan._stray, "search"),
    Place("formats/clean_csv/value_patterns.py", "as_written"): lambda: _by_separator(
        value_patterns.as_written, "match", True
    ),
    Place("formats/clean_csv/value_patterns.py", "value_pattern"): _values,
    Place("formats/text/rewrite.py", "_with_comma"): lambda: _by_separator(rewrite._with_comma, "search"),
}
USES = [*patterns.of_modules(), *patterns.literal(), *(use for make in BUILT.values() for use in make())]


def worst(use: Use) -> float:
    """Return how many times as much the pattern costs with 16 times as much of the string that is hardest for it."""

    def call(given: Any) -> object:
        if use.way == "search":
            # what is found is passed over, as by sub and findall
            return sum(1 for _ in use.pattern.finditer(given))
        return getattr(use.pattern, use.way)(given)

    found = (growth(call, lambda size, made=made: as_given(made(size), use.pattern)) for made in hostile(use.pattern))
    return next((times for times in found if times > MOST), 0)


@pytest.mark.parametrize("use", USES, ids=lambda use: use.name)
def test_the_cost_of_a_pattern_grows_with_the_string(use: Use) -> None:
    assert worst(use) <= MOST


def test_every_function_that_makes_a_pattern_is_known_here() -> None:
    assert patterns.built() == set(BUILT)


@pytest.mark.parametrize(
    ("pattern", "way"),
    [
        (rb"(<!--.*?-->\s*)*<html\b", "match"),
        (rb'"?\s*[-+]?[\d.,:/\s%-]*\d[\d.,:/\s%-]*"?', "fullmatch"),
        (r"\s*,\s*", "search"),
        (r"[a-z]*[0-9]", "search"),
        (r"(a|a)*b", "match"),
        (r"(\w+\s?)+$", "match"),
        (rb"EPSG:[^:]*[:/]+\d", "search"),
        (rb"\r(?!\r*\n)", "search"),
        (rb"\}\s*\n\s*\{", "search"),
        (rb"<.*>", "search"),
    ],
)
def test_a_pattern_that_is_not_linear_is_seen(pattern: str | bytes, way: str) -> None:
    assert worst(Use("", re.compile(pattern), way)) > MOST
