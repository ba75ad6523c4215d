"""What every analysis engine must answer alike, one class an ability.

An engine's own test file is these classes with a fixture `engine`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus.core import lexical
from ckanext.datapusher_plus.core.values import CleanCsv, ColumnProfile
from ckanext.datapusher_plus.engines import Can, Engine, Misfit, Profiled

Csv = Callable[..., CleanCsv]


@pytest.fixture
def csv(tmp_path: Path) -> Csv:
    """A validated file."""

    def make(content: str, header: tuple[str, ...] = ("a",)) -> CleanCsv:
        path = tmp_path / "it's [a] table.csv"
        path.write_text(content, encoding="utf-8", newline="")
        return CleanCsv(path=path, header=header, format="CSV", encoding="UTF-8")

    return make


class ProfileContract:
    """One scan over all rows tells what the values of each column are."""

    def test_it_says_that_it_can(self, engine: Engine) -> None:
        assert Can.PROFILE in engine.can

    def column(self, engine: Engine, csv: Csv, *values: str) -> ColumnProfile:
        """Return the profile of a column of these raw values."""
        return engine.profile(csv("a\n" + "".join(f"{value}\n" for value in values)), ("a",)).columns[0]

    @pytest.mark.parametrize(
        ("kind", "values"),
        [
            ("integers", ["0", "-1", "42", "999999999999999999", " 7 ", '"8"', "-0", "\t9"]),
            ("decimals", ["0.5", "-.5", "1.50", "517.0", " 2.5 ", "1"]),
            ("exponents", ["1e+05", "1.0E5", "-1.5e-300", "2E-05", ".5e3"]),
            ("dates", ["2020-02-29", "0001-01-01", "9999-12-31", " 2020-01-01 "]),
            ("timestamps", ["2020-01-01T10:00", "2020-01-01 10:00:59.123456", "2020-01-01T10:00:00Z"]),
            ("zoned", ["2013-01-01T05:00:00Z", "2020-01-01 10:00+05", "2020-01-01T10:00-0330"]),
            ("zoned", ["2020-01-01 10:00 +05:30", "9999-12-31T23:59:59Z"]),
            ("blanks", ['""', '"  "', '" \t"']),
        ],
    )
    def test_values_are_known_by_how_they_are_written(
        self, kind: str, values: list[str], engine: Engine, csv: Csv
    ) -> None:
        assert getattr(self.column(engine, csv, *values), kind) == len(values)

    @pytest.mark.parametrize(
        "value",
        ["007", "+5", "1234567890123456789", "12E4", "1_000", "0x1F", "NaN", "Infinity", "true", "1.", "1-2"]
        + ["2021-02-29", "2020-13-01", "01/02/2020", "2020-1-2", "0000-01-01", "epoch", "today", "12:30"]
        + ["2020-01-01T24:00", "2020-01-01T10", "2020-01-01T10:00:60", "2020-01-01T10:00:00.1234567"]
        + ["2021-02-29T10:00", "2020-01-01T10:00+25", "9999-12-31T23:00-05:00", "２０", "–5", "1 2", "1,5"],
    )
    def test_all_else_is_text(self, value: str, engine: Engine, csv: Csv) -> None:
        found = self.column(engine, csv, f'"{value}"')
        assert found.values == 1
        kinds = (found.integers, found.decimals, found.exponents, found.dates, found.timestamps, found.blanks)
        assert kinds == (0, 0, 0, 0, 0, 0)

    def test_unquoted_empty_counts_nowhere(self, engine: Engine, csv: Csv) -> None:
        found = engine.profile(csv('a,b\n,x\n"",\n5,yy\n', ("a", "b")), ("a", "b"))
        assert found.rows == 3
        assert [(c.values, c.blanks, c.max_length) for c in found.columns] == [(1, 1, 1), (2, 0, 2)]

    def test_names_and_headings_are_kept_apart(self, engine: Engine, csv: Csv) -> None:
        found = engine.profile(csv("x,X,\n1,2,3\n", ("x", "X", "")), ("x", "X_2", "unsafe_"))
        assert [(c.name, c.header) for c in found.columns] == [("x", "x"), ("X_2", "X"), ("unsafe_", "")]

    def test_an_empty_column_has_no_values(self, engine: Engine, csv: Csv) -> None:
        found = engine.profile(csv("a,b\n,1\n,2\n", ("a", "b")), ("a", "b")).columns[0]
        assert (found.values, found.max_length) == (0, 0)

    @pytest.mark.parametrize("newline", ["\n", "\r\n"])
    def test_quoted_values_go_over_lines(self, newline: str, engine: Engine, csv: Csv) -> None:
        content = newline.join(['"a', 'b",c', '"1\n\n2","say ""hi"""', "3,4"])
        found = engine.profile(csv(content, ("a\nb", "c")), ("a b", "c"))
        assert (found.rows, found.columns[0].max_length, found.columns[1].max_length) == (2, 4, 8)

    def test_one_other_value_in_a_million_is_seen(self, engine: Engine, csv: Csv) -> None:
        found = self.column(engine, csv, *["1"] * 999_999, "x")
        assert (found.values, found.integers) == (1_000_000, 999_999)

    def test_a_value_of_many_megabytes_is_read(self, engine: Engine, csv: Csv) -> None:
        assert self.column(engine, csv, "x" * 5_000_000, "1").max_length == 5_000_000

    def test_more_columns_than_anybody_needs(self, engine: Engine, csv: Csv) -> None:
        header = tuple(f"c{n}" for n in range(1598))
        found: Profiled = engine.profile(csv(",".join(header) + "\n" + ",".join("1" * 1598) + "\n", header), header)
        assert sum(column.integers for column in found.columns) == 1598


class MisfitContract:
    """The first value that a type does not take is found, with its row."""

    def test_it_says_that_it_can(self, engine: Engine) -> None:
        assert Can.FIND_MISFIT in engine.can

    @pytest.mark.parametrize(
        ("accepts", "values", "expected"),
        [
            (lexical.LENIENT_NUMBER, ["1", "", '""', " 2 ", "+007", "1.", "1e5"], None),
            (lexical.LENIENT_NUMBER, ["1", "", "tall", "taller"], Misfit(row=3, value="tall")),
            (lexical.LENIENT_INTEGER, ["1", "1.5"], Misfit(row=2, value="1.5")),
            (lexical.LENIENT_DATE, ["2020-01-01", "2020-01-01T00:00", "2021-02-29"], Misfit(row=3, value="2021-02-29")),
            (lexical.LENIENT_TIMESTAMP, ["2020-01-01", "2020-01-01T10:00Z", "1/2/20"], Misfit(row=3, value="1/2/20")),
            (lexical.LENIENT_NUMBER, ["1"] * 400_000 + ["x"] + ["1"] * 400_000 + ["y"], Misfit(row=400_001, value="x")),
        ],
        ids=["fit", "number", "integer", "date", "timestamp", "far down"],
    )
    def test_the_first_value_that_does_not_fit_is_found(
        self, accepts: lexical.Accepts, values: list[str], expected: Misfit | None, engine: Engine, csv: Csv
    ) -> None:
        table: Any = csv("b,a\n" + "".join(f'"b\n",{value}\n' for value in values), ("b", "a"))
        assert engine.first_misfit(table, 1, accepts) == expected
