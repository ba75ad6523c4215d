"""Files that others published, from the file to the table in PostgreSQL."""

from __future__ import annotations

import re

import pytest
from psycopg import sql

from ckanext.datapusher_plus.core.errors import IngestError
from tests.corpus.files import FILES, REFUSED
from tests.corpus.published import Published, located
from tests.fix_health import Having
from tests.fix_tables import Table
from tests.loads import Loader
from tests.qsv import here

#: qsv too, where it is installed
ENGINES = {"duckdb": ""} | ({"qsv": found.path} if (found := here()) else {})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.path)
def test_a_published_file_is_the_table_that_a_person_expects(
    file: Published, engine: str, having: Having, loader: Loader, table: Table
) -> None:
    having(analysis_engine=engine, qsv_bin=ENGINES[engine])
    content = located(file.package, file.path).read_bytes()
    loader.write(loader.plan(content, name=file.path.rsplit("/", 1)[1], format="", options=file.options))
    assert types(table) == list(file.types.items())
    assert table.run("SELECT count(*) FROM {table}") == [(file.rows,)]
    assert {cell: value(table, *cell) for cell in file.cells} == dict(file.cells)


@pytest.mark.parametrize(("package", "path", "error", "words"), REFUSED, ids=str)
def test_a_file_that_is_no_table_for_certain_is_refused_with_a_reason(
    package: str, path: str, error: type[IngestError], words: str, loader: Loader
) -> None:
    with pytest.raises(error, match=re.escape(words)):
        loader.plan(located(package, path).read_bytes(), name=path.rsplit("/", 1)[1], format="")


def types(table: Table) -> list[tuple[str, str]]:
    """Return the table's columns in their order, with their types."""
    found = table.run(
        "SELECT column_name, udt_name FROM information_schema.columns WHERE table_name = {name}"
        " AND column_name NOT IN ('_id', '_full_text') ORDER BY ordinal_position"
    )
    return [(column, kind) for column, kind in found]


def value(table: Table, row: int, column: str) -> str | None:
    """Return a value in PostgreSQL's own words."""
    asked = sql.SQL("SELECT {}::text FROM {} WHERE _id = {}").format(
        sql.Identifier(column), sql.Identifier(table.resource_id), sql.Literal(row)
    )
    ((found,),) = table.connection.execute(asked).fetchall()
    return found
