"""The default engine: DuckDB in this process, shut off from everything but the one file it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ..core.errors import EngineFailed
from ..core.lexical import Accepts
from ..core.values import CleanCsv, ColumnProfile
from . import duckdb_sql, interruptible
from .base import Can, Look, Misfit, Profiled
from .duckdb_sql import Sort, quoted

#: DuckDB's own limit of 2 MB suits nearly every file; its buffers grow with it, before 2.0 to sixteen times as much
_LONGEST_LINE = 32 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckdbEngine:
    """Analysis by DuckDB with bounded memory and threads; what does not fit spills into ``work_dir``."""

    work_dir: Path
    threads: int = 2
    memory: str = "1GB"
    name: str = "DuckDB"
    can: frozenset[Can] = frozenset(Can)

    def profile(self, csv: CleanCsv, names: Sequence[str], nulls: Sequence[str] = ()) -> Profiled:
        """Count what the values of each column are, in one scan."""
        found: list[dict[int | None, tuple[int, int, str]]] = [{} for _ in names]
        for position, sort, *what in self._rows(csv, Can.PROFILE, duckdb_sql.profile(len(names)), nulls):
            found[position][sort] = tuple(what)
        rows = sum(number for number, _, _ in found[0].values())
        return Profiled(rows=rows, columns=tuple(map(_profile, names, csv.header, found)))

    def count(self, csv: CleanCsv, looks: Sequence[Look], nulls: Sequence[str] = ()) -> tuple[int, ...]:
        """Return for each look how many values its form takes, in one scan of the columns looked at."""
        if not looks:
            return ()
        forms = list(duckdb_sql.distinct(looks))
        counts = {row[0]: row[1:] for row in self._rows(csv, Can.COUNT, duckdb_sql.count(looks), nulls)}
        return tuple(
            counts[look.position][forms.index(look.form.name)] if look.position in counts else 0 for look in looks
        )

    def misfits(self, csv: CleanCsv, position: int, accepts: Accepts, limit: int) -> tuple[Misfit, ...]:
        """Return the first values in the column at ``position`` that are not accepted, at most ``limit``."""
        query = duckdb_sql.misfits(position, accepts, limit)
        found = self._rows(csv, Can.FIND_MISFITS, query, accepts.nulls)
        return tuple(Misfit(row=row, value=value) for row, value in found)

    def _rows(self, csv: CleanCsv, task: Can, query: str, nulls: Sequence[str]) -> list[tuple[Any, ...]]:
        """Return the answer to a query over ``{table}``.

        :raises EngineFailed: when DuckDB cannot answer.
        """
        # a record may be over 2 MB, but buffers for such ones are too dear to be the rule
        patient = f", max_line_size={_LONGEST_LINE}, parallel=false"
        try:
            with self.connected(csv.path) as connection:
                connection.execute(duckdb_sql.macros(nulls))
                try:
                    return interruptible.rows(connection, query.replace("{table}", duckdb_sql.table(csv)))
                except duckdb.InvalidInputException:
                    return interruptible.rows(connection, query.replace("{table}", duckdb_sql.table(csv, patient)))
        except duckdb.Error as error:
            raise EngineFailed(self.name, task.value) from error

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
            # values are attacker's text: whatever they might do to the parser, no other file and no network is in reach
            connection.execute(f"SET allowed_paths = [{quoted(str(path))}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield connection
        finally:
            connection.close()


def _profile(name: str, header: str, found: dict[int | None, tuple[int, int, str]]) -> ColumnProfile:
    sorts = {sort: what for sort, what in found.items() if sort is not None}
    count = Counter({sort: number for sort, (number, _, _) in sorts.items()})
    unsaid = (Sort.BLANK, Sort.NULL_WORD)
    return ColumnProfile(
        name=name,
        header=header,
        values=count.total() - count[Sort.BLANK],
        blanks=count[Sort.BLANK],
        nulls=count[Sort.NULL_WORD],
        integers=count[Sort.INTEGER],
        decimals=count[Sort.INTEGER] + count[Sort.DECIMAL],
        exponents=count[Sort.EXPONENT],
        bare_exponents=count[Sort.BARE_EXPONENT],
        dates=count[Sort.DATE],
        timestamps=count[Sort.LOCAL] + count[Sort.ZONED],
        zoned=count[Sort.ZONED],
        max_length=max((length for _, length, _ in sorts.values()), default=0),
        samples=tuple(value for sort, (_, _, value) in sorted(sorts.items()) if sort not in unsaid),
    )
