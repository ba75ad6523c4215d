"""Notes for the publisher about the columns' types, where the file does not make them obvious."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ..dictionary.model import Column, Dictionary
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
            what = "dates" if isinstance(notation, Days) else "numbers"
            yield Note(text=f"The {what} in {_named(columns)} are read as {name}.")
    by_file = [column for column in typed if column.reading.by_file]
    if by_file:
        yield Note(
            text=f"No value in {_named(by_file)} shows alone that commas stand between thousands; all numbers of the "
            "file together do. Set the resource's field dpp_decimal to , if they are decimal commas."
        )
    zoned = [column for column in typed if column.reading.zoned]
    if zoned:
        yield Note(text=f"The times in {_named(zoned)} have a time zone; they are stored in UTC.")


def _doubts(decided: Sequence[_Decided]) -> Iterable[Note]:
    doubtful = [column for column in decided if column.reading.doubtful]
    days = [c for c in doubtful if c.reading.kind is not Kind.STRING and c.spec.type != "text"]
    numbers = [c for c in doubtful if c.reading.kind is Kind.STRING and not c.by_person]
    for name, columns in _grouped(days, lambda c: c.reading.notation.name).items():
        yield Note(
            text=f"Nothing shows whether day or month comes first in {_named(columns)}; it is read as {name}. "
            "Set the resource's field dpp_day_first to true or false to say which.",
            warning=True,
        )
    if numbers:
        yield Note(
            text=f"The numbers in {_named(numbers)}, such as {_sample(numbers[0])}, can be read in two ways, "
            "so they stay text. Set the resource's field dpp_decimal to , or . to say which is the decimal separator.",
            warning=True,
        )


def _nulls(decided: Sequence[_Decided], rules: TypeRules) -> Iterable[Note]:
    emptied = [column for column in decided if column.profile.nulls and column.spec.type != "text"]
    if emptied:
        values = sum(column.profile.nulls for column in emptied)
        words = list(dict.fromkeys(word for column in emptied for word in column.profile.null_words)) or rules.nulls
        shown = ", ".join(words[:5]) + (", …" if len(words) > 5 else "")
        yield Note(text=f"Words that stand for no value ({shown}) are NULL in {_named(emptied)}: {values:,} in all.")


def _overrides(decided: Sequence[_Decided]) -> Iterable[Note]:
    for column in decided:
        asked = column.kept.type_override if column.kept else ""
        if asked and not column.by_person:
            yield Note(
                text=f"The Data Dictionary asks for the type “{asked[:100]}” in “{column.profile.name}”, which no file "
                f"is loaded as; it is {column.spec.type}. Choose one of {', '.join(PG_TYPES)}.",
                warning=True,
            )


def _grouped(columns: Iterable[_Decided], key: Callable[[_Decided], str]) -> dict[str, list[_Decided]]:
    groups: dict[str, list[_Decided]] = {}
    for column in columns:
        groups.setdefault(key(column), []).append(column)
    return groups


def _named(columns: Sequence[_Decided]) -> str:
    word = "column" if len(columns) == 1 else "columns"
    names = ", ".join(f"“{column.profile.name}”" for column in columns[:_MOST_NAMED])
    more = f" and {len(columns) - _MOST_NAMED:,} more" if len(columns) > _MOST_NAMED else ""
    return f"{word} {names}{more}"


def _sample(column: _Decided) -> str:
    return f"“{column.profile.samples[-1].strip()[:40]}”" if column.profile.samples else "these"
