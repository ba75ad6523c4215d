"""The analysis names the columns, tells what it changed, and hands on what the engine counted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ckanext.datapusher_plus.core.errors import RowsLost
from ckanext.datapusher_plus.core.values import CleanCsv
from ckanext.datapusher_plus.steps.analyse import analyse as step
from tests.fix_file import Analyse, Read, Said


def test_columns_are_named_and_counted(analyse: Analyse) -> None:
    found = analyse(b"a,a,_id\n1,x,\n2.5,y,2020-01-01\n")
    assert found.rows == 2
    assert [(c.name, c.header) for c in found.columns] == [("a", "a"), ("a_2", "a"), ("reserved__id", "_id")]
    assert [(c.values, c.integers, c.decimals, c.dates) for c in found.columns] == [
        (2, 1, 2, 0),
        (2, 0, 0, 0),
        (1, 0, 0, 1),
    ]


def test_changed_headings_are_told_with_their_names(analyse: Analyse, said: Said) -> None:
    analyse(b'a,a,"two\nlines"\n1,2,3\n')
    changed = [line for line in said.lines if "is called" in line]
    assert [line.split(" in the table")[0] for line in changed] == [
        "Column “a” is called “a_2”",
        "Column “two lines” is called “two lines”",
    ]


def test_a_thousand_changed_headings_do_not_flood_the_log(analyse: Analyse, said: Said) -> None:
    analyse(b",".join([b"a"] * 1000) + b"\n" + b"," * 999 + b"\n")
    assert len(said.lines) < 40
    assert said.lines[-1] == "974 more headings were changed in the same way."


def test_rows_that_the_engine_does_not_see_stop_the_run(read: Read, said: Said) -> None:
    csv: CleanCsv = read(b"a\n1\n2\n")
    with pytest.raises(RowsLost):
        step(replace(csv, rows=3), said)
