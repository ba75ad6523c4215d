"""Rows go from the raw table into the staged one, in pieces on several connections.

PostgreSQL builds a GiST index on one core. So that the others are not idle meanwhile, the index can be built when most
rows are in: the rest is cast into a table beside, and moved over when the index is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count

import psycopg
from psycopg import sql

from ..checkpoint import reach
from ..core.values import ColumnSpec
from . import ddl, parallel, raw
from .stage import Insert, Text, execute, insert, move

#: Pieces of work for each connection: more of them end at nearly the same time, and show progress.
_PIECES = 8
#: Times as long as the index of some rows takes one core to cast them and make their text.
_CASTING = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """What goes where."""

    table: str
    source: str
    columns: Sequence[ColumnSpec]
    #: how many do it at once
    connections: int
    #: gives ``_full_text``; None leaves that to the table's trigger
    text: Text | None
    #: gets how many pieces are done, and of how many
    progress: Callable[[int, int], None]
    #: gets how many letters are searched of rows that have more words than a tsvector holds
    shortened: Callable[[int], None]


def fill(connection: psycopg.Connection, job: Filling, *, index: parallel.Work | None = None, beside: str = "") -> None:
    """Fill the table.

    :param index: what builds an index that is worth starting early.
    :param beside: name for the table of the rows that come later then.
    """
    pages, cuts, steps = raw.pages(connection, job.source), list[int](), count(1)
    parts = job.connections * _PIECES
    first = int(pages * share_before_index(job.connections)) if index else max(1, pages)
    before, after = ranges(0, first, parts), ranges(first, pages, parts)

    def run(works: Sequence[parallel.Work]) -> None:
        total = len(before) + 2 * len(after) + bool(index)
        parallel.run(works, job.connections, connection, done=lambda: job.progress(next(steps), total))

    def pieces(target: str, where: Sequence[tuple[int, int]]) -> list[parallel.Work]:
        made = (partial(insert, target, job.source, job.columns, pages=pages) for pages in where)
        return [partial(_piece, partial(_insert, statement, job.text, cuts.append)) for statement in made]

    run(pieces(job.table, before))
    if index:
        make_beside(connection, beside, job.table)
        run([index, *pieces(beside, after)])
        moved = ranges(0, raw.pages(connection, beside), len(after))
        run([partial(_piece, partial(_move, beside, job, pages)) for pages in moved])
        raw.drop(connection, beside)
    if cuts:
        job.shortened(min(cuts))


def share_before_index(connections: int) -> float:
    """Return how much of the rows is filled in before the index is begun on one of the connections.

    It is such that the others have the rest ready when the index is, and none of them waits.
    """
    return _CASTING / (_CASTING + connections - 1)


def ranges(first: int, end: int, parts: int) -> list[tuple[int, int]]:
    """Return the pages in ``parts`` ranges of about the same size, fewer when there are fewer pages."""
    size = max(1, -(-(end - first) // max(1, parts)))
    return [(start, min(start + size, end)) for start in range(first, end, size)]


def _piece(work: parallel.Work, connection: psycopg.Connection) -> None:
    reach("fill.piece")
    work(connection)
    reach("fill.pieced")


def _insert(
    statement: Insert, text: Text | None, shortened: Callable[[int], None], connection: psycopg.Connection
) -> None:
    letters = execute(connection, statement, text)
    if letters is not None:
        shortened(letters)


def make_beside(connection: psycopg.Connection, beside: str, table: str) -> None:
    """Make a table for rows that are to go into ``table`` later, with the same columns."""
    create = sql.SQL("CREATE UNLOGGED TABLE {} (LIKE {}) WITH (autovacuum_enabled = false)")
    connection.execute(create.format(ddl.public(beside), ddl.public(table)))


def _move(beside: str, job: Filling, pages: tuple[int, int], connection: psycopg.Connection) -> None:
    connection.execute(move(beside, job.table, [column.name for column in job.columns], pages))
