"""Recognise what the values of a column are, such as e-mail addresses, from its heading and its statistics."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from ..statistics import ColumnStatistics, Measure
from .headings import words
from .lists import COUNTRIES_2, COUNTRIES_3, CURRENCIES, listed
from .model import Draft, Kind, Subject

_EMAIL = re.compile(r"[^@\s<>()\",;:]+@[^@\s<>()\",;:]+\.[^@\s.<>()\",;:\d]{2,}")
_URL = re.compile(r"(?:https?|ftp)://[^\s/?#]\S*", re.I)
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_WKT = re.compile(
    r"(?:SRID=\d+;)?(?:MULTI)?(?:POINT|LINESTRING|POLYGON|GEOMETRYCOLLECTION)(?:\s*(?:ZM?|M))?\s*(?:\(.*|EMPTY)",
    re.I | re.S,
)
_ID_WORDS = listed("id ids uuid guid code key nr no num number identifier objectid fid gid oid pk kennung schluessel")
_YEAR_WORDS = listed("year yr jahr année annee año ano anno rok år jaar год 年 年度")
_LATITUDE = frozenset(("latitude", "lat", "breitengrad", "latitud", "latitudine", "широта", "緯度", "纬度"))
_LONGITUDE = frozenset(
    (
        "longitude",
        "lon",
        "lng",
        "long",
        "längengrad",
        "laengengrad",
        "longitud",
        "longitudine",
        "долгота",
        "経度",
        "经度",
    )
)
_COUNTRY_WORDS = listed("country countries land pays país pais nation iso iso2 iso3 nationality state paese страна")
_CURRENCY_WORDS = listed("currency währung waehrung devise moneda valuta monnaie валюта")
_URL_WORDS = listed("url uri link website homepage webseite href")
_EMAIL_WORDS = listed("email mail emailaddress")
#: Most characters of the values of an identifier.
_LONGEST_IDENTIFIER = 100

_WHOLE_NUMBERS = ("int2", "int4", "int8", "numeric")


def semantic_type(subject: Subject) -> Draft | None:
    """Return the draft of the first semantic type that fits, from the certain ones to the likely ones."""
    said = _words(subject)
    return next((draft for rule in _RULES for draft in rule(subject, said)), None)


def _words(subject: Subject) -> frozenset[str]:
    found = [word.lower() for word in words(subject.heading)]
    # "e-mail"
    return frozenset([*found, *("".join(pair) for pair in zip(found, found[1:], strict=False))])


def _draft(subject: Subject, value: str, confidence: float, **saw: Any) -> Draft:
    evidence = {"rule": "semantic_type", **saw}
    structural = value == "identifier"
    return Draft(
        column=subject.name,
        kind=Kind.SEMANTIC_TYPE,
        value=value,
        evidence=evidence,
        confidence=confidence,
        structural=structural,
    )


def _seen(column: ColumnStatistics, fits: Callable[[str], Any]) -> float:
    """Return the share of the values that are known and fit; 0 when one does not."""
    if not column.top or not column.filled or not all(fits(value.strip()) for value, _ in column.top):
        return 0.0
    return sum(count for _, count in column.top) / column.filled


def _pattern(
    value: str, pattern: re.Pattern[str], headings: frozenset[str]
) -> Callable[[Subject, frozenset[str]], Iterator[Draft]]:
    def rule(subject: Subject, said: frozenset[str]) -> Iterator[Draft]:
        column = subject.statistics
        if column.measure is not Measure.TEXT or not column.filled:
            return
        share = _seen(column, pattern.fullmatch)
        if share:
            yield _draft(subject, value, round(0.6 + 0.35 * share, 2), share=round(share, 3))
        elif not column.top and said & headings:
            yield _draft(subject, value, 0.6, heading=subject.heading)

    return rule


def _uuid(subject: Subject, said: frozenset[str]) -> Iterator[Draft]:
    column = subject.statistics
    if column.type == "uuid":
        yield _draft(subject, "uuid", 1.0, type=column.type)
    elif column.measure is Measure.TEXT and column.shortest == column.longest == 36:
        share = _seen(column, _UUID.fullmatch)
        if share or (not column.top and said & {"uuid", "guid", "id"}):
            yield _draft(subject, "uuid", 0.9, length=36)


def _year(subject: Subject, said: frozenset[str]) -> Iterator[Draft]:
    column, span = subject.statistics, _span(subject.statistics)
    if column.type in _WHOLE_NUMBERS and span and said & _YEAR_WORDS and 1000 <= span[0] <= span[1] <= 2200:
        yield _draft(subject, "year", 0.9, heading=subject.heading)


def _coordinate(
    value: str, most: float, headings: frozenset[str]
) -> Callable[[Subject, frozenset[str]], Iterator[Draft]]:
    def rule(subject: Subject, said: frozenset[str]) -> Iterator[Draft]:
        span = _span(subject.statistics)
        if span and said & headings and -most <= span[0] <= span[1] <= most:
            yield _draft(subject, value, 0.95, heading=subject.heading)

    return rule


def _span(column: ColumnStatistics) -> tuple[float, float] | None:
    if column.measure is not Measure.NUMBER or column.least is None or column.greatest is None:
        return None
    try:
        return float(column.least), float(column.greatest)
    except ValueError:
        return None


def _code(
    value: str, codes: frozenset[str], headings: frozenset[str]
) -> Callable[[Subject, frozenset[str]], Iterator[Draft]]:
    def rule(subject: Subject, said: frozenset[str]) -> Iterator[Draft]:
        column = subject.statistics
        if column.measure is not Measure.TEXT or not said & headings:
            return
        share = _seen(column, lambda code: code in codes)
        if share:
            yield _draft(subject, value, round(0.6 + 0.35 * share, 2), share=round(share, 3))

    return rule


def _identifier(subject: Subject, said: frozenset[str]) -> Iterator[Draft]:
    column = subject.statistics
    unique = 1 < column.rows == column.filled == column.distinct
    text = column.measure is Measure.TEXT and (column.longest or 0) <= _LONGEST_IDENTIFIER
    if not unique or not (text or column.type in _WHOLE_NUMBERS):
        return
    named = bool(said & _ID_WORDS) or any(word.endswith("id") for word in said)
    if named or text or column.type != "numeric":
        yield _draft(subject, "identifier", 0.9 if named else 0.5, distinct=column.distinct)


_RULES = (
    _pattern("email", _EMAIL, _EMAIL_WORDS),
    _pattern("url", _URL, _URL_WORDS),
    _uuid,
    _pattern("wkt", _WKT, frozenset(("wkt",))),
    _coordinate("latitude", 90, _LATITUDE),
    _coordinate("longitude", 180, _LONGITUDE),
    _code("country_iso2", COUNTRIES_2, _COUNTRY_WORDS | {"code"}),
    _code("country_iso3", COUNTRIES_3, _COUNTRY_WORDS | {"code"}),
    _code("currency", CURRENCIES, _CURRENCY_WORDS),
    _year,
    _identifier,
)
