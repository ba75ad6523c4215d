"""The method of a loaded table's full-text index: its name, its rows by search, and what its build may use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg import sql

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.index_build import PARALLEL_GIN
from ckanext.datapusher_plus.core.values import LoadPlan, Strategy
from tests.corpus.files import FILES
from tests.corpus.published import Published, located
from tests.fix_tables import Table
from tests.loads import Loader

HEAD = "n,day,town,remark\n"
TOWNS = ("Zürich", "Genève", "Sankt-Gallen", "it's <b>Bern</b>", "漢字 town")
#: Index of the full text: name, method and options.
INDEXES = """
    SELECT relname::text, amname::text, reloptions FROM pg_index
    JOIN pg_class ON pg_class.oid = indexrelid JOIN pg_am ON pg_am.oid = relam
    WHERE indrelid = {table}::regclass AND amname IN ('gin', 'gist')
"""
#: Searches of every kind that CKAN lets through.
SEARCHES: list[dict[str, Any]] = [
    {"q": "Zürich"},
    {"q": "zürich 17"},
    {"q": "nowhere"},
    {"q": "the"},
    {"q": "rema:*", "plain": False},
    {"q": "Bern & !17", "plain": False},
    {"q": "!town", "plain": False},
    {"q": "Sankt <-> Gallen", "plain": False},
    {"q": "17 | 2026-01-05", "plain": False},
    {"q": {"town": "town"}},
    {"q": {"n": "16", "town": "Gen:*"}, "plain": False},
    {"q": "Bern", "filters": {"n": 3}},
]


def lines(first: int, last: int, more: str = "") -> bytes:
    rows = (f"{n},2026-01-{n % 28 + 1:02},{TOWNS[n % 5]},remark {more}the {n}\n" for n in range(first, last))
    return "".join(rows).encode()


FILE = HEAD.encode() + lines(0, 1500)
#: Long texts, so that few rows are enough for a file whose rows can be appended.
MUCH = "viele Wörter " * 300
LARGE = HEAD.encode() + lines(0, 1200, MUCH)


def use(**changed: Any) -> None:
    settings.use(replace(settings.current(), **changed))


def indexes(table: Table) -> list[tuple[Any, ...]]:
    return table.run(INDEXES.replace("{table}::regclass", "(SELECT oid FROM pg_class WHERE relname = {name})"))


def ids(table: Table, **search: Any) -> set[int]:
    return {row["_id"] for row in table.search(**search, limit=32_000)["records"]}


def ids_by_sql(table: Table, words: str) -> set[int]:
    # as datastore_search_sql would run it; that action is there only with ckan.datastore.sqlsearch.enabled
    found = table.run("SELECT _id FROM {table} WHERE _full_text @@ plainto_tsquery('english', {words})", words=words)
    return {row[0] for row in found}


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize(("asked", "method"), [("gin", "gin"), ("gist", "gist"), ("ckan", "gist")])
def test_the_index_has_the_method_asked_for_and_the_name_that_ckan_looks_for(
    asked: str, method: str, strategy: Strategy, table: Table, loader: Loader
) -> None:
    use(full_text_index=asked)
    loader.load(FILE, strategy)
    ((name, found, options),) = indexes(table)
    # no option, so that GIN has the list of pending entries of its default
    assert (found, options) == (method, None)
    table.act("datastore_create", resource_id=table.resource_id, force=True, records=[{"n": 7, "town": "Uri"}])
    table.act("datastore_upsert", resource_id=table.resource_id, force=True, method="insert", records=[{"n": 8}])
    assert indexes(table) == [(name, method, None)]
    assert len(ids(table, q="Uri")) == 1


def test_gin_is_the_default() -> None:
    assert settings.read(settings.declared_defaults()).full_text_index == "gin"


def test_a_table_keeps_its_method_until_its_next_load(table: Table, loader: Loader) -> None:
    use(full_text_index="gist")
    before = loader.plan(LARGE)
    loader.write(before)
    use(full_text_index="gin")
    assert loader.plan(LARGE).load_key == before.load_key
    added = loader.plan(LARGE + lines(1200, 1300, MUCH))
    assert added.append_range is not None
    loader.write(added)
    assert [method for _, method, _ in indexes(table)] == ["gist"]
    loader.write(loader.plan(LARGE, ignore_hash=True))
    assert [method for _, method, _ in indexes(table)] == ["gin"]


def test_rows_are_appended_to_a_table_with_gin(table: Table, loader: Loader) -> None:
    loader.load(LARGE)
    plan = loader.plan(LARGE + lines(1200, 1300, MUCH))
    assert plan.append_range is not None
    loader.write(plan)
    assert [method for _, method, _ in indexes(table)] == ["gin"]
    assert ids(table, q="1250") == {1251}


def test_searches_find_the_same_rows(table: Table, loader: Loader) -> None:
    found = {}
    for method in ("gist", "gin"):
        use(full_text_index=method)
        loader.write(loader.plan(FILE, ignore_hash=True))
        table.act("datastore_upsert", resource_id=table.resource_id, force=True, method="insert", records=[{"n": 17}])
        found[method] = [ids(table, **search) for search in SEARCHES]
    assert found["gin"] == found["gist"]
    # no row has “nowhere”, and none has both “zürich” and “17”; “the” is no word to search for
    assert len([hits for hits in found["gin"] if hits]) == len(SEARCHES) - 3


@pytest.mark.parametrize("file", [file for file in FILES if file.rows < 3_000], ids=lambda file: file.path)
def test_searches_of_published_files_find_the_same_rows(file: Published, table: Table, loader: Loader) -> None:
    content, found = located(file.package, file.path).read_bytes(), {}
    for method in ("gist", "gin"):
        use(full_text_index=method)
        loader.write(_plan(loader, content, file))
        assert [made for _, made, _ in indexes(table)] == [method]
        words = _words(table)
        found[method] = {word: (ids(table, q=word), ids_by_sql(table, word)) for word in words}
    assert found["gin"] == found["gist"]
    assert all(hits and hits == by_sql for hits, by_sql in found["gin"].values())


def _plan(loader: Loader, content: bytes, file: Published) -> LoadPlan:
    name = file.path.rsplit("/", 1)[1]
    return loader.plan(content, name=name, format="", options=file.options, ignore_hash=True)


def _words(table: Table) -> list[str]:
    """Return words of the table: those that are in most rows, and in few, if a search for them finds them."""
    text = f'SELECT _full_text FROM "{table.resource_id}"'
    rows = table.run(
        "(SELECT word, ndoc FROM ts_stat({text}) WHERE word ~ '^[[:alnum:]]+$'"
        " AND word = ANY (tsvector_to_array(to_tsvector('english', word))) ORDER BY ndoc DESC, word LIMIT 3)"
        " UNION (SELECT word, ndoc FROM ts_stat({text}) WHERE word ~ '^[[:alnum:]]+$'"
        " AND word = ANY (tsvector_to_array(to_tsvector('english', word))) ORDER BY ndoc, word LIMIT 3)",
        text=text,
    )
    return [word for word, _ in rows]


@pytest.fixture
def told(superuser: psycopg.Connection) -> Iterator[list[tuple[str, str, str]]]:
    """What each CREATE INDEX of a load may use: its text, memory and workers, as an event trigger sees them."""
    # a schema of its own, because fixtures drop what they find in `public`, and the trigger needs both
    superuser.execute("DROP EVENT TRIGGER IF EXISTS tell; DROP SCHEMA IF EXISTS told CASCADE; CREATE SCHEMA told")
    superuser.execute("CREATE TABLE told.indexes (command text, memory text, workers text)")
    superuser.execute("GRANT USAGE ON SCHEMA told TO PUBLIC; GRANT ALL ON told.indexes TO PUBLIC")
    superuser.execute(
        "CREATE FUNCTION told.tell() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO told.indexes VALUES (current_query(), current_setting('maintenance_work_mem'),"
        " current_setting('max_parallel_maintenance_workers')); END $$"
    )
    superuser.execute(
        "CREATE EVENT TRIGGER tell ON ddl_command_start WHEN TAG IN ('CREATE INDEX') EXECUTE FUNCTION told.tell()"
    )
    made: list[tuple[str, str, str]] = []
    yield made
    superuser.execute("DROP EVENT TRIGGER tell; DROP SCHEMA told CASCADE")


@pytest.mark.parametrize(("idle", "most", "workers"), [(2, 2, "1"), (4, 2, "2"), (1, 2, "0"), (4, 0, "0")])
def test_a_build_uses_no_more_than_is_allowed_and_idle(
    idle: int,
    most: int,
    workers: str,
    told: list[tuple[str, str, str]],
    table: Table,
    loader: Loader,
    superuser: psycopg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from ckanext.datapusher_plus.datastore import spare

    monkeypatch.setattr(spare, "idle_cores", lambda: idle)
    use(index_memory=96, load_parallelism=4)
    superuser.execute("ALTER ROLE datastore_write SET min_parallel_table_scan_size = 0")
    allowed = sql.SQL("ALTER ROLE datastore_write SET max_parallel_maintenance_workers = {}")
    superuser.execute(allowed.format(sql.Literal(most)))
    try:
        loader.load(HEAD.encode() + lines(0, 20_000))
    finally:
        superuser.execute("ALTER ROLE datastore_write RESET ALL")
    seen = superuser.execute("SELECT command, memory, workers FROM told.indexes").fetchall()
    built = [(memory, asked) for command, memory, asked in seen if "USING gin" in command and "_dpp_" in command]
    ((memory, asked),) = built
    # an older server builds it on one core, at the same time as the others
    several = superuser.info.server_version >= PARALLEL_GIN
    assert asked == (workers if several else "0")
    parallel = idle > 1 and several
    # 32 MB for each process; one process alone is faster with little
    assert memory == ({2: "64MB", 4: "96MB"}[idle] if parallel else "4MB")
