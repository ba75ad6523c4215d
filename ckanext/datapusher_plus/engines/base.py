"""What an analysis engine is: what it says it can do, and the questions it answers then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ..core.errors import EngineFailed
from ..core.types.patterns import Accepts, Form
from ..core.values import CleanCsv, ColumnProfile


class Can(str, Enum):
    """What an engine may be able to do; the value completes the sentence "the engine cannot …", for logs."""

    PROFILE = "profile all values of a table"
    COUNT = "count the values that are written in some form"
    FIND_MISFITS = "find the values that a type does not take"


@dataclass(frozen=True, slots=True, kw_only=True)
class Profiled:
    """All rows of a table, seen in one scan."""

    rows: int
    columns: tuple[ColumnProfile, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One question: how many values of a column does a form take?"""

    #: of the column, from 0
    position: int
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Misfit:
    """The first value of a column that its type does not take."""

    #: of the column, from 0
    position: int
    #: row below the header, from 1
    row: int
    value: str


class Engine(Protocol):
    """Answers questions about all values of canonical CSV, in bounded memory.

    Words in ``nulls`` stand for no value; they are compared without the blanks around them.
    """

    @property
    def name(self) -> str:
        """Name for messages."""
        ...

    @property
    def can(self) -> frozenset[Can]:
        """What a step may ask of it."""
        ...

    def profile(self, csv: CleanCsv, names: Sequence[str], nulls: Sequence[str] = ()) -> Profiled:
        """Count what the values of each column are; ``names`` are the columns' names in the table."""
        ...

    def count(self, csv: CleanCsv, looks: Sequence[Look], nulls: Sequence[str] = ()) -> tuple[int, ...]:
        """Return for each look how many values that do not stand for NULL its form takes."""
        ...

    def misfits(self, csv: CleanCsv, accepts: Mapping[int, Accepts]) -> tuple[Misfit, ...]:
        """Return the first value that is not accepted of each column that has one, by the columns' positions."""
        ...


def require(engine: Engine, ability: Can) -> None:
    """Check that an engine can do what a step is about to ask of it.

    :raises EngineFailed: when it cannot.
    """
    if ability not in engine.can:
        raise EngineFailed from NotImplementedError(f"{engine.name} cannot {ability.value}")
