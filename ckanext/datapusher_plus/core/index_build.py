"""How much memory and how many cores the build of indexes may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .index_plan import Index

#: The first version of PostgreSQL, as its ``server_version_num``, that builds a GIN index on several cores.
PARALLEL_GIN = 180_000
#: Kilobytes that an index gets even on a machine with little free memory: PostgreSQL's own default.
_LEAST = 65_536
#: Part of the free memory that the indexes of one table may take.
_FREE_PART = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """What the database's machine can spare while the indexes of one table are built."""

    #: cores without work
    cores: int = 0
    #: kilobytes of free memory, None if unknown because the database is on another machine
    free: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What PostgreSQL may use to build one index."""

    #: kilobytes
    memory: int
    #: parallel workers besides the session itself
    workers: int


def means(spare: Spare, *, limit: int, at_once: int = 1) -> Means:
    """Return what each of ``at_once`` indexes may use that are built at the same time.

    :param limit: megabytes for all of them.
    """
    most = limit * 1024
    memory = most if spare.free is None else min(most, max(_LEAST, spare.free // _FREE_PART))
    return Means(memory=max(1024, memory // at_once), workers=max(0, spare.cores // at_once - 1))


def first_alone(wanted: Sequence[Index], spare: Spare, *, version: int) -> Index | None:
    """Return the index to build before the others on several cores, None to build all at the same time."""
    if version < PARALLEL_GIN or means(spare, limit=1).workers == 0:
        return None
    return next((index for index in wanted if index.finds_rows and index.body.startswith("USING gin")), None)
