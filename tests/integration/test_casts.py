"""What the read side promises about COPY and casts, asked of PostgreSQL itself.

The session's DateStyle and time zone are the most misleading ones, for no value may depend on them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from psycopg import sql

from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.core.errors import Skipped, Terminal, ValueDoesNotFit
from ckanext.datapusher_plus.core.types import casts, column_type, patterns
from ckanext.datapusher_plus.core.types.notations import Notation
from ckanext.datapusher_plus.core.types.plain_names import plain_name
from ckanext.datapusher_plus.core.values import ColumnProfile, ColumnSpec, ReadOptions
from ckanext.datapusher_plus.steps import plan
from tests.fix_file import Analyse, Said, ticket
from tests.servers import RunningStack

Load = Callable[..., list[Any]]
AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30)
#: each example is a whole file
FILES = settings(AGAIN, max_examples=15)
CELLS = st.none() | st.text(alphabet=st.sampled_from('a",;\n\r\\. é'), max_size=5)


@pytest.fixture(scope="module")
def postgres(stack: RunningStack) -> Iterator[psycopg.Connection]:
    """A connection to the datastore."""
    with psycopg.connect(stack.datastore_dsn, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET DateStyle = 'SQL, DMY'")
        yield connection


@pytest.fixture
def load(postgres: psycopg.Connection, analyse: Analyse, said: Said, tmp_path: Path) -> Load:
    """Bring a file with one column into PostgreSQL as its type and return the values."""

    def run(content: bytes, override: str = "", **options: Any) -> list[Any]:
        kept = Column(name="a", type="text", comment=" " + json.dumps({"_info": {"type_override": override}}))
        asked = replace(ticket(tmp_path), options=ReadOptions(**options))
        analysed = analyse(content, options=asked.options)
        made = plan.decide(asked, analysed, Dictionary(columns=(kept,)), live=False, file_hash="", log=said)
        copied(postgres, analysed.csv.path, analysed.csv.header)
        return [row[0] for row in cast(postgres, made.columns[0])]

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
        (["1", " NA ", "-", '""', "-1"], "", [Decimal(1), None, None, None, Decimal(-1)]),
        (["2020-02-03", "NULL"], "", [date(2020, 2, 3), None]),
        (["NA", "DE", ""], "", ["NA", "DE", None]),
        (["NA", ""], "numeric", [None, None]),
        (["007", "N/A", "tall"], "text", ["007", "N/A", "tall"]),
        (["1.234,56", "-7", "N/A", ""], "", [Decimal("1234.56"), Decimal(-7), None, None]),
        (["1.234,56", "-7", "+012,5"], "numeric", [Decimal("1234.56"), Decimal(-7), Decimal("12.5")]),
        (["1,234,567.8", "0.5"], "", [Decimal("1234567.8"), Decimal("0.5")]),
        (["1\u202f234,5", "1\u00a0234"], "", [Decimal("1234.5"), Decimal(1234)]),
        (["1'234.5", " 7 "], "", [Decimal("1234.5"), Decimal(7)]),
        (["3.2.2020", " 13.12.2020 "], "", [date(2020, 2, 3), date(2020, 12, 13)]),
        (["13.12.2020", "2020-02-03", "3.2.2020"], "date", [date(2020, 12, 13), *[date(2020, 2, 3)] * 2]),
        (["13/12/2020 0:00", "3/2/2020 12:00 AM"], "date", [date(2020, 12, 13), date(2020, 2, 3)]),
        (["2/3/2020 12:00 PM", "2/13/2020 12:00:00 am"], "", [NOON, NOON + timedelta(days=9, hours=12)]),
        (["3 Feb 2020 12:00Z", "3-FEB-2020 14:00 +02:00"], "", [NOON, NOON]),
        (["February 3, 2020 2:00 PM +0200", "Sept 3, 2020 0:00 UTC"], "", [NOON, datetime(2020, 9, 3)]),  # noqa: DTZ001
        (["3.2.2020 12:00", "3.2.2020 14:00+02", "NA"], "timestamp", [NOON, NOON, None]),
        (["2147483647", "-2147483647", "+07"], "int4", [2147483647, -2147483647, 7]),
        (["1.234", "12,000.5", "NA"], "numeric", [Decimal("1.234"), Decimal("12000.5"), None]),
        (["1,234,567", "-7"], "int8", [1234567, -7]),
        (["1e300", "1.5", "-5e-300"], "float8", [1e300, 1.5, -5e-300]),
        (["Yes", "no", "T", "0", "NA"], "bool", [True, False, True, False, None]),
    ],
)
def test_values_arrive_as_they_are_meant(values: list[str], override: str, expected: list[Any], load: Load) -> None:
    # a second column: a blank line would be no row
    assert load("\n".join(["a;b", *(f"{value};x" for value in values), ""]).encode(), override) == expected


@pytest.mark.parametrize(
    ("override", "good", "bad"),
    [
        ("numeric", "1", "tall"),
        ("numeric", "1.5", "1,5"),
        ("numeric", "1", "1,234"),
        ("int4", "1", "2147483648"),
        ("float8", "1", "1e309"),
        ("bool", "yes", "2"),
        ("timestamp", "2020-02-03", "3/2/20"),
        ("date", "2020-02-03", "2020-02-03T12:00"),
    ],
)
def test_a_value_that_does_not_fit_is_told_before_anything_is_written(
    override: str, good: str, bad: str, load: Load
) -> None:
    with pytest.raises(ValueDoesNotFit, match=f"line 3, column “a” the value “{bad}” is not {plain_name(override)}"):
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
    # a row of nothing but separators and blanks is left out
    assume(all(any(cell == "" or (cell and cell.strip(" ")) for cell in row) for row in rows))
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


CASTS = [(name, notation) for name, known in column_type.PG_TYPES.items() if known for notation in known.notations]


@pytest.mark.parametrize(("pg_type", "notation"), CASTS, ids=[f"{name} as {n.name}" for name, n in CASTS])
@AGAIN
@given(data=st.data())
def test_postgresql_takes_every_value_that_is_accepted(
    pg_type: str, notation: Notation, data: st.DataObject, postgres: psycopg.Connection
) -> None:
    known = column_type.PG_TYPES[pg_type]
    assert known
    form = data.draw(st.sampled_from(known.accepts(notation)))
    value = data.draw(st.from_regex(form.pattern, fullmatch=True))
    assume(value.strip() and form.takes(value))
    expression = casts.cast(ANY_PROFILE, pg_type, notation, zoned=None, nulls=("NA",))
    values = sql.SQL("(SELECT {}::text AS a) AS raw").format(sql.Literal(value))
    query = sql.SQL("SELECT ({})::text FROM {}").format(sql.SQL(expression).format(sql.Identifier("a")), values)  # pyright: ignore[reportArgumentType]
    found = postgres.execute(query).fetchone()
    assert found
    assert found[0] is not None


#: a column with everything in it, so that nothing is left out of the cast
ANY_PROFILE = ColumnProfile(
    name="a",
    header="a",
    values=9,
    integers=0,
    decimals=0,
    exponents=0,
    dates=0,
    timestamps=0,
    zoned=0,
    max_length=9,
    blanks=1,
    nulls=1,
)


def with_groups(number: Decimal, groups: str, mark: str) -> str:
    """Write a number as people do."""
    return f"{number:,f}".translate({ord(","): groups, ord("."): mark})


@FILES
@given(
    numbers=st.lists(st.decimals(-(10**12), 10**12, places=2), min_size=1, max_size=4),
    writing=st.sampled_from([(",", "."), (".", ","), (" ", ","), ("\u202f", ","), (" ", "."), ("'", "."), ("", ",")]),
)
def test_numbers_come_back_as_they_were_written(numbers: list[Decimal], writing: tuple[str, str], load: Load) -> None:
    rows = "".join(f'"{with_groups(number, *writing)}"\n' for number in numbers)
    assert load(f"a\n{rows}".encode(), decimal=writing[1]) == numbers


LAYOUTS = ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%d %b %Y", "%d-%b-%Y", "%B %d, %Y", "%d. %B %Y"]
CLOCKS = ["", " %H:%M", " %I:%M %p", " %I:%M:%S.%f %p", ", %H:%M:%S", "T%H:%M:%SZ", " %H:%M:%S UTC"]


@FILES
@given(
    days=st.lists(st.datetimes(datetime(1000, 1, 1), datetime(2999, 12, 31)), min_size=1, max_size=4),  # noqa: DTZ001
    layout=st.sampled_from(LAYOUTS),
    clock=st.sampled_from(CLOCKS),
)
def test_days_come_back_as_they_were_written(days: list[datetime], layout: str, clock: str, load: Load) -> None:
    rows = "".join(f'"{day.strftime(layout + clock)}"\n' for day in days)
    found = load(f"a\n{rows}".encode(), day_first=layout.startswith("%d"))
    finest = {"": "day", " %H:%M": "minute", " %I:%M %p": "minute", " %I:%M:%S.%f %p": "microsecond"}.get(
        clock, "second"
    )
    assert found == [cut(day, finest) for day in days]


def cut(moment: datetime, finest: str) -> date | datetime:
    if finest == "day":
        return moment.date()
    if finest == "minute":
        return moment.replace(second=0, microsecond=0)
    return moment if finest == "microsecond" else moment.replace(microsecond=0)


@FILES
@given(
    values=st.lists(
        st.sampled_from(
            ["NA", "-", " NA ", "", '""', "1", "1.5", "x", "1,5", "1.234", "1/2/2020", "2020-02-03", "1E5"]
        ),
        min_size=1,
        max_size=4,
    )
)
def test_a_mixture_never_fails_and_never_loses_a_word(values: list[str], load: Load) -> None:
    # whatever the column becomes, text stays as it is and only words for no value become NULL
    found = load("\n".join(["a;b", *(f"{value};x" for value in values), ""]).encode())
    for value, loaded in zip(values, found, strict=True):
        if isinstance(loaded, str):
            assert loaded == ("" if value == '""' else value)
        elif loaded is None:
            assert value.strip() in ("", '""', "NA", "-")


@AGAIN
@given(value=st.from_regex(f"{patterns.DECIMAL}|{patterns.EXPONENT}", fullmatch=True))
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
