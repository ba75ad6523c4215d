"""The statistics of a real table: figures of every type, bad values, personal data, loads and changes in between."""

from __future__ import annotations

import statistics as python
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from ckanext.datapusher_plus.core.statistics import ColumnStatistics, Measure, TableStatistics, Withheld
from ckanext.datapusher_plus.statistics import store
from ckanext.datapusher_plus.statistics.make import Job, apart, make
from ckanext.datapusher_plus.statistics.store import Known

Made = dict[str, ColumnStatistics]


@dataclass(frozen=True)
class Site:
    """One resource, and a connection to the datastore as its write role."""

    resource_id: str
    connection: psycopg.Connection

    def table(self, columns: str, *rows: str) -> None:
        """Create the resource's table with these rows, each written as SQL values."""
        name = sql.Identifier(self.resource_id)
        head = sql.SQL("DROP TABLE IF EXISTS {}; CREATE TABLE {} (_id serial PRIMARY KEY, _full_text tsvector, ")
        self.connection.execute(head.format(name, name) + sql.SQL(columns) + sql.SQL(")"))  # pyright: ignore
        for row in rows:
            insert = sql.SQL("INSERT INTO {} VALUES (DEFAULT, NULL, ").format(name)
            self.connection.execute(insert + sql.SQL(row + ")"))  # pyright: ignore[reportArgumentType]

    def made(self, **job: Any) -> Made:
        """Make the statistics and return them by column."""
        done = make(self.job(**job))
        assert done is not None
        stored = store.load(self.resource_id)
        assert stored is not None
        assert stored.columns == done.columns
        return {column.name: column for column in stored.columns}

    def job(self, **job: Any) -> Job:
        """Return the job of a run that loaded the table."""
        return Job(**{"resource_id": self.resource_id, "run_id": "one", "load_key": "key", "seconds": 60, **job})


@pytest.fixture
def site(uploaded: dict[str, Any]) -> Any:
    from ckan.plugins import toolkit as tk

    with psycopg.connect(tk.config["ckan.datastore.write_url"], autocommit=True) as connection:
        made = Site(uploaded["id"], connection)
        yield made
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(sql.Identifier(made.resource_id)))
    store.remove(made.resource_id)


def test_six_rows_have_the_figures_of_python(site: Site) -> None:
    values = [3.5, 4.25, 3.75, 4.5, 4.0, 3.5]
    site.table("n numeric, f float8", *(f"{value}, {value}" for value in values), "NULL, NULL")
    for column in site.made().values():
        assert (column.rows, column.empty, column.distinct) == (7, 1, 5)
        assert (column.mean, column.deviation) == (python.mean(values), python.stdev(values))
        assert column.quartiles == tuple(python.quantiles(values, n=4, method="inclusive"))
        assert (column.least, column.greatest, column.sum) == ("3.5", "4.5", "23.5")
        assert column.top == (("3.5", 2), ("3.75", 1), ("4", 1), ("4.25", 1), ("4.5", 1))


def test_texts_truths_and_times(site: Site) -> None:
    site.table(
        "t text, b bool, d date, m timestamp, z timestamptz, j json",
        "'ß', true, '2026-01-31', '2026-01-01 10:00', '2026-01-01 10:00+02', '[1]'",
        "'ß', true, '2026-02-01', '2026-01-01 10:00', '2026-01-01 10:00+02', '[1]'",
        "'', false, NULL, '2026-01-01 11:30', NULL, NULL",
    )
    found = site.made()
    assert (found["t"].empty, found["t"].distinct, found["t"].longest, found["t"].top) == (1, 1, 1, (("ß", 2),))
    assert (found["b"].true, found["b"].false, found["b"].top) == (2, 1, ())
    assert (found["d"].least, found["d"].greatest, found["d"].withheld) == ("2026-01-31", "2026-02-01", Withheld.UNIQUE)
    assert [(bar.start, bar.count) for bar in found["d"].histogram] == [("2026-01-31", 1), ("2026-02-01", 1)]
    assert (found["m"].top[0], found["z"].top) == (("2026-01-01 10:00:00", 2), (("2026-01-01 08:00:00+00", 2),))
    assert (found["j"].measure, found["j"].top) == (Measure.TEXT, (("[1]", 2),))


def test_numbers_too_large_for_an_engine_are_computed_by_postgresql(site: Site) -> None:
    huge = "1" + "0" * 45
    site.table("n numeric, f float8, b numeric", f"{huge}, 1e300, 1e131071", "2, 1e-300, 1", "NULL, 5, 1")
    found = site.made()
    assert (found["n"].least, found["n"].greatest, found["n"].sum) == ("2", huge, huge[:-1] + "2")
    assert found["n"].mean == 5e44
    assert (found["f"].greatest, found["f"].distinct) == ("1" + "0" * 300, 3)
    # nobody reads 131,072 digits, and no float has them
    assert (found["b"].least, found["b"].greatest, found["b"].mean) == ("1", None, None)


@pytest.mark.parametrize("odd", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_finite_number_has_no_mean(odd: str, site: Site) -> None:
    site.table("n numeric, f float8", f"'{odd}', '{odd}'", "1, 1", "2, 2")
    for column in site.made().values():
        assert odd in (column.least, column.greatest)
        assert (column.distinct, column.sum, column.mean, column.deviation, column.histogram) == (
            3,
            None,
            None,
            None,
            (),
        )


def test_times_beyond_the_calendar_keep_their_ends(site: Site) -> None:
    site.table("d date, m timestamp", "'infinity', '0044-03-15 BC'", "'2026-01-01', '294276-12-31'", "NULL, NULL")
    found = site.made()
    assert (found["d"].least, found["d"].greatest, found["d"].histogram) == ("2026-01-01", "infinity", ())
    assert (found["m"].least, found["m"].greatest) == ("0044-03-15 00:00:00 BC", "294276-12-31 00:00:00")


def test_values_of_64_megabytes_are_measured_and_shown_cut(site: Site) -> None:
    site.table("t text, u text", "repeat('ä', 32000000), 'a'", "repeat('ä', 32000001), 'a'", "'b', 'a'", "'b', 'a'")
    column = site.made()["t"]
    assert (column.distinct, column.shortest, column.longest) == (3, 1, 32_000_001)
    assert column.top[1:] == (("ä" * 200 + "…", 1), ("ä" * 200 + "…", 1))


def test_1598_columns(site: Site) -> None:
    site.table(", ".join(f"c{n} int4" for n in range(1598)), ", ".join("7" for _ in range(1598)))
    found = site.made()
    assert len(found) == 1598
    assert {column.sum for column in found.values()} == {"7"}


def test_columns_may_be_named_like_ours(site: Site) -> None:
    site.table('position int4, v text, n int4, "c0" text, "a""b{}%s" text', "1, 'x', 2, 'y', 'z'")
    assert set(site.made()) == {"position", "v", "n", "c0", 'a"b{}%s'}


@pytest.mark.parametrize("how", ["marked", "found by the run"])
def test_personal_data_is_nowhere(how: str, site: Site) -> None:
    site.table(
        "mail text, age int4, ok bool", "'ada@x.org', 36, true", "'ada@x.org', 36, true", "'bob@x.org', 41, true"
    )
    names = ("mail", "age", "ok")
    for name in names if how == "marked" else ():
        comment = sql.SQL("COMMENT ON COLUMN {}.{} IS {}")
        said = comment.format(sql.Identifier(site.resource_id), sql.Identifier(name), ' {"_info":{"pii":true}}')
        site.connection.execute(said)
    if how == "found by the run":
        store.expect(site.resource_id, "one", Known(personal=frozenset(names)))
    found = site.made()
    assert {column.withheld for column in found.values()} == {Withheld.PERSONAL}
    assert not any(value in repr(found) for value in ("ada", "bob", "36", "37", "41"))
    assert (found["mail"].distinct, found["age"].empty) == (2, 0)


def test_texts_that_are_all_different_are_nowhere(site: Site) -> None:
    site.table("name text, n int4", "'ada', 1", "'bob', 2")
    found = site.made()
    assert (found["name"].withheld, found["n"].withheld) == (Withheld.UNIQUE, Withheld.UNIQUE)
    assert "ada" not in repr(found)
    assert (found["n"].top, found["n"].least) == ((), "1")


def test_a_fork_makes_the_same(site: Site) -> None:
    site.table("t text, n numeric", "'a', 1.5", "'a', 2", "'b', NULL")
    before = site.made()
    done: TableStatistics | None = make(site.job(), apart)
    assert done is not None
    assert {column.name: column for column in done.columns} == before


@pytest.mark.parametrize("columns", ["a int4", "a text, b text"])
def test_an_empty_table_has_statistics_too(columns: str, site: Site) -> None:
    site.table(columns)
    assert [(column.rows, column.distinct, column.empty_share) for column in site.made().values()] == [(0, 0, 0)] * (
        columns.count(",") + 1
    )


def test_a_column_of_empty_rows_alone(site: Site) -> None:
    site.table("a int4", "NULL", "1", "NULL", "NULL")
    assert site.made()["a"].empty == 3


def test_without_a_table_there_are_none(site: Site) -> None:
    assert make(site.job()) is None
    assert store.load(site.resource_id) is None


def test_they_can_be_made_while_rows_change(site: Site, act: Callable[..., Any]) -> None:
    site.table("a int4", "1")
    site.made()
    act("datastore_upsert", resource_id=site.resource_id, force=True, method="insert", records=[{"a": 2}])
    stored = store.load(site.resource_id)
    assert stored is not None
    assert stored.stale


@pytest.mark.parametrize(
    ("rows", "repeats"),
    [(("1, 'a'", "1, 'b'", "1, 'a'", "1, 'a'"), 2), (("1, NULL", "1, NULL"), 1), (("1, 'a'", "2, 'a'"), 0)],
    ids=["two", "of NULLs", "none"],
)
def test_rows_that_repeat_an_earlier_one_are_counted(rows: tuple[str, ...], repeats: int, site: Site) -> None:
    site.table("n int, t text", *rows)
    site.made()
    stored = store.load(site.resource_id)
    assert stored is not None
    assert stored.duplicates == repeats
