"""Parquet, and the base that it shares with Arrow: columns have types, which become the file's declared types."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from ...core.errors import Damaged, Locked, TooManyColumns
from ...core.message import say
from ...core.table_names import identifier, literal
from ...core.values import CleanCsv, Log, Source
from ..base import Work, register
from ..clean_csv.writer import without_nul
from ..sandbox.sandboxed import Apart

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: DuckDB's own memory limit; it spills to disk what does not fit
_MEMORY = "128MB"
_INTEGERS = (
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "HUGEINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
)
#: Arrow's messages, passed on by DuckDB, when memory runs out for a batch
_OUT_OF_MEMORY = re.compile(r"alloc.{0,80} failed|out of memory|MemoryError", re.IGNORECASE)
_NESTED = ("STRUCT", "MAP", "UNION")


@dataclass(frozen=True, slots=True)
class _Column:
    """One column as DuckDB describes it."""

    name: str
    type: str

    @property
    def quoted(self) -> str:
        """The name as a quoted SQL identifier."""
        return identifier(self.name)

    @property
    def nested(self) -> bool:
        """Whether values contain values (lists, structs, maps, unions)."""
        return self.type.endswith("]") or self.type.startswith(_NESTED)

    @property
    def fractional(self) -> bool:
        """Whether values may be NaN or infinite."""
        return self.type in ("FLOAT", "DOUBLE")

    @property
    def declared(self) -> str | None:
        """The kind of column that its type means, as in ``column_kind.Kind``; None for a column of nulls only."""
        if self.type in _INTEGERS:
            return "Integer"
        if self.fractional or self.type.startswith("DECIMAL"):
            return "Float"
        if self.type.startswith("TIMESTAMP"):
            return "DateTime"
        return {"BOOLEAN": "Boolean", "DATE": "Date", '"NULL"': None}.get(self.type, "String")


class Columnar(Apart):
    """Base of files whose columns have types."""

    signed: ClassVar[bool] = True

    def read(self, source: Source, work: Work) -> CleanCsv:
        """Convert the table to canonical CSV."""
        import duckdb

        target = work.dir / "columns.csv"
        try:
            with _connected(source.path, target, work.dir) as connection:
                columns = _columns(connection, self.table(source.path, connection), work.limits.columns)
                facts = _Facts(connection, self.table(source.path, connection), columns)
                facts.tell(work.log)
                _write(connection, self.table(source.path, connection), columns, facts, target)
                # DuckDB renames columns without a name or with a duplicate one
                header = self.header(source.path, connection)
        except duckdb.Error as error:
            if isinstance(error, duckdb.OutOfMemoryException) or _OUT_OF_MEMORY.search(str(error)):
                raise MemoryError(str(error)) from error
            # DuckDB's message has paths of this machine, so only the worker's log has it
            raise Damaged(
                say("{name} file", name=self.name), say("a part of it is missing or not as its schema says")
            ) from error
        without_nul(target, work.log)
        declared = tuple(column.declared for column in columns)
        return CleanCsv(
            path=target,
            header=header,
            format=self.name,
            encoding="UTF-8",
            declared=declared,
            first_line=0,
            counts="row",
        )

    @abstractmethod
    def table(self, path: Path, connection: DuckDBPyConnection) -> str:
        """Return the SQL table expression for the file, for use in one query."""

    @abstractmethod
    def header(self, path: Path, connection: DuckDBPyConnection) -> tuple[str, ...]:
        """Return the column names as published."""


@register
class Parquet(Columnar):
    """Parquet, read by DuckDB page by page."""

    name = "Parquet"
    aliases = frozenset({"parquet", "geoparquet"})
    extensions = frozenset({"parquet", "geoparquet", "pq"})
    media_types = frozenset({"application/vnd.apache.parquet", "application/x-parquet"})

    def recognises(self, head: bytes) -> bool:
        """Return whether the bytes are the magic number of Parquet, or that of encrypted files."""
        return head.startswith((b"PAR1", b"PARE"))

    def table(self, path: Path, connection: DuckDBPyConnection) -> str:
        """Return the DuckDB function call that reads the file.

        :raises Locked: when the file is encrypted.
        """
        with path.open("rb") as file:
            if file.read(4) == b"PARE":
                raise Locked(say("Parquet file"))
        return f"read_parquet({literal(str(path))})"

    def header(self, path: Path, connection: DuckDBPyConnection) -> tuple[str, ...]:
        """Return the top-level names of the schema, which lists each column before its children."""
        query = f"SELECT name, coalesce(num_children, 0) FROM parquet_schema({literal(str(path))})"  # noqa: S608
        names: list[str] = []
        inner = 0
        for name, children in connection.execute(query).fetchall()[1:]:
            if not inner:
                names.append(name)
            inner = max(0, inner - 1) + children
        return tuple(names)


@contextmanager
def _connected(source: Path, target: Path, spill: Path) -> Iterator[DuckDBPyConnection]:
    """Open DuckDB with access to these two files only."""
    import duckdb

    config = {
        "threads": 1,
        "memory_limit": _MEMORY,
        "temp_directory": str(spill / "duckdb"),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        # a row group may have gigabytes, which prefetching would hold in memory at once
        connection.execute("SET disable_parquet_prefetching = true")
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute(f"SET allowed_paths = [{literal(str(source))}, {literal(str(target))}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _columns(connection: DuckDBPyConnection, table: str, most: int) -> list[_Column]:
    # names are quoted, and DuckDB can access only the file and the CSV
    described = connection.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()  # noqa: S608
    columns = [_Column(*row[:2]) for row in described]
    if len(columns) > most:
        raise TooManyColumns(len(columns), most)
    return columns


class _Facts:
    """What must be known about all values of a column before the first is written."""

    def __init__(self, connection: DuckDBPyConnection, table: str, columns: Sequence[_Column]) -> None:
        """Query the columns that may hold NaN or bytes."""
        asked = {column.name: _question(column) for column in columns if column.fractional or column.type == "BLOB"}
        query = f"SELECT {', '.join(asked.values())} FROM {table}"  # noqa: S608
        answer = connection.execute(query).fetchall()[0] if asked else ()
        found = dict(zip(asked, answer, strict=True))
        self._no_numbers = sum(found[column.name] or 0 for column in columns if column.fractional)
        self._texts = {column.name for column in columns if column.type == "BLOB" and found[column.name] == 0}

    def tell(self, log: Log) -> None:
        """Log how many values are left empty."""
        if self._no_numbers:
            log.warning(
                say("{values} values that are no number (NaN) or infinite were left empty.", values=self._no_numbers)
            )

    def field(self, column: _Column) -> str:
        """Return the SQL expression for a value's text."""
        name = column.quoted
        if column.nested:
            return f"to_json({name})::VARCHAR"
        if column.fractional:
            return f"CASE WHEN isfinite({name}) THEN {name}::VARCHAR END"
        if column.type == "BLOB":
            # old writers do not mark texts as such, so bytes that all decode are taken for text
            return f"decode({name})" if column.name in self._texts else f"lower(hex({name}))"
        return f"ST_AsText({name})" if column.type.startswith("GEOMETRY") else f"{name}::VARCHAR"


def _question(column: _Column) -> str:
    """Return the SQL expression that counts values that must be left empty, or written as hexadecimal digits."""
    odd = f"NOT isfinite({column.quoted})" if column.fractional else f"TRY(decode({column.quoted})) IS NULL"
    return f"count({column.quoted}) FILTER ({odd})"


def _write(connection: DuckDBPyConnection, table: str, columns: Sequence[_Column], facts: _Facts, target: Path) -> None:
    texts = [facts.field(column) for column in columns]
    if len(texts) == 1:
        # in a single column a missing value would be a blank line, which is not a row
        texts = [f"coalesce({texts[0]}, '')"]
    fields = ", ".join(f"{text} AS {column.quoted}" for text, column in zip(texts, columns, strict=True))
    connection.execute(
        f"COPY (SELECT {fields} FROM {table}) TO {literal(str(target))} "  # noqa: S608
        "(FORMAT CSV, HEADER true, NULLSTR '', USE_TMP_FILE false)"
    )
