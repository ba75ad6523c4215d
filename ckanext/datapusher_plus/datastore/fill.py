"""Cast the rows of the raw table into the staged one, in pieces on several connections.

PostgreSQL builds a GiST index on one core. So that the other cores are not idle meanwhile, the index can be built when
most rows are in: the remaining rows are cast into a table beside it and moved when the index is ready.
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

#: Pieces of work per connection: with several, all connections end at nearly the same time and progress is shown.
_PIECES = 8
#: Fewest pages of a piece, if there are enough for all connections: PostgreSQL plans each piece anew, and with hundreds
#: of columns that takes longer than to cast a few rows.
_PAGES = 256
#: Time to cast some rows and make their text on one core, as a multiple of the time to build their index.
_CASTING = 1.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How to fill a table: target, source and the callbacks."""

    table: str
    source: str
    columns: Sequence[ColumnSpec]
    #: number of connections that work at once
    connections: int
    #: makes the expression for ``_full_text``; None leaves that to the table's trigger
    text: Text | None
    #: called with the number of finished pieces and their total
    progress: Callable[[int, int], None]
    #: called with the number of characters that are searchable in rows with more words than a tsvector can hold
    shortened: Callable[[int], None]


def fill(connection: psycopg.Connection, job: Filling, *, index: parallel.Work | None = None, beside: str = "") -> None:
    """Fill the table.

    :param index: builds an index that is worth starting early.
    :param beside: name of the table for the rows that are moved after the index is built.
    """
    pages, cuts, steps = raw.pages(connection, job.source), list[int](), count(1)
    parts = pieces_of(pages, job.connections)
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
    """Return the share of rows to fill in before one of the connections starts the index.

    With this share the other connections finish the remaining rows when the index is ready, so none of them waits.
    """
    return _CASTING / (_CASTING + connections - 1)


def pieces_of(pages: int, connections: int) -> int:
    """Return into how many pieces of work to split the raw table."""
    return min(connections * _PIECES, max(connections, pages // _PAGES))


def ranges(first: int, end: int, parts: int) -> list[tuple[int, int]]:
    """Split the pages into ``parts`` ranges of about the same size, fewer when there are fewer pages."""
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
    """Create a table with the same columns for rows that will be moved into ``table`` later."""
    create = sql.SQL("CREATE UNLOGGED TABLE {} (LIKE {}) WITH (autovacuum_enabled = false)")
    connection.execute(create.format(ddl.public(beside), ddl.public(table)))


def _move(beside: str, job: Filling, pages: tuple[int, int], connection: psycopg.Connection) -> None:
    connection.execute(move(beside, job.table, [column.name for column in job.columns], pages))
