"""What the read side promises about COPY and casts, asked of PostgreSQL itself.

The session's DateStyle and time zone are the most misleading ones, for no value may depend on them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from psycopg import sql

from ckanext.datapusher_plus import settings as site
from ckanext.datapusher_plus.core import coltypes, lexical
from ckanext.datapusher_plus.core.dictionary import Column
from ckanext.datapusher_plus.core.errors import Skipped, Terminal, ValueDoesNotFit
from ckanext.datapusher_plus.core.values import ColumnSpec
from ckanext.datapusher_plus.steps import fits
from tests.fix_file import Analyse, Said
from tests.servers import RunningStack

Load = Callable[..., list[Any]]
AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
CELLS = st.none() | st.text(alphabet=st.sampled_from('a",;\n\r\\. é'), max_size=5)


@pytest.fixture(scope="module")
def postgres(stack: RunningStack) -> Iterator[psycopg.Connection]:
    """A connection to the datastore."""
    with psycopg.connect(stack.datastore_dsn, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET DateStyle = 'SQL, DMY'")
        yield connection


@pytest.fixture
def load(postgres: psycopg.Connection, analyse: Analyse, said: Said) -> Load:
    """Bring a file with one column into PostgreSQL as its type and return the values."""

    def run(content: bytes, override: str = "") -> list[Any]:
        comment = " " + json.dumps({"_info": {"type_override": override}})
        analysed = analyse(content)
        mapping = site.current().type_mapping
        spec = coltypes.spec(analysed.columns[0], Column(name="a", type="text", comment=comment), mapping)
        fits.check(analysed, [spec], said)
        copied(postgres, analysed.csv.path, ("a",))
        return [row[0] for row in cast(postgres, spec)]

    return run


def copied(postgres: psycopg.Connection, path: Path, columns: tuple[str, ...]) -> list[tuple[str | None, ...]]:
    """COPY a file into a table of text and return its rows."""
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    fields = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in columns)
    postgres.execute("DROP TABLE IF EXISTS raw")
    postgres.execute(sql.SQL("CREATE TEMP TABLE raw ({}, place serial)").format(fields))
    command = sql.SQL("COPY raw ({}) FROM STDIN (FORMAT csv, HEADER true, ENCODING 'utf8')").format(names)
    with postgres.cursor() as cursor, cursor.copy(command) as copying:
        copying.write(path.read_bytes())
    return postgres.execute(sql.SQL("SELECT {} FROM raw ORDER BY place").format(names)).fetchall()


def cast(postgres: psycopg.Connection, spec: ColumnSpec) -> list[tuple[Any]]:
    """Return the values of the column in SQL as the plan has it."""
    value = sql.SQL(spec.cast).format(sql.Identifier("a"))  # pyright: ignore[reportArgumentType]
    kind = sql.SQL(spec.type)  # pyright: ignore[reportArgumentType]
    with postgres.transaction():
        postgres.execute("SET LOCAL TimeZone = 'Pacific/Apia'")
        postgres.execute(sql.SQL("CREATE TEMP TABLE loaded (place int, a {}) ON COMMIT DROP").format(kind))
        postgres.execute(sql.SQL("INSERT INTO loaded SELECT place, {} FROM raw").format(value))
        return postgres.execute("SELECT a FROM loaded ORDER BY place").fetchall()


NOON = datetime(2020, 2, 3, 12)  # noqa: DTZ001 (CKAN's timestamps have no zone)


@pytest.mark.parametrize(
    ("values", "override", "expected"),
    [
        (["1", "", '""', '" "', " 2 "], "", [Decimal(1), None, None, None, Decimal(2)]),
        (["1.50", "-.5", "2e-03", "-0"], "", [Decimal("1.50"), Decimal("-0.5"), Decimal("0.002"), Decimal(0)]),
        (["007", "", '""', "+1"], "", ["007", None, "", "+1"]),
        (["007", "+1", "1.", '" "'], "numeric", [Decimal(7), Decimal(1), Decimal(1), None]),
        (["1", "", '""'], "text", ["1", None, ""]),
        (["2020-02-03", " 2020-02-03 "], "", [date(2020, 2, 3)] * 2),
        (["2020-02-03T00:00:00", "2020-02-03"], "date", [date(2020, 2, 3)] * 2),
        (["2020-02-03", "2020-02-03 12:00"], "", [NOON - timedelta(hours=12), NOON]),
        (["2020-02-03T12:00Z", "2020-02-03 14:00+02", '""', "2020-02-03 06:30 -0530"], "", [NOON, NOON, None, NOON]),
        (["2020-02-03T12:00", "2020-02-03T14:00:00+02:00"], "", ["2020-02-03T12:00", "2020-02-03T14:00:00+02:00"]),
        (["2020-02-03T12:00", "", "2020-02-03T14:00:00+02:00"], "timestamp", [NOON, None, NOON]),
        (["", "", '""'], "", [None, None, ""]),
    ],
)
def test_values_arrive_as_they_are_meant(values: list[str], override: str, expected: list[Any], load: Load) -> None:
    assert load("\n".join(["a", *values, ""]).encode(), override) == expected


@pytest.mark.parametrize(
    ("override", "good", "bad"),
    [
        ("numeric", "1", "tall"),
        ("numeric", "1", "1,5"),
        ("timestamp", "2020-02-03", "3/2/2020"),
        ("date", "2020-02-03", "2020-02-03T12:00"),
    ],
)
def test_a_value_that_does_not_fit_is_told_before_anything_is_written(
    override: str, good: str, bad: str, load: Load
) -> None:
    with pytest.raises(ValueDoesNotFit, match=f"row 2, column “a” the value “{bad}” is no {override}"):
        load(f'a\n{good}\n"{bad}"\n'.encode(), override)


def written(cell: str | None) -> str:
    """Write a value as careful programs do: NULL is empty, an empty text is quoted."""
    if cell is None:
        return ""
    return '"' + cell.replace('"', '""') + '"' if not cell or set(cell) & set('",;\n\r') else cell


@AGAIN
@given(rows=st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=6), newline=st.sampled_from(["\n", "\r\n"]))
def test_any_table_is_copied_as_it_was_written(
    rows: list[tuple[str | None, ...]], newline: str, postgres: psycopg.Connection, analyse: Analyse
) -> None:
    content = newline.join(["a,b", *(",".join(map(written, row)) for row in rows), ""])
    analysed = analyse(content.encode())
    assert copied(postgres, analysed.csv.path, ("a", "b")) == rows
    assert [column.values + column.blanks for column in analysed.columns] == [
        sum(row[place] is not None for row in rows) for place in (0, 1)
    ]


@AGAIN
@given(data=st.text(alphabet=st.sampled_from('a,"\n\r\\. '), max_size=20))
def test_copy_never_disagrees_with_what_was_checked(data: str, postgres: psycopg.Connection, analyse: Analyse) -> None:
    analysed = None
    with suppress(Terminal, Skipped):
        analysed = analyse(("a,b\n" + data).encode())
    if analysed:
        assert len(copied(postgres, analysed.csv.path, ("a", "b"))) == analysed.rows


@pytest.mark.parametrize("pg_type", [name for name, known in coltypes.PG_TYPES.items() if known.accepts])
@AGAIN
@given(data=st.data())
def test_postgresql_takes_every_value_that_is_accepted(
    pg_type: str, data: st.DataObject, postgres: psycopg.Connection
) -> None:
    accepts = coltypes.PG_TYPES[pg_type].accepts
    assert accepts
    value = data.draw(st.from_regex(accepts.pattern, fullmatch=True, alphabet=st.characters(max_codepoint=126)))
    assume(value.strip() and (not accepts.calendar or is_day(value.strip()[:10])))
    kind = sql.SQL(pg_type)  # pyright: ignore[reportArgumentType]
    assert postgres.execute(sql.SQL("SELECT (%s::text::{})::text").format(kind), [value]).fetchone()


def is_day(text: str) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except ValueError:
        return False


@AGAIN
@given(value=st.from_regex(f"{lexical.DECIMAL}|{lexical.EXPONENT}", fullmatch=True))
def test_numbers_are_exact(postgres: psycopg.Connection, value: str) -> None:
    assume(re.fullmatch("[\x00-\x7f]+", value))
    found = postgres.execute("SELECT %s::text::numeric", [value]).fetchone()
    assert found == (Decimal(value.strip()),)


@AGAIN
@given(moment=st.datetimes(datetime(1000, 1, 1), datetime(9998, 12, 31), timezones=st.timezones()))  # noqa: DTZ001
def test_a_zoned_time_keeps_its_instant(moment: datetime, load: Load) -> None:
    # local mean times of the 19th century have seconds in their offset, which ISO 8601 cannot write
    assume((moment.utcoffset() or timedelta()).seconds % 60 == 0)
    utc = moment.astimezone(timezone.utc).replace(tzinfo=None)
    assert load(f"a\n{moment.isoformat()}\n".encode()) == [utc]
