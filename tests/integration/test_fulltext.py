"""``_full_text`` of a whole load is what CKAN's trigger writes row by row."""

from __future__ import annotations

from dataclasses import replace

import psycopg
import pytest

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.errors import TriggerFailed
from ckanext.datapusher_plus.core.values import FullText, ReadOptions, Strategy
from tests.fix_file import Said
from tests.fix_tables import TODAY, Table
from tests.loads import Loader

#: What the trigger would write for a row that is there.
DIFFERENT = """
SELECT _id FROM {table} AS t WHERE _full_text IS DISTINCT FROM (
    SELECT to_tsvector(string_agg(value, ' ')) FROM json_each_text(row_to_json(t.*)) WHERE key NOT LIKE '\\_%')
"""
FOUND = "SELECT n FROM {table} WHERE _full_text @@ to_tsquery({words}) ORDER BY n"
HOSTILE = """text,number,time,day,more
The cats' “running”,1.50,2026-01-02T03:04:05.678,2026-01-02,straße ÀÉ naïve
"",,,,
,,,,
tab\there and\\u0000 no,-0.0001,1999-12-31 23:59:59,0001-01-01,http://example.org/a?b=c
"quote "" and, comma",123456789012345678,,9999-12-31,it's <b>bold</b> & more
"two
lines",0,2026-01-02T00:00:00,,emoji 🦆 漢字 ﬁ
"  blanks  ",10,,,a@example.org 1e5 0x1F
"""


@pytest.mark.parametrize("mapping", [{}, {"Integer": "int8", "Date": "timestamp"}])
def test_it_equals_the_trigger_in_every_row(table: Table, loader: Loader, mapping: dict[str, str]) -> None:
    kinds = {**settings.current().type_mapping, **mapping}
    settings.use(replace(settings.current(), type_mapping=kinds))
    loader.load(HOSTILE.encode())
    assert table.run("SELECT count(*) FROM {table}") == [(6,)]
    assert table.run(DIFFERENT) == []
    # the row without any value is left out; an empty text is a value
    assert table.run("SELECT _id FROM {table} WHERE _full_text IS NULL") == []


@pytest.mark.parametrize("style", ["SQL, DMY", "German", "Postgres, MDY", "ISO, DMY"])
def test_it_does_so_however_the_database_writes_dates(
    table: Table, loader: Loader, superuser: psycopg.Connection, style: str
) -> None:
    superuser.execute(f"ALTER ROLE datastore_write SET DateStyle = '{style}'".encode())
    try:
        loader.load(HOSTILE.encode())
    finally:
        superuser.execute("ALTER ROLE datastore_write RESET DateStyle")
    assert table.run(DIFFERENT) == []
    assert table.search(q="1999")["total"] == 1


def test_a_row_without_a_value_has_no_full_text_but_one_with_an_empty_text_has(table: Table, loader: Loader) -> None:
    loader.load(b'a\n1\n\n""\nx\n')
    assert table.run(DIFFERENT) == []
    assert table.run("SELECT _id FROM {table} WHERE _full_text IS NULL") == [(2,)]


def test_it_does_so_over_more_columns_than_a_function_takes_arguments(table: Table, loader: Loader) -> None:
    header = ",".join(f"c{n}" for n in range(250))
    sparse = ",".join("last" if n == 249 else "" for n in range(250))
    loader.load(f"{header}\n{header}\n{sparse}\n{',' * 249}\n".encode())
    assert table.run(DIFFERENT) == []
    assert table.run("SELECT _id FROM {table} WHERE _full_text @@ to_tsquery('last')") == [(2,)]


@pytest.mark.parametrize("strategy", Strategy)
@pytest.mark.parametrize(
    ("full_text", "found"),
    [(FullText.TEXT, [(1, ["1", "ort", "zwei"]), (2, None)]), (FullText.NONE, [(1, None), (2, None)])],
)
def test_less_can_be_asked_for(
    table: Table, loader: Loader, strategy: Strategy, full_text: FullText, found: list[tuple[int, list[str] | None]]
) -> None:
    content = b"a,number,day,b\nOrt 1,2.5,2026-01-02,zwei\n,3,,\n"
    loader.write(loader.plan(content, strategy, options=ReadOptions(full_text=full_text)))
    assert table.run("SELECT _id, tsvector_to_array(_full_text) FROM {table} ORDER BY _id") == found
    # rows that come later are CKAN's
    table.act("datastore_upsert", resource_id=table.resource_id, force=True, records=[{"number": 7}], method="insert")
    assert [row["_id"] for row in table.search(q="7")["records"]] == [3]


def test_a_trigger_of_the_table_writes_the_whole_text_whatever_is_asked_for(
    live: Table, loader: Loader, said: Said
) -> None:
    loader.write(loader.plan(TODAY, options=ReadOptions(full_text=FullText.TEXT)))
    assert live.search(q="20.25")["total"] == 1
    assert "full_text = text cannot be followed: the table has triggers of its own," in " ".join(said.lines)


@pytest.mark.parametrize("strategy", Strategy)
def test_of_a_row_with_too_many_words_the_first_are_found(
    strategy: Strategy, table: Table, loader: Loader, said: Said
) -> None:
    # letters that take most bytes, in words that PostgreSQL takes apart and keeps as a whole too
    rows = {
        1: " ".join(f"word{n}" for n in range(300_000)),
        2: " ".join(f"𐐨{n}-𐐩{n}" for n in range(300_000)),
        3: "rare",
    }
    assert len(rows[1]) > 3_000_000
    loader.load(b"n,text\n" + "".join(f"{n},{text}\n" for n, text in rows.items()).encode(), strategy)
    assert table.run("SELECT n, text FROM {table} ORDER BY n") == list(rows.items())
    assert table.run(FOUND, words="word1 | rare") == [(1,), (3,)]
    assert table.run(FOUND, words="𐐨1") == [(2,)]
    assert [line for line in said.lines if "first 100,000 letters" in line]
    assert table.search(q="word5")["total"] == 1


def test_a_trigger_of_a_person_beside_too_many_words_is_told(live: Table, loader: Loader) -> None:
    before = live.whole()
    with pytest.raises(TriggerFailed, match="too long for tsvector"):
        loader.load(TODAY + b",,," + " ".join(f"word{n}" for n in range(300_000)).encode() + b"\n")
    assert live.whole() == before


def test_a_site_with_a_trigger_function_of_its_own_gets_what_that_writes(
    table: Table, loader: Loader, said: Said
) -> None:
    body = "BEGIN NEW._full_text := to_tsvector('simple', 'own'); RETURN NEW; END"
    original = table.run("SELECT prosrc FROM pg_proc WHERE proname = 'populate_full_text_trigger'")[0][0]
    define = "CREATE OR REPLACE FUNCTION populate_full_text_trigger() RETURNS trigger LANGUAGE plpgsql AS {body}"
    table.run(define, body=body)
    try:
        loader.write(loader.plan(b"a\nb\n", options=ReadOptions(full_text=FullText.NONE)))
    finally:
        table.run(define, body=original)
    assert table.run("SELECT _full_text::text FROM {table}") == [("'own':1",)]
    assert "full_text = none cannot be followed: the site has a function of its own for it," in " ".join(said.lines)


@pytest.mark.parametrize("method", ["gin", "gist"])
@pytest.mark.parametrize("filler", [97, 500])
def test_rows_keep_the_order_of_the_file(table: Table, loader: Loader, filler: int, method: str) -> None:
    settings.use(replace(settings.current(), load_parallelism=4, full_text_index=method))
    rows = 20_000
    # of the larger file some rows come only after a GiST index
    loader.load(b"n,filler\n" + b"".join(b"%d,%s\n" % (n, b"x" * (n % filler)) for n in range(1, rows + 1)))
    assert (table.run(DIFFERENT), table.ours, len(table.facts.indexes)) == ([], [], 1)
    assert table.search(q=str(rows))["total"] == 1
    assert table.run("SELECT count(*), min(_id), max(_id) FROM {table} WHERE n = _id") == [(rows, 1, rows)]
    table.act("datastore_upsert", resource_id=table.resource_id, force=True, records=[{"n": 0}], method="insert")
    assert table.run("SELECT _id FROM {table} WHERE n = 0") == [(rows + 1,)]
    assert table.search()["total"] == rows + 1
