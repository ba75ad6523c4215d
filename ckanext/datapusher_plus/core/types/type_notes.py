"""Notes for the publisher about the columns' types, where the file does not make them obvious."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from .. import how_to_read
from ..dictionary.model import Column, Dictionary
from ..message import join, say, say_n
from ..values import ColumnProfile, ColumnSpec
from .column_kind import Kind, Reading, read
from .column_type import TypeRules, wanted_type
from .notations import ISO, PLAIN, Days
from .pg_types import PG_TYPES

#: most columns that one sentence names; a file may have 1,598
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One sentence for the log."""

    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class _Decided:
    """A column with everything that decided its type."""

    profile: ColumnProfile
    spec: ColumnSpec
    reading: Reading
    kept: Column | None

    @property
    def by_person(self) -> bool:
        return bool(wanted_type(self.kept))


def notes(
    profiles: Sequence[ColumnProfile],
    specs: Sequence[ColumnSpec],
    *,
    kept: Dictionary | None,
    rules: TypeRules,
) -> tuple[Note, ...]:
    """Return the notes; columns that have the same thing to say share one sentence."""
    decided = [
        _Decided(profile, spec, read(profile, rules.hints), kept.column(profile.name) if kept else None)
        for profile, spec in zip(profiles, specs, strict=True)
    ]
    return (*_written(decided), *_doubts(decided), *_nulls(decided, rules), *_overrides(decided))


def _written(decided: Sequence[_Decided]) -> Iterable[Note]:
    typed = [column for column in decided if column.spec.type != "text" and not column.by_person]
    for name, columns in _grouped(typed, lambda c: c.reading.notation.name).items():
        notation = columns[0].reading.notation
        if notation not in (PLAIN, ISO):
            values = {"columns": _named(columns), "notation": name}
            dates = say("The dates in {columns} are read as {notation}.", **values)
            numbers = say("The numbers in {columns} are read as {notation}.", **values)
            yield Note(text=dates if isinstance(notation, Days) else numbers)
    by_file = [column for column in typed if column.reading.by_file]
    if by_file:
        yield Note(
            text=join(
                (
                    say(
                        "No value in {columns} shows alone that commas stand between thousands; all numbers of the "
                        "file together do.",
                        columns=_named(by_file),
                    ),
                    how_to_read.DECIMAL,
                )
            )
        )
    zoned = [column for column in typed if column.reading.zoned]
    if zoned:
        yield Note(text=say("The times in {columns} have a time zone; they are stored in UTC.", columns=_named(zoned)))


def _doubts(decided: Sequence[_Decided]) -> Iterable[Note]:
    doubtful = [column for column in decided if column.reading.doubtful]
    days = [c for c in doubtful if c.reading.kind is not Kind.STRING and c.spec.type != "text"]
    numbers = [c for c in doubtful if c.reading.kind is Kind.STRING and not c.by_person]
    for name, columns in _grouped(days, lambda c: c.reading.notation.name).items():
        yield Note(
            text=join(
                (
                    say(
                        "Nothing shows whether day or month comes first in {columns}; it is read as {notation}.",
                        columns=_named(columns),
                        notation=name,
                    ),
                    how_to_read.DAY_FIRST,
                )
            ),
            warning=True,
        )
    if numbers:
        yield Note(
            text=join(
                (
                    say(
                        "The numbers in {columns}, such as {sample}, can be read in two ways, so they stay text.",
                        columns=_named(numbers),
                        sample=_sample(numbers[0]),
                    ),
                    how_to_read.DECIMAL,
                )
            ),
            warning=True,
        )


def _nulls(decided: Sequence[_Decided], rules: TypeRules) -> Iterable[Note]:
    emptied = [column for column in decided if column.profile.nulls and column.spec.type != "text"]
    if emptied:
        values = sum(column.profile.nulls for column in emptied)
        words = list(dict.fromkeys(word for column in emptied for word in column.profile.null_words)) or rules.nulls
        shown = ", ".join(words[:5]) + (", …" if len(words) > 5 else "")
        yield Note(
            text=say(
                "Words that stand for no value ({words}) are NULL in {columns}: {values} in all.",
                words=shown,
                columns=_named(emptied),
                values=values,
            )
        )


def _overrides(decided: Sequence[_Decided]) -> Iterable[Note]:
    for column in decided:
        asked = column.kept.type_override if column.kept else ""
        if asked and not column.by_person:
            yield Note(
                text=say(
                    "The Data Dictionary asks for the type “{asked}” in “{name}”, which no file is loaded as; it is "
                    "{type}. Choose one of {types}.",
                    asked=asked[:100],
                    name=column.profile.name,
                    type=column.spec.type,
                    types=", ".join(PG_TYPES),
                ),
                warning=True,
            )


def _grouped(columns: Iterable[_Decided], key: Callable[[_Decided], str]) -> dict[str, list[_Decided]]:
    groups: dict[str, list[_Decided]] = {}
    for column in columns:
        groups.setdefault(key(column), []).append(column)
    return groups


def _named(columns: Sequence[_Decided]) -> str:
    names: str = ", ".join(f"“{column.profile.name}”" for column in columns[:_MOST_NAMED])
    if len(columns) > _MOST_NAMED:
        names = say("{names} and {more} more", names=names, more=len(columns) - _MOST_NAMED)
    return say_n("column {names}", "columns {names}", len(columns), names=names)


def _sample(column: _Decided) -> str:
    return f"“{column.profile.samples[-1].strip()[:40]}”" if column.profile.samples else say("these")
