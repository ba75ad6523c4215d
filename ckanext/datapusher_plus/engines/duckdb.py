"""The default engine: DuckDB in this process, shut off from everything but the one file it reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from ..core import lexical
from ..core.errors import EngineFailed
from ..core.lexical import Accepts
from ..core.values import CleanCsv, ColumnProfile
from . import interruptible
from .base import Can, Misfit, Profiled

#: DuckDB's own limit of 2 MB suits nearly every file; its buffers grow with it, before 2.0 to sixteen times as much
_LONGEST_LINE = 32 << 20
_BLANK = "' ' || chr(9) || chr(10) || chr(13)"
_INTEGER, _DECIMAL, _EXPONENT, _DATE, _LOCAL, _ZONED, _TEXT, _EMPTY = range(8)
#: one look at each value gives its kind, cheap tests first: 336,776 rows of 19 columns take 0.9 s on two cores.
#: ascii() is the code of the first letter; numbers, dates and blanks begin with none above that of 9
_DAY = f"try_cast(left(trim(v, {_BLANK}), 10) AS DATE)"
_KIND = f"""
CREATE MACRO kind(v) AS
CASE WHEN v IS NULL THEN NULL
     WHEN try_cast(v AS BIGINT)::VARCHAR = v AND length(v) <= 18 THEN {_INTEGER}
     WHEN ascii(v) > ascii('9') THEN {_TEXT}
     WHEN contains(v, ':') THEN
         CASE WHEN {_DAY} IS NULL THEN {_TEXT}
              WHEN regexp_full_match(v, '{lexical.LOCAL_TIMESTAMP}') THEN {_LOCAL}
              WHEN regexp_full_match(v, '{lexical.ZONED_TIMESTAMP}') THEN {_ZONED}
              ELSE {_TEXT} END
     WHEN regexp_full_match(v, '{lexical.DECIMAL}') THEN if(contains(v, '.'), {_DECIMAL}, {_INTEGER})
     WHEN trim(v, {_BLANK}) = '' THEN {_EMPTY}
     WHEN regexp_full_match(v, '{lexical.EXPONENT}') THEN {_EXPONENT}
     WHEN regexp_full_match(v, '{lexical.DATE}') AND {_DAY} IS NOT NULL THEN {_DATE}
     ELSE {_TEXT} END::UTINYINT"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DuckdbEngine:
    """Analysis by DuckDB with bounded memory and threads; what does not fit spills into ``work_dir``."""

    work_dir: Path
    threads: int = 2
    memory: str = "1GB"
    name: str = "DuckDB"
    can: frozenset[Can] = frozenset(Can)

    def profile(self, csv: CleanCsv, names: Sequence[str]) -> Profiled:
        """Count what the values of each column are, in one scan."""
        # one long column instead of many: an expression a column took 2 MB each, and a second of planning per hundred
        columns = ", ".join(f"c{position}" for position in range(len(names)))
        query = (
            "SELECT position, kind(v) AS kind, count(*), max(length(v)) "  # noqa: S608 (no outside text)
            f"FROM (SELECT unnest([{columns}]) AS v, unnest(range({len(names)})) AS position FROM {{table}}) "
            "GROUP BY position, kind"
        )
        seen: list[dict[int | None, int]] = [{} for _ in names]
        longest = [0] * len(names)
        for position, kind, count, length in self._rows(csv, Can.PROFILE, query):
            seen[position][kind] = count
            longest[position] = max(longest[position], length or 0)
        profiles = tuple(map(_profile, names, csv.header, seen, longest))
        return Profiled(rows=sum(seen[0].values()), columns=profiles)

    def first_misfit(self, csv: CleanCsv, position: int, accepts: Accepts) -> Misfit | None:
        """Find the first value in the column at ``position`` that is not accepted."""
        calendar = f"OR {_DAY} IS NULL" if accepts.calendar else ""
        query = (
            f"SELECT row, v FROM (SELECT c{position} AS v, row_number() OVER () AS row FROM {{table}}) "  # noqa: S608
            f"WHERE trim(v, {_BLANK}) <> '' AND (NOT regexp_full_match(v, '{accepts.pattern}') {calendar}) "
            "ORDER BY row LIMIT 1"
        )
        found = self._rows(csv, Can.FIND_MISFIT, query)
        return Misfit(row=found[0][0], value=found[0][1]) if found else None

    def _rows(self, csv: CleanCsv, task: Can, query: str) -> list[tuple[Any, ...]]:
        """Return the answer to a query over ``{table}``.

        :raises EngineFailed: when DuckDB cannot answer.
        """
        # a record may be over 2 MB, but buffers for such ones are too dear to be the rule
        patient = f", max_line_size={_LONGEST_LINE}, parallel=false"
        try:
            with self.connected(csv.path) as connection:
                try:
                    return interruptible.rows(connection, query.replace("{table}", _table(csv)))
                except duckdb.InvalidInputException:
                    return interruptible.rows(connection, query.replace("{table}", _table(csv, patient)))
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
            connection.execute(f"SET allowed_paths = [{_quoted(str(path))}]")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            connection.execute(_KIND)
            yield connection
        finally:
            connection.close()


def _table(csv: CleanCsv, options: str = "") -> str:
    """Return the file as a table of text columns c0, c1, …; unquoted empty is NULL, quoted empty is ''."""
    columns = ", ".join(f"'c{i}': 'VARCHAR'" for i in range(len(csv.header)))
    return (
        f"read_csv({_quoted(str(csv.path))}, columns={{{columns}}}, auto_detect=false, header=true, delim=',', "
        f"quote='\"', escape='\"', nullstr='', allow_quoted_nulls=false, strict_mode=true{options})"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _profile(name: str, header: str, kinds: dict[int | None, int], longest: int) -> ColumnProfile:
    count = Counter({kind: number for kind, number in kinds.items() if kind is not None})
    return ColumnProfile(
        name=name,
        header=header,
        values=count.total() - count[_EMPTY],
        blanks=count[_EMPTY],
        integers=count[_INTEGER],
        decimals=count[_INTEGER] + count[_DECIMAL],
        exponents=count[_EXPONENT],
        dates=count[_DATE],
        timestamps=count[_LOCAL] + count[_ZONED],
        zoned=count[_ZONED],
        max_length=longest,
    )
