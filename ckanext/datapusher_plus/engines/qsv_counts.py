"""Figures from the counts that qsv made: DuckDB reads them, and calculates as it does with its own counts."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import contextmanager
from pathlib import Path

import duckdb

from ..core.errors import EngineFailed
from ..core.message import say
from ..core.statistics import Measure
from ..core.table_names import literal
from . import duckdb_statistics_sql, interruptible
from .duckdb import DuckdbEngine
from .duckdb_statistics import DuckdbCounted
from .shorten import KEPT

#: columns that one query is about
_COLUMNS_AT_ONCE = 200
#: values that were cut may be equal
_READ = """
INSERT INTO counted SELECT position, v, sum(n)::BIGINT FROM read_csv(
    {file}, columns={{'position': 'INTEGER', 'v': 'VARCHAR', 'n': 'BIGINT'}}, auto_detect=false, header=true, delim=',',
    quote='"', escape='"', nullstr='\\N', allow_quoted_nulls=false, strict_mode=true, new_line='\\n') GROUP BY ALL
"""


def write(path: Path, values: Iterable[tuple[int, str | None, int]]) -> None:
    """Write (position, value, number of its rows) to a file; a missing value is counted as an empty one."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow(("position", "v", "n"))
        writer.writerows((position, (value or "")[:KEPT], number) for position, value, number in values)


@contextmanager
def read(path: Path, measures: Mapping[int, Measure], *, work_dir: Path, seconds: float) -> Iterator[DuckdbCounted]:
    """Provide the figures about the values in such a file.

    :raises EngineFailed: when DuckDB cannot answer, or takes longer than ``seconds`` for one question.
    """
    positions = sorted(measures)
    parts = [positions[start : start + _COLUMNS_AT_ONCE] for start in range(0, len(positions), _COLUMNS_AT_ONCE)]
    try:
        with DuckdbEngine(work_dir=work_dir, threads=1).connected(path) as connection:
            connection.execute(duckdb_statistics_sql.CREATE)
            interruptible.rows(connection, _READ.format(file=literal(str(path))), seconds)
            yield DuckdbCounted(connection=connection, measures=measures, parts=parts, seconds=seconds)
    except TookTooLong as error:
        raise EngineFailed(say("that took longer than {seconds} seconds", seconds=round(seconds))) from error
    except duckdb.Error as error:
        raise EngineFailed from error
