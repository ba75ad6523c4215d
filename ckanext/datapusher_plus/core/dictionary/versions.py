"""Compare an earlier dictionary with today's: what differs, and what to write to restore it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .comment import content_of
from .merge import bring_back
from .model import Column, Dictionary


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A column whose comment differs between the two dictionaries; both are raw comments."""

    column: str
    then: str | None
    now: str | None
    #: whether the table has the column now
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoration:
    """What to write to restore an earlier dictionary."""

    #: raw comments to set on the table, by column
    comments: Mapping[str, str | None]
    #: everything to remember about columns that the table does not have
    removed: tuple[Column, ...]
    #: names of those of them whose comment changes
    absent: tuple[str, ...]


def differences(then: Dictionary, now: Dictionary) -> tuple[Difference, ...]:
    """Return the columns whose comments in ``then`` and ``now`` say different things, in the order of ``then``."""
    here = {column.name for column in now.columns}
    found = (
        Difference(column=c.name, then=c.comment, now=_comment(now, c.name), here=c.name in here)
        for c in then.by_name.values()
        if content_of(c.comment) or c.name in here
    )
    return tuple(difference for difference in found if content_of(difference.then) != content_of(difference.now))


def restoration(then: Dictionary, now: Dictionary, *, overwrite: bool) -> Restoration:
    """Decide what to write to restore ``then``: only what is empty in ``now``, or everything.

    :param overwrite: restore everything, and so also remove the labels and descriptions of columns that have none in
        ``then``.
    """
    comments: dict[str, str | None] = {}
    gone = {column.name: column for column in now.removed}
    absent: list[str] = []
    for difference in differences(then, now):
        wanted = bring_back(difference.now, difference.then, overwrite=overwrite)
        if difference.here:
            comments[difference.column] = wanted
        elif (was := then.column(difference.column)) and wanted and wanted != difference.now:
            gone[was.name] = Column(name=was.name, type=was.type, comment=wanted)
            absent.append(was.name)
    return Restoration(
        comments={name: wanted for name, wanted in comments.items() if wanted != _comment(now, name)},
        removed=tuple(gone.values()),
        absent=tuple(absent),
    )


def _comment(dictionary: Dictionary, name: str) -> str | None:
    column = dictionary.column(name)
    return column.comment if column else None
