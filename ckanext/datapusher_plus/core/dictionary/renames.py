"""Find columns that were probably renamed; a person decides whether they were."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from ..values import ColumnSpec
from .comment import content_of
from .merge import carry_over, written_by_people
from .model import Column, Dictionary

#: likeness that a pair needs: very similar names, or less similar ones with the same position and type
_ENOUGH = 0.7
_SAME_PLACE = 0.25
_SAME_TYPE = 0.1
#: likeness of a lone pair of the same position and type: names in two scripts may have no letter in common
_LONE = 0.7
#: most names of each list that are compared: the time grows with the product of both lengths
_MOST_COMPARED = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename:
    """A column of the file and the removed column that it probably was."""

    old: str
    new: str


def likely_renames(before: Dictionary, now: Sequence[ColumnSpec]) -> tuple[Rename, ...]:
    """Return the most likely old name of each new column that has one, in the file's order.

    :param before: dictionary of the live table, with the columns removed from it earlier.
    """
    here = {column.name for column in now}
    known = {column.name for column in before.columns}
    gone = [column for column in (*before.columns, *before.removed) if column.name not in here][:_MOST_COMPARED]
    new = [column for column in now if column.name not in known][:_MOST_COMPARED]
    places = {column.name: place for place, column in enumerate(before.columns)}
    order = {column.name: place for place, column in enumerate(now)}
    lone = len(new) == 1 and sum(column.name in known for column in gone) == 1
    pairs = [
        (_likeness(old, column, same_place=places.get(old.name) == order[column.name], lone=lone), old, column)
        for old in gone
        for column in new
    ]
    found: dict[str, Column] = {}
    for likeness, old, column in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness >= _ENOUGH and column.name not in found and old not in found.values():
            found[column.name] = old
    return tuple(Rename(old=found[column.name].name, new=column.name) for column in new if column.name in found)


def waiting(
    now: Dictionary, is_heading: Callable[[str, str], bool], known: Iterable[tuple[str, str]] | None = None
) -> tuple[tuple[str, str], ...]:
    """Return (old, new) of removed columns that have a label or description and were probably renamed.

    :param is_heading: returns whether a label is only the heading that a column of that name was named after.
    :param known: the pairs that loads have found, which win over all others; None when no load has searched.
    """
    described = now.described
    gone = [column for column in now.removed if column.name in described]
    new = [column for column in now.columns if not content_of(written_by_people(column, is_heading))]
    old_names, new_names = {column.name for column in gone}, {column.name for column in new}
    found: dict[str, str] = {}
    for old, column in known or ():
        if old in old_names and column in new_names and old not in found and column not in found.values():
            found[old] = column
    gone, new = gone[:_MOST_COMPARED], new[:_MOST_COMPARED]
    # a load knows the old column's position, so this guess is only for when no load has searched
    lone = known is None and len(gone) == len(new) == 1
    pairs = [
        (_likeness(old, column, same_place=lone, lone=lone), old.name, column.name) for old in gone for column in new
    ]
    for likeness, old, column in sorted(pairs, key=lambda pair: -pair[0]):
        if likeness >= _ENOUGH and old not in found and column not in found.values():
            found[old] = column
    return tuple((column.name, found[column.name]) for column in now.removed if column.name in found)


def offers(
    before: Dictionary,
    now: Sequence[ColumnSpec],
    known: Iterable[tuple[str, str]],
    is_heading: Callable[[str, str], bool],
) -> tuple[tuple[str, str], ...]:
    """Return what ``waiting`` will return once the table ``before`` has the columns of the file."""
    columns = tuple(Column(name=spec.name, type=spec.type, comment=spec.comment) for spec in now)
    here = {column.name for column in columns}
    gone = tuple(column for column in (*before.columns, *before.removed) if column.name not in here)
    return waiting(Dictionary(columns=columns, removed=gone), is_heading, known)


def carried(now: Dictionary, old: str, new: str, is_heading: Callable[[str, str], bool]) -> Mapping[str, str | None]:
    """Return the raw comment of the column ``new`` after the removed ``old`` is carried over to it, by its name.

    The result is empty when the comment does not change.

    :raises ValueError: when the table has no column ``new``, or nothing is kept about ``old``.
    """
    here = next((column for column in now.columns if column.name == new), None)
    gone = next((column for column in now.removed if column.name == old), None)
    if here is None:
        raise ValueError(f"The table has no column “{new}”.")
    if gone is None or old not in now.described:
        raise ValueError(f"Nothing is kept of a column “{old}” that the table has no more.")
    comment = carry_over(here, gone, is_heading)
    return {} if comment == here.comment else {new: comment}


def _likeness(old: Column, new: ColumnSpec | Column, *, same_place: bool, lone: bool = False) -> float:
    same_type = old.type == new.type
    if lone and same_place and same_type:
        return _LONE
    before, now = _plain(old.name), _plain(new.name)
    if before != now and _without_digits(before) == _without_digits(now):
        # the same measure of another year
        return 0
    names = SequenceMatcher(None, before, now).ratio()
    return names + same_place * _SAME_PLACE + same_type * _SAME_TYPE


def _plain(name: str) -> str:
    """Return a name without case, accents, signs and blanks."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return re.sub(r"[\W_]+", "", "".join(letter for letter in letters if not unicodedata.combining(letter)))


def _without_digits(name: str) -> str:
    return re.sub("[0-9]+", "", name)
