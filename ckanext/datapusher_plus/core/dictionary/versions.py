"""An earlier dictionary beside today's: what differs, and what is to be written to bring it back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .comment import said
from .merge import bring_back
from .model import Column, Dictionary


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A column about which the two say something different; raw comments."""

    column: str
    then: str | None
    now: str | None
    #: whether the table has the column now
    here: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """What brings an earlier dictionary back."""

    #: raw comments to set on the table, by column
    comments: Mapping[str, str | None]
    #: all that is to be remembered about columns that the table does not have
    vanished: tuple[Column, ...]
    #: those of them of which the earlier dictionary says more
    absent: tuple[str, ...]


def differences(then: Dictionary, now: Dictionary) -> tuple[Difference, ...]:
    """Return the columns about which ``then`` says something else than ``now``, in its order."""
    here = {column.name for column in now.columns}
    found = (
        Difference(column=c.name, then=c.comment, now=_comment(now, c.name), here=c.name in here)
        for c in then.by_name.values()
        if said(c.comment) or c.name in here
    )
    return tuple(difference for difference in found if said(difference.then) != said(difference.now))


def way_back(then: Dictionary, now: Dictionary, *, overwrite: bool) -> WayBack:
    """Decide what to write so that what ``then`` said is said again, where nothing is said now, or everywhere.

    To overwrite means to take words away, too, from columns that ``then`` had without any.
    """
    comments: dict[str, str | None] = {}
    gone = {column.name: column for column in now.vanished}
    absent: list[str] = []
    for difference in differences(then, now):
        wanted = bring_back(difference.now, difference.then, overwrite=overwrite)
        if difference.here:
            comments[difference.column] = wanted
        elif (was := then.column(difference.column)) and wanted and wanted != difference.now:
            gone[was.name] = Column(name=was.name, type=was.type, comment=wanted)
            absent.append(was.name)
    return WayBack(
        comments={name: wanted for name, wanted in comments.items() if wanted != _comment(now, name)},
        vanished=tuple(gone.values()),
        absent=tuple(absent),
    )


def _comment(dictionary: Dictionary, name: str) -> str | None:
    column = dictionary.column(name)
    return column.comment if column else None
