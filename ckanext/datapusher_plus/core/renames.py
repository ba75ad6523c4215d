"""Columns that probably are earlier ones under another name; a person decides whether they are."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from .dictionary import Column, Dictionary
from .values import ColumnSpec

#: what a pair needs: names that are much alike, or less so with the same place and type
_ENOUGH = 0.7
_SAME_PLACE = 0.25
_SAME_TYPE = 0.1
#: names in two scripts may have no letter in common: a lone pair in one place is enough
_LONE = 0.7
#: comparing every name with every other takes as long as both lists
_MOST_COMPARED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A column of the file and the vanished one that it probably was."""

    old: str
    new: str
    #: somebody wrote about the old one
    described: bool


def likely_renames(before: Dictionary, now: Sequence[ColumnSpec]) -> tuple[Rename, ...]:
    """Return the likeliest old name of each new column that has one, in the file's order.

    :param before: dictionary of the live table, with what vanished from it earlier.
    """
    here = {column.name for column in now}
    known = {column.name for column in before.columns}
    gone = [column for column in (*before.columns, *before.vanished) if column.name not in here][:_MOST_COMPARED]
    new = [column for column in now if column.name not in known][:_MOST_COMPARED]
    places = {column.name: place for place, column in enumerate(before.columns)}
    order = {column.name: place for place, column in enumerate(now)}
    lone = len(new) == 1 and sum(column.name in known for column in gone) == 1
    pairs = [
        (_likeness(old, column, places.get(old.name) == order[column.name], lone=lone), old, column)
        for old in gone
        for column in new
    ]
    found: dict[str, Column] = {}
    for likeness, old, column in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness >= _ENOUGH and column.name not in found and old not in found.values():
            found[column.name] = old
    described = before.said
    return tuple(
        Rename(old=found[column.name].name, new=column.name, described=found[column.name].name in described)
        for column in new
        if column.name in found
    )


def _likeness(old: Column, new: ColumnSpec, same_place: bool, *, lone: bool) -> float:
    same_type = old.type == new.type
    if lone and same_place and same_type:
        return _LONE
    before, now = _plain(old.name), _plain(new.name)
    if before != now and _without_digits(before) == _without_digits(now):
        # another year of the same measure
        return 0
    names = SequenceMatcher(None, before, now).ratio()
    return names + same_place * _SAME_PLACE + same_type * _SAME_TYPE


def _plain(name: str) -> str:
    """Return a name without case, accents, signs and blanks."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[\W_]+", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def _without_digits(name: str) -> str:
    return re.sub("[0-9]+", "", name)
