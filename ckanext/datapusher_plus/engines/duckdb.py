"""The default engine: DuckDB in this process, without access to anything but the one file that it reads."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from ..core.errors import EngineFailed
from ..core.message import say
from ..core.statistics import Measure
from ..core.table_names import literal
from ..core.types.patterns import Accepts
from ..core.values import CleanCsv
from . import duckdb_search, duckdb_sql, duckdb_statistics, duckdb_statistics_sql, interruptible
from .base import Bounds, Can, Hits, Look, Misfit, Profiled, Sought
from .duckdb_statistics import DuckdbCounted
from .repeats import ComparesRows
from .shorten import short_of, shortened
from .sorts import Same, column_profile

#: makes a query from columns' positions; ``{table}`` in the query is replaced by the file
Question = Callable[[Sequence[int]], str]

#: enough for the longest line that DuckDB reads by default, 2 MB; its default buffers are thirteen times as large
_BUFFER = ", buffer_size=2500000"
#: enough for a line of 1,598 shortened values
_LONG_BUFFER = ", max_line_size=4000000, buffer_size=8000000, parallel=false"
#: errors that DuckDB raises for lines of over 2 MB, or for so many long lines that a chunk of them is too large
_TOO_LONG = (duckdb.OutOfMemoryException, duckdb.InvalidInputException, duckdb.NotImplementedException)
#: columns that one query reads, over all threads: with all 1,598 at once a chunk of rows took 350 MB, and as long
_COLUMNS_AT_ONCE = 400
#: the same where each different value is counted, which takes memory too
_COLUMNS_COUNTED_AT_ONCE = 100
#: the same for a table whose values were shortened
_LONG_COLUMNS_AT_ONCE = 32
#: columns of a table for which this memory is enough, unless its values are very long; no query is slower with it
_FEW_COLUMNS, _LITTLE_MEMORY = 50, "32MB"


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckdbEngine(ComparesRows):
    """Analysis by DuckDB with bounded memory and threads; what does not fit spills into ``work_dir``."""

    work_dir: Path
    threads: int = 2
    #: with less, tables of 1,598 columns do not fit; with more, nothing is faster
    memory: str = "96MB"
    name: str = "DuckDB"
    can: frozenset[Can] = frozenset(Can)

    def profile(self, csv: CleanCsv, names: Sequence[str], nulls: Sequence[str] = ()) -> Profiled:
        """Count the values of each column by what they are, in one scan."""
        profiled = self._profiled(csv, names, nulls)
        if csv.rows not in (None, profiled.rows) and not short_of(csv.path).exists():
            # DuckDB may skip a row that is far longer than its buffer without an error
            shortened(csv.path)
            profiled = self._profiled(csv, names, nulls)
        return profiled

    def _profiled(self, csv: CleanCsv, names: Sequence[str], nulls: Sequence[str]) -> Profiled:
        found: list[list[Same]] = [[] for _ in names]
        for position, *what in self._rows(csv, duckdb_sql.profile, range(len(names)), nulls):
            found[position].append(Same(*what))
        rows = sum(same.number for same in found[0])
        return Profiled(rows=rows, columns=tuple(map(column_profile, names, csv.header, found)))

    def count(self, csv: CleanCsv, looks: Sequence[Look], nulls: Sequence[str] = ()) -> tuple[int, ...]:
        """Return for each look how many values its form takes, in one scan of the columns looked at."""
        if not looks:
            return ()

        def question(positions: Sequence[int]) -> str:
            return duckdb_sql.count([look for look in looks if look.position in positions])

        positions = sorted({look.position for look in looks})
        found = self._rows(csv, question, positions, nulls)
        counts = {(position, name): number for position, name, number in found}
        return tuple(counts.get((look.position, look.form.name), 0) for look in looks)

    def misfits(self, csv: CleanCsv, accepts: Mapping[int, Accepts]) -> tuple[Misfit, ...]:
        """Return the first value of each column that is not accepted, if any, in one scan of these columns."""
        if not accepts:
            return ()

        def question(positions: Sequence[int]) -> str:
            return duckdb_sql.misfits({position: accepts[position] for position in positions})

        found = self._rows(csv, question, sorted(accepts), ())
        return tuple(Misfit(position=position, row=row, value=value) for position, row, value in sorted(found))

    def search(
        self, csv: CleanCsv, sought: Sequence[Sought], *, shortest: int, most: int, rows: int | None = None
    ) -> tuple[Hits, ...]:
        """Return which columns have values that match which patterns.

        One scan for all patterns finds the columns that have any; a second one looks closer at these only.
        """
        search = duckdb_search.Search(sought=tuple(sought), shortest=shortest, most=most, rows=rows)
        with self.connected(csv.path) as connection:
            duckdb_search.check(connection, sought)
            search = replace(search, any_of=duckdb_search.together(connection, search.common))
        suspects = {position for (position,) in self._rows(csv, search.suspects, search.everywhere, ())}
        closer = sorted(suspects.union(search.elsewhere))
        return duckdb_search.hits(self._rows(csv, search.closer, closer, ())) if closer else ()

    def distinct(self, csv: CleanCsv, positions: Sequence[int]) -> tuple[int, ...]:
        """Count the different values of some columns, in one scan of these columns."""
        if not positions:
            return ()
        counts = dict(self._rows(csv, duckdb_sql.distinct, sorted(positions), ()))
        return tuple(counts.get(position, 0) for position in positions)

    def bounds(self, csv: CleanCsv, latitude: int, longitude: int) -> Bounds:
        """Return the bounds of the places whose coordinates two columns have, in one scan of them."""

        def question(positions: Sequence[int]) -> str:
            return duckdb_sql.bounds(latitude, longitude)

        places, outside, at_zero, fractions, *box = self._rows(csv, question, [latitude, longitude], ())[0]
        west, south, east, north = box
        found = (west, south, east, north) if places else None
        return Bounds(places=places, outside=outside, at_zero=at_zero, fractions=bool(fractions), box=found)

    @contextmanager
    def counted(self, csv: CleanCsv, measures: Mapping[int, Measure], seconds: float) -> Iterator[DuckdbCounted]:
        """Count the values of some columns once, for several questions about them."""
        try:
            with ExitStack() as stack:
                yield self._counted(stack, csv, measures, seconds)
        except TookTooLong as error:
            raise EngineFailed(say("that took longer than {seconds} seconds", seconds=round(seconds))) from error
        except duckdb.Error as error:
            raise _told(error, csv.path) from error

    def _counted(
        self, stack: ExitStack, csv: CleanCsv, measures: Mapping[int, Measure], seconds: float
    ) -> DuckdbCounted:
        if not short_of(csv.path).exists():
            with suppress(*_TOO_LONG, _RowsSkipped):
                parts = _parts(sorted(measures), max(1, _COLUMNS_COUNTED_AT_ONCE // self.threads))
                return self._counting(stack, csv, _Counting(measures, parts, seconds, _BUFFER))
        short, frugal = replace(csv, path=shortened(csv.path)), replace(self, threads=1)
        parts = _parts(sorted(measures), _LONG_COLUMNS_AT_ONCE)
        return frugal._counting(stack, short, _Counting(measures, parts, seconds, _LONG_BUFFER))

    def _counting(self, stack: ExitStack, csv: CleanCsv, how: _Counting) -> DuckdbCounted:
        table = duckdb_sql.table(csv, how.options)
        with ExitStack() as own:
            connection = own.enter_context(self.connected(csv.path))
            connection.execute(duckdb_statistics_sql.CREATE)
            for part in how.parts:
                rows = duckdb_statistics.count(connection, table, part, how.seconds)
                if csv.rows not in (None, rows):
                    # as in ``profile``
                    raise _RowsSkipped
            stack.push(own.pop_all())
        return DuckdbCounted(connection=connection, measures=how.measures, parts=how.parts, seconds=how.seconds)

    def _rows(
        self, csv: CleanCsv, question: Question, positions: Sequence[int], nulls: Sequence[str]
    ) -> list[tuple[Any, ...]]:
        """Return the answers to a question about some columns.

        :raises EngineFailed: when DuckDB cannot answer.
        :raises OSError: when the disk is full.
        """
        try:
            if not short_of(csv.path).exists():
                parts = _parts(positions, max(1, _COLUMNS_AT_ONCE // self.threads))
                few = [replace(self, memory=_LITTLE_MEMORY)] if len(csv.header) <= _FEW_COLUMNS else []
                for engine in (*few, self):
                    with suppress(*_TOO_LONG):
                        return engine._asked(csv, question, parts, nulls, _BUFFER)
            short, frugal = replace(csv, path=shortened(csv.path)), replace(self, threads=1)
            return frugal._asked(short, question, _parts(positions, _LONG_COLUMNS_AT_ONCE), nulls, _LONG_BUFFER)
        except duckdb.Error as error:
            raise _told(error, csv.path) from error

    def _asked(
        self, csv: CleanCsv, question: Question, parts: Sequence[Sequence[int]], nulls: Sequence[str], options: str
    ) -> list[tuple[Any, ...]]:
        table = duckdb_sql.table(csv, options)
        with self.connected(csv.path) as connection:
            connection.execute(duckdb_sql.macros(nulls))
            return [
                row
                for part in parts
                for row in interruptible.rows(connection, question(part).replace("{table}", table))
            ]

    @contextmanager
    def connected(self, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
        config = {
            "threads": self.threads,
            "memory_limit": self.memory,
            "temp_directory": str(self.work_dir / "duckdb"),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
        connection = duckdb.connect(":memory:", config=config)
        try:
            # values may come from an attacker: even if one exploits the parser, it reaches no other file and no network
            connection.execute(f"SET allowed_paths = [{literal(str(path))}]")
            connection.execute("SET enable_external_access = false")
            # in a process without a script DuckDB takes itself for interactive, and draws a bar into the worker's log
            connection.execute("SET enable_progress_bar = false")
            connection.execute("SET lock_configuration = true")
            yield connection
        finally:
            connection.close()


def _told(error: duckdb.Error, path: Path) -> Exception:
    """Return the error that ends a run when DuckDB fails; DuckDB's own message is only for the worker's log."""
    if os.strerror(errno.ENOSPC) in str(error):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    if not path.exists():
        return EngineFailed(say("the copy of the file that was made ready in work_dir is gone"))
    if isinstance(error, duckdb.IOException | duckdb.PermissionException):
        return EngineFailed(say("its folder in work_dir could not be read or written"))
    return EngineFailed()


def _parts(positions: Sequence[int], size: int) -> list[Sequence[int]]:
    return [positions[start : start + size] for start in range(0, len(positions), size)]


class _RowsSkipped(Exception):
    """DuckDB skipped rows that are far longer than its buffer."""


class _Counting(NamedTuple):
    """How the values of a file are counted."""

    measures: Mapping[int, Measure]
    #: columns that one query reads
    parts: list[Sequence[int]]
    seconds: float
    #: options of read_csv
    options: str
