"""How a file's table differs from the one that it replaces: a value from which pages and the log are made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from .choices import ReviewWhen
from .dictionary.model import Dictionary

if TYPE_CHECKING:
    # it imports Difference from here
    from .values import ColumnSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Retyped:
    """A column that gets another type."""

    name: str
    old: str
    new: str
    #: whether the Data Dictionary sets the new type
    by_person: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyedRows:
    """How many rows are new, gone or different, compared by the values of a unique key."""

    key: tuple[str, ...]
    added: int
    removed: int
    changed: int
    #: some values of the key; none when a column of it seems to hold personal data
    added_keys: tuple[str, ...] = ()
    removed_keys: tuple[str, ...] = ()
    changed_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a load changes in the resource's table."""

    rows: int
    #: rows of the table now; None when that is not known, or there is no table
    rows_before: int | None = None
    #: whether there is no table yet
    is_first: bool = False
    #: columns that only the file has, and that only the table has; also those that are in ``renamed``
    added: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    #: number of columns that both have
    kept: int = 0
    retyped: tuple[Retyped, ...] = ()
    #: (old, new) of columns that were probably renamed
    renamed: tuple[tuple[str, str], ...] = ()
    #: (old, new) of columns whose labels and descriptions can be carried over on the DataStore tab
    offers: tuple[tuple[str, str], ...] = ()
    #: columns that are gone and that a person has described
    orphaned: tuple[str, ...] = ()
    by_key: KeyedRows | None = None

    @property
    def nothing_left(self) -> bool:
        """Return whether the table has columns, and the file has none of them."""
        return bool(self.gone) and not self.kept

    @property
    def fell(self) -> bool:
        """Return whether the table loses more than half of its rows."""
        return self.rows_before is not None and self.rows * 2 < self.rows_before

    @property
    def is_breaking(self) -> bool:
        """Return whether somebody who uses the table may have to change something.

        A type that the Data Dictionary sets does not count: a person has asked for it.
        """
        return bool(self.gone or self.fell or any(not each.by_person for each in self.retyped))

    @property
    def is_nothing(self) -> bool:
        """Return whether neither the columns nor the number of rows change."""
        return not (self.is_first or self.added or self.gone or self.retyped) and self.rows == self.rows_before

    def changes_the_same(self, other: Difference) -> bool:
        """Return whether both change the columns in the same way."""
        return (self.is_first, self.added, self.gone, self.retyped) == (
            other.is_first,
            other.added,
            other.gone,
            other.retyped,
        )


def must_wait(when: ReviewWhen, difference: Difference) -> bool:
    """Return whether a load must wait until somebody has looked at what it changes."""
    return when is ReviewWhen.ALWAYS or (when is ReviewWhen.BREAKING and difference.is_breaking)


def first_load(specs: Sequence[ColumnSpec], rows: int) -> Difference:
    """Return the difference from no table at all."""
    return Difference(rows=rows, is_first=True, added=tuple(spec.name for spec in specs))


def difference(
    specs: Sequence[ColumnSpec],
    before: Dictionary,
    *,
    rows: int,
    rows_before: int | None,
    overridden: Iterable[str],
    described: Iterable[str],
) -> Difference:
    """Return how columns and rows differ from those of the table ``before``, without guesses about renamed columns.

    :param overridden: names of the columns whose type the Data Dictionary sets.
    :param described: names of the columns that a person has described.
    """
    types = {column.name: column.type for column in before.columns}
    here = {spec.name for spec in specs}
    by_person, known = frozenset(overridden), frozenset(described)
    gone = tuple(name for name in types if name not in here)
    return Difference(
        rows=rows,
        rows_before=rows_before,
        added=tuple(spec.name for spec in specs if spec.name not in types),
        gone=gone,
        kept=len(here & types.keys()),
        retyped=tuple(
            Retyped(name=spec.name, old=types[spec.name], new=spec.type, by_person=spec.name in by_person)
            for spec in specs
            if types.get(spec.name, spec.type) != spec.type
        ),
        orphaned=tuple(name for name in gone if name in known),
    )


def to_json(made: Difference) -> dict[str, Any]:
    """Return a difference as JSON types, as it is stored and given to clients."""
    return {**asdict(made), "is_breaking": made.is_breaking}


def of_json(found: Mapping[str, Any]) -> Difference:
    """Return the difference that ``to_json`` wrote."""
    by_key = found["by_key"]
    return Difference(
        rows=found["rows"],
        rows_before=found["rows_before"],
        is_first=found["is_first"],
        added=tuple(found["added"]),
        gone=tuple(found["gone"]),
        kept=found["kept"],
        retyped=tuple(Retyped(**each) for each in found["retyped"]),
        renamed=_pairs(found["renamed"]),
        offers=_pairs(found["offers"]),
        orphaned=tuple(found["orphaned"]),
        by_key=by_key and KeyedRows(**{name: _frozen(value) for name, value in by_key.items()}),
    )


def _pairs(found: Iterable[Sequence[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((old, new) for old, new in found)


def _frozen(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
