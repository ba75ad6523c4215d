"""SQL for DuckDB that finds rows with equal digests."""

from __future__ import annotations

from pathlib import Path

from ..core.table_names import literal

#: rows of a table up to which their hashes may be held in memory, which takes about 40 MB
FEW_ROWS = 500_000
_PAGE = 100_000

#: statements that make the tables that the queries below read; as tables they can be written to disk
PREPARE = (
    "CREATE TEMP TABLE numbered AS SELECT digest, row_number() OVER () AS row FROM {table}",
    "CREATE TEMP TABLE firsts AS SELECT digest, min(row) AS first, count(*) AS number FROM numbered GROUP BY digest",
    "CREATE TEMP TABLE repeats AS SELECT row FROM numbered ANTI JOIN firsts ON row = first",
)

#: query for (number of rows that repeat an earlier one, the first of them, the row that it repeats)
COUNT = """
SELECT (SELECT count(*) FROM repeats), row, first FROM numbered JOIN firsts USING (digest)
WHERE row = (SELECT min(row) FROM repeats)"""


def page(last: int) -> str:
    """Return the query for the next rows behind ``last`` that repeat an earlier one."""
    return f"SELECT row FROM repeats WHERE row > {last:d} ORDER BY row LIMIT {_PAGE:d}"  # noqa: S608


def digests(path: Path) -> str:
    """Return the SQL that reads a file of digests."""
    return f"read_csv({literal(str(path))}, columns={{'digest': 'VARCHAR'}}, auto_detect=false, header=true, delim=',')"
