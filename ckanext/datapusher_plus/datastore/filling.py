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
from .stage import Insert, Text, execute, insert, within

#: Pieces of work for each connection: more of them end at nearly the same time, and show progress.
_PIECES = 8
#: Of the pages, how many are filled before the index: on two cores index and rest then take about as long.
_BEFORE = 0.65


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


def fill(connection: psycopg.Connection, job: Filling, *, index: parallel.Work | None, beside: str) -> None:
    """Fill the table.

    :param index: what builds an index that is worth starting early.
    :param beside: name for the table of the rows that come later then.
    """
    pages, cuts, steps = raw.pages(connection, job.source), list[int](), count(1)
    size = max(1, -(-pages // (job.connections * _PIECES)))
    first = int(pages * _BEFORE) if index else max(1, pages)
    before, after = _ranges(0, first, size), _ranges(first, pages, size)

    def run(works: Sequence[parallel.Work]) -> None:
        total = len(before) + 2 * len(after) + bool(index)
        parallel.run(works, job.connections, connection, done=lambda: job.progress(next(steps), total))

    def pieces(target: str, ranges: Sequence[tuple[int, int]]) -> list[parallel.Work]:
        made = (partial(insert, target, job.source, job.columns, pages=pages) for pages in ranges)
        return [partial(_piece, partial(_insert, statement, job.text, cuts.append)) for statement in made]

    run(pieces(job.table, before))
    if index:
        _make_beside(connection, beside, job.table)
        run([index, *pieces(beside, after)])
        size = max(1, -(-raw.pages(connection, beside) // max(1, len(after))))
        ranges = _ranges(0, raw.pages(connection, beside), size)
        run([partial(_piece, partial(_move, beside, job, pages)) for pages in ranges])
        raw.drop(connection, beside)
    if cuts:
        job.shortened(min(cuts))


def _ranges(first: int, end: int, size: int) -> list[tuple[int, int]]:
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


def _make_beside(connection: psycopg.Connection, beside: str, table: str) -> None:
    create = sql.SQL("CREATE UNLOGGED TABLE {} (LIKE {}) WITH (autovacuum_enabled = false)")
    connection.execute(create.format(ddl.public(beside), ddl.public(table)))


def _move(beside: str, job: Filling, pages: tuple[int, int], connection: psycopg.Connection) -> None:
    names = sql.SQL(", ").join(map(sql.Identifier, ["_id", "_full_text", *(column.name for column in job.columns)]))
    move = sql.SQL("INSERT INTO {} ({}) SELECT {} FROM {}{}")
    connection.execute(move.format(ddl.public(job.table), names, names, ddl.public(beside), within(pages)))
