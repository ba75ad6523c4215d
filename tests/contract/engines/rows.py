"""What every engine must answer alike about whole rows, different values and places; one class an ability."""

from __future__ import annotations

from pathlib import Path

import pytest

from ckanext.datapusher_plus.core.errors import EngineFailed
from ckanext.datapusher_plus.core.values import CleanCsv
from ckanext.datapusher_plus.engines import Bounds, Can, Duplicates, Engine
from dev.samples import flights

from .standard import Csv

AB = ("a", "b")
#: rows below a header, and those that repeat an earlier one: (row, earlier row)
SAME = {
    "as it says": ("1,x\n2,y\n1,x\n", [(3, 1)]),
    "all different": ("1,x\n2,y\n1,y\n", []),
    "no rows": ("", []),
    "three times": ("1,x\n1,x\n1,x", [(2, 1), (3, 1)]),
    "quotes do not matter": ('"1",x\n1,x\n1,"x"\n"1","x"', [(2, 1), (3, 1), (4, 1)]),
    "NULL equals NULL": (",\n,x\n,\n,x\n", [(3, 1), (4, 2)]),
    "NULL is not the empty text": ('"",x\n,x\n"",x\n', [(3, 1)]),
    "commas are not separators": ('"1,x",\n1,"x,"\n"1,x",\n', [(3, 1)]),
    "line breaks": ('"1\n2",x\n1,"2\nx"\n"1\n2","x"\n', [(3, 1)]),
    "escaped quotes": ('"a""b",1\n"a""",b\n"a""b",1\n', [(3, 1)]),
    "values that look quoted": ('"a,""b""",c\n"a,""b",c\n"a,""b""","c"\n', [(3, 1)]),
    "blanks matter": ("1,x\n1, x\n 1,x\n", []),
    "CRLF, and none at the end": ("1,x\r\n2,y\r\n1,x", [(3, 1)]),
    "numbers are texts": ("1,x\n1.0,x\n01,x\n", []),
}


class DuplicatesContract:
    """Rows that repeat an earlier one are counted and found."""

    def test_it_says_that_it_can(self, engine: Engine) -> None:
        assert Can.DUPLICATES in engine.can

    @pytest.mark.parametrize(("rows", "expected"), SAME.values(), ids=SAME)
    @pytest.mark.parametrize("known", [True, False])
    def test_rows_are_compared_by_their_values(
        self, engine: Engine, csv: Csv, rows: str, expected: list[tuple[int, int]], known: bool
    ) -> None:
        table = csv("a,b" + ("\r\n" if "\r" in rows else "\n") + rows, AB, rows=len(rows) if known else None)
        first = expected[0] if expected else None
        assert engine.duplicates(table) == Duplicates(number=len(expected), first=first)
        assert list(engine.repeats(table)) == [row for row, _ in expected]

    def test_a_column_with_rows_without_a_value(self, engine: Engine, csv: Csv) -> None:
        table = csv('a\n1\n\n""\n\n1\n')
        assert list(engine.repeats(table)) == [4, 5]

    def test_rows_of_1598_columns_and_of_long_values(self, engine: Engine, csv: Csv) -> None:
        header = tuple(f"h{n}" for n in range(1598))
        row = ",".join(map(str, range(1598)))
        assert engine.duplicates(csv(f"{','.join(header)}\n{row}\n{row}0\n{row}\n", header)).first == (3, 1)
        long = "x" * 3_000_000
        assert engine.duplicates(csv(f'a\n"{long}1"\n{long}2\n{long}1\n')) == Duplicates(number=1, first=(3, 1))

    def test_values_over_a_megabyte_with_line_breaks(self, engine: Engine, csv: Csv) -> None:
        text = "a line, and another\n" * 100_000
        table = csv(f'a,b\n1,"{text}"\n1,"{text} "\n1,"{text}"\n', AB)
        assert engine.duplicates(table) == Duplicates(number=1, first=(3, 1))

    def test_many_repeats_are_all_found_in_order(self, engine: Engine, csv: Csv) -> None:
        numbers = list(range(60_000)) * 4
        table = csv("a\n" + "\n".join(map(str, numbers)) + "\n")
        assert engine.duplicates(table) == Duplicates(number=180_000, first=(60_001, 1))
        assert list(engine.repeats(table)) == list(range(60_001, 240_001))

    def test_nothing_is_left_behind(self, engine: Engine, csv: Csv, tmp_path: Path) -> None:
        engine.repeats(csv("a\n1\n1\n"))
        assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["it's [a] table.csv"]

    def test_a_row_too_long_to_compare_is_an_error_of_ours(self, engine: Engine, csv: Csv) -> None:
        with pytest.raises(EngineFailed):
            engine.duplicates(csv("a\n" + "x" * (40 << 20) + "\n"))


class FlightsContract:
    """The flights that left New York in 2013, all different, and with few different origins."""

    def test_flights(self, engine: Engine, tmp_path: Path) -> None:
        path = flights(tmp_path)
        header = tuple(path.open(encoding="utf-8").readline().strip().split(","))
        table = CleanCsv(path=path, header=header, format="CSV", encoding="UTF-8", rows=336_776)
        assert engine.duplicates(table) == Duplicates(number=0)
        asked = ("year", "month", "carrier", "origin", "dest")
        assert engine.distinct(table, [header.index(name) for name in asked]) == (1, 12, 16, 3, 105)


class DistinctContract:
    """Different values of a column are counted."""

    def test_null_is_not_counted_and_texts_are_compared_as_they_are(self, engine: Engine, csv: Csv) -> None:
        assert Can.DISTINCT in engine.can
        table = csv('a,b\n1,x\n,y\n"1",x\n1.0,\n,x\n', AB)
        assert engine.distinct(table, [1, 0]) == (2, 2)
        assert engine.distinct(table, []) == ()
        assert engine.distinct(csv("a,b\n,\n", AB), [0, 1]) == (0, 0)


class BoundsContract:
    """The places in two columns have bounds."""

    def bounds(self, engine: Engine, csv: Csv, *rows: str) -> Bounds:
        return engine.bounds(csv("lat,lon\n" + "\n".join(rows) + "\n", ("lat", "lon")), 0, 1)

    def test_all_rows_decide(self, engine: Engine, csv: Csv) -> None:
        assert Can.BOUNDS in engine.can
        found = self.bounds(engine, csv, "52.5,13.4", "-33.5,-70.25", '"48,25"," 16,5 "')
        assert found == Bounds(places=3, fractions=True, box=(-70.25, -33.5, 16.5, 52.5))

    def test_what_is_no_place_is_not_counted(self, engine: Engine, csv: Csv) -> None:
        odd = ("NA,1", "1,", ",", "nan,1", "inf,2", "x,y", '"1.234,5",3')
        assert self.bounds(engine, csv, "0,0", "91,5", "5,-180.5", "0.0,7", *odd) == Bounds(
            places=1, outside=2, at_zero=1, fractions=False, box=(7, 0, 7, 0)
        )
        assert self.bounds(engine, csv, *odd) == Bounds(places=0)
