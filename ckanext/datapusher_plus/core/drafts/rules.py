"""Draft entries of a column's Data Dictionary from its heading and its statistics."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from ..statistics import ColumnStatistics, Measure, Withheld, withhold
from . import headings
from .model import Draft, Kind, Subject, fitted
from .semantic import semantic_type

#: Most different values of a code list, and most characters of each.
MOST_CODES = 12
_LONGEST_CODE = 100


def drafts(subjects: Sequence[Subject]) -> tuple[Draft, ...]:
    """Return the drafts for the columns of a table; none for entries that are filled in already."""
    names = frozenset(subject.heading.lower() for subject in subjects)
    return tuple(draft for subject in subjects for draft in of_column(subject, names))


def of_column(subject: Subject, names: Collection[str] = ()) -> Iterator[Draft]:
    """Yield the drafts for one column.

    :param names: the headings of all columns of the table, in lower case.
    """
    for draft in _all(subject, names):
        if draft.kind not in subject.filled:
            yield fitted(draft)


def _all(subject: Subject, names: Collection[str]) -> Iterator[Draft]:
    read = headings.read(subject.heading, names)
    number = subject.statistics.measure is Measure.NUMBER
    unit = read.unit if number else ""
    yield from _label(subject, read.rest if unit else subject.heading)
    if unit:
        saw = {"rule": "heading", "heading": subject.heading}
        yield Draft(column=subject.name, kind=Kind.UNIT, value=unit, evidence=saw, confidence=0.9)
    found = semantic_type(_silent(subject))
    if found:
        yield found
    if subject.personal:
        saw = {"rule": "personal_data"}
        yield Draft(column=subject.name, kind=Kind.PII, value=True, evidence=saw, confidence=0.8)
    else:
        yield from _codes(subject)


def _silent(subject: Subject) -> Subject:
    """Return the subject without values when they are personal, also when its statistics were made before that."""
    if not subject.personal:
        return subject
    return replace(subject, statistics=withhold(subject.statistics, Withheld.PERSONAL))


def _label(subject: Subject, heading: str) -> Iterator[Draft]:
    label = headings.label(heading)
    if label and label != subject.name:
        saw = {"rule": "heading", "heading": subject.heading}
        yield Draft(column=subject.name, kind=Kind.LABEL, value=label, evidence=saw, confidence=0.5)


def _codes(subject: Subject) -> Iterator[Draft]:
    """Yield a code list: all values, when they are few and repeat."""
    column = subject.statistics
    values = sorted(value for value, _ in column.top)
    if column.withheld or not _is_listed(column) or any(len(value) > _LONGEST_CODE for value in values):
        return
    saw = {"rule": "codes", "counts": dict(column.top), "rows": column.rows}
    yield Draft(column=subject.name, kind=Kind.CODES, value=values, evidence=saw, confidence=0.7, structural=True)


def _is_listed(column: ColumnStatistics) -> bool:
    """Return whether the most frequent values are all values, and each occurs twice on average.

    Measured numbers and times are no codes, even if there are few of them.
    """
    text = column.measure is Measure.TEXT or column.type in ("int2", "int4", "int8")
    return text and 1 < column.distinct == len(column.top) <= MOST_CODES and column.filled >= 2 * column.distinct
