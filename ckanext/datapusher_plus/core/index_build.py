"""How much memory and how many cores the build of indexes may use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from .index_plan import Index

#: The first version of PostgreSQL, as its ``server_version_num``, that builds a GIN index on several cores.
PARALLEL_GIN = 180_000
#: Kilobytes that an index gets even on a machine with little free memory: PostgreSQL's own default.
_LEAST = 65_536
#: Kilobytes for a GIN index that one process builds. PostgreSQL keeps its words in a tree of this size, and looks for
#: each word in it. With this small one, a table of different numbers takes half the time: see docs/performance.md.
_GIN_ALONE = 4_096
#: Kilobytes per process for a GIN index that several build; with less, PostgreSQL takes fewer processes.
_GIN_EACH = 32_768
#: Part of the free memory that the indexes of one table may take.
_FREE_PART = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """What the database's machine can spare while the indexes of one table are built."""

    #: cores without work
    cores: int = 0
    #: kilobytes of free memory, None if unknown because the database is on another machine
    free: int | None = None
    #: whether the table, and so an index of it, easily fits in the database's shared buffers
    cached: bool = False


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


def for_index(index: Index, found: Means, spare: Spare, *, version: int) -> Means:
    """Return what one index may use of ``found``: a GIN index is built faster with less memory.

    A process with little memory often adds its words to the index on disk. That pays as long as the index is in the
    database's shared buffers.
    """
    if not index.body.startswith("USING gin"):
        return found
    if version >= PARALLEL_GIN and found.workers:
        return replace(found, memory=min(found.memory, _GIN_EACH * (found.workers + 1)))
    return replace(found, memory=min(found.memory, _GIN_ALONE)) if spare.cached else found


def first_alone(wanted: Sequence[Index], spare: Spare, *, version: int) -> Index | None:
    """Return the index to build before the others on several cores, None to build all at the same time."""
    if version < PARALLEL_GIN or means(spare, limit=1).workers == 0:
        return None
    return next((index for index in wanted if index.finds_rows and index.body.startswith("USING gin")), None)
