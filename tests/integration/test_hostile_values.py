"""Values that no honest file has arrive in the table, where a table can hold them."""

from __future__ import annotations

import pytest

from tests.fix_tables import Table
from tests.loads import Loader


def load_json(loader: Loader, document: bytes) -> None:
    loader.write(loader.plan(document, name="t.json", format="JSON"))


@pytest.mark.parametrize("length", [5_000, 15_000_000])
def test_a_long_number_arrives(length: int, loader: Loader, table: Table) -> None:
    load_json(loader, b'[{"a": %b, "b": "x"}, {"a": 1, "b": "y"}]' % (b"1" * length))
    assert table.run("SELECT length(a), b FROM {table} ORDER BY _id") == [(length, "x"), (1, "y")]
    assert table.search(q="y")["total"] == 1


def test_half_letters_arrive_as_signs_for_them(loader: Loader, table: Table) -> None:
    load_json(loader, b'[{"\\ud800": "\\udfff", "b\\u0000c": "d\\u0000", "e": {"\\ud800": 1}}]')
    first, *_ = table.search()["records"]
    assert list(first.values())[1:] == ["�", "d�", '{"�": 1}']
    assert "".join(loader.said.lines).encode()


def test_what_is_nested_deeply_arrives(loader: Loader, table: Table) -> None:
    load_json(loader, b'[{"a": %b1%b}]' % (b"[" * 900, b"]" * 900))
    assert table.run("SELECT length(a) FROM {table}") == [(1801,)]


@pytest.mark.parametrize("letter", [b"x", b"x "])
def test_a_long_line_arrives(letter: bytes, loader: Loader, table: Table) -> None:
    loader.load(b"a,b\n" + letter * (20_000_000 // len(letter)) + b",1\n3,4\n")
    assert table.run("SELECT length(a) > 19000000, b FROM {table} ORDER BY _id") == [(True, 1), (False, 4)]
