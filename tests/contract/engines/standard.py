"""What every analysis engine must answer alike, one class an ability.

An engine's own test file is these classes with a fixture `engine`.
"""

from __future__ import annotations

import csv as python_csv
import statistics
from collections.abc import Callable, Collection
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus.core.errors import EngineFailed
from ckanext.datapusher_plus.core.statistics import Measure
from ckanext.datapusher_plus.core.types import patterns, thousands
from ckanext.datapusher_plus.core.types.column_kind import LONGEST_NUMBER
from ckanext.datapusher_plus.core.types.notations import DAY_FIRST, DAYS, ISO, MONTH_FIRST, NUMBERS
from ckanext.datapusher_plus.core.types.patterns import Accepts
from ckanext.datapusher_plus.core.values import CleanCsv, ColumnProfile
from ckanext.datapusher_plus.engines import Can, Engine, Look, Misfit, Profiled
from ckanext.datapusher_plus.engines.base import Described
from dev.samples import FLIGHTS, flights

Csv = Callable[..., CleanCsv]

NUMBER = Accepts(forms=(patterns.LENIENT_NUMBER,), nulls=("NA",))
DATE = Accepts(forms=(patterns.ISO_DATE, patterns.ISO_MIDNIGHT))
TIME = Accepts(forms=(*ISO.forms, *DAY_FIRST.forms))

FORMS = (
    *(form for notation in (ISO, *DAYS) for form in (*notation.forms, notation.midnight)),
    *(form for notation in NUMBERS for form in (*notation.forms, notation.lenient_whole, notation.lenient)),
    *(patterns.LENIENT_NUMBER, patterns.LENIENT_INTEGER, patterns.SMALL_INTEGER, patterns.LENIENT_FLOAT),
    *(patterns.TRUTH_WORD, patterns.LENIENT_TRUTH, *thousands.FORMS),
)
VALUES = (
    *("1", "-1", "007", "+5", "1234567890", "2147483647", "2147483648", "-2147483647", "1e5", "1e400", ".5", "1."),
    *("1234", "-12345", "101,102", "101,002", "101", "-101,102,103", "1,459", "-2,009", "3,459"),
    *(
        "1,234",
        "1.234",
        "1,234.5",
        "1.234,5",
        "0,5",
        "12,5",
        "1 234,5",
        "1\u00a0234",
        "1'234.5",
        "1,23,456",
        "1.234.567",
    ),
    *("2020-02-29", "2021-02-29", "2020-1-5", "2020/1/5", "2020.01.05", "2020.1.5", "20/1/5", "1/2/2020", "30/2/2020"),
    *("2/30/2020", "13/1/2020", "1/13/2020", "1-2-2020", "1/2-2020", "1.2.2020", "1/2/20", "1/2/2020 0:00"),
    *("5 Jan 2020", "5-FEB-2020", "30 Feb 2020", "31 September 2020", "5. March 2020", "Sept 5, 2020", "june 31 2020"),
    *("1/2/2020 9:05", "1/2/2020, 9:05:00.5 pm", "1/2/2020 13:00 PM", "1/2/2020 12:00:00 AM", "1.2.2020T09:05Z"),
    *("2020-01-01T10:00 UTC", "2020-01-01 24:00", "5 May 2020 10:00 +0530", " 1/2/2020 ", "true", "NO", "t", "", " "),
)


def _takes(look: Look) -> bool:
    return look.form.takes(VALUES[look.position])


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

    def column(self, engine: Engine, csv: Csv, *values: str, nulls: tuple[str, ...] = ()) -> ColumnProfile:
        """Return the profile of a column of these raw values."""
        return engine.profile(csv("a\n" + "".join(f"{value}\n" for value in values)), ("a",), nulls).columns[0]

    @pytest.mark.parametrize(
        ("kind", "values"),
        [
            ("integers", ["0", "-1", "42", "999999999999999999", " 7 ", '"8"', "-0", "\t9"]),
            ("decimals", ["0.5", "-.5", "1.50", "517.0", " 2.5 ", "1"]),
            ("exponents", ["1e+05", "1.0E5", "-1.5e-300", "2E-05", ".5e3", "1e5"]),
            ("bare_exponents", ["12E4", "-1E005"]),
            ("dates", ["2020-02-29", "0001-01-01", "9999-12-31", " 2020-01-01 "]),
            ("timestamps", ["2020-01-01T10:00", "2020-01-01 10:00:59.123456", "2020-01-01T10:00:00Z"]),
            ("zoned", ["2013-01-01T05:00:00Z", "2020-01-01 10:00+05", "2020-01-01T10:00-0330"]),
            ("zoned", ["2020-01-01 10:00 +05:30", "9999-12-31T23:59:59Z"]),
            ("zoned", ["2020-01-01 10:00:00 UTC", "2020-01-01T10:00GMT"]),
            ("blanks", ['""', '"  "', '" \t"']),
        ],
    )
    def test_values_are_known_by_how_they_are_written(
        self, kind: str, values: list[str], engine: Engine, csv: Csv
    ) -> None:
        assert getattr(self.column(engine, csv, *values), kind) == len(values)

    @pytest.mark.parametrize(
        "value",
        ["007", "+5", "1234567890123456789", "12E4567", "1_000", "0x1F", "NaN", "Infinity", "true", "1.", "1-2"]
        + ["2021-02-29", "2020-13-01", "01/02/2020", "2020-1-2", "0000-01-01", "epoch", "today", "12:30"]
        + ["2020-01-01T24:00", "2020-01-01T10", "2020-01-01T10:00:60", "2020-01-01T10:00:00.1234567"]
        + ["2021-02-29T10:00", "2020-01-01T10:00+25", "9999-12-31T23:00-05:00", "２０", "–5", "1 2", "1,5"],
    )
    def test_all_else_is_text(self, value: str, engine: Engine, csv: Csv) -> None:
        found = self.column(engine, csv, f'"{value}"')
        assert found.values == 1
        numbers = (found.integers, found.decimals, found.exponents, found.bare_exponents)
        assert (*numbers, found.dates, found.timestamps, found.blanks) == (0,) * 7

    def test_words_that_stand_for_no_value_are_counted_apart(self, engine: Engine, csv: Csv) -> None:
        nulls = ("NA", "-", "it's", "-999", "10:00")
        found = self.column(
            engine, csv, "NA", " NA ", "NA ", "-", "it's", "-999", "10:00", "na", "NAN", "5", nulls=nulls
        )
        assert (found.values, found.nulls, found.integers) == (10, 7, 1)
        # a cast that compares with these alone must not meet others
        assert found.null_words == {"NA": 1, "-": 1, "it's": 1, "-999": 1, "10:00": 1}

    def test_one_value_of_each_sort_is_shown(self, engine: Engine, csv: Csv) -> None:
        found = self.column(engine, csv, "7", "NA", "2.5", '""', "x", "", nulls=("NA",))
        assert sorted(found.samples) == ["2.5", "7", "x"]

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
        found = self.column(engine, csv, "x" * 5_000_000, "1", '""', "")
        assert (found.values, found.integers, found.blanks) == (2, 1, 1)
        assert found.max_length > LONGEST_NUMBER

    def test_more_columns_than_anybody_needs(self, engine: Engine, csv: Csv) -> None:
        header = tuple(f"c{n}" for n in range(1598))
        found: Profiled = engine.profile(csv(",".join(header) + "\n" + ",".join("1" * 1598) + "\n", header), header)
        assert sum(column.integers for column in found.columns) == 1598


class CountContract:
    """The values that a form takes are counted, for many columns and forms in one scan."""

    def test_it_says_that_it_can(self, engine: Engine) -> None:
        assert Can.COUNT in engine.can

    def test_each_form_is_counted_in_its_own_columns(self, engine: Engine, csv: Csv) -> None:
        table = csv("a,b,c\n1/2/2020,x,3\n30/2/2020,x,NA\n13/2/2020,x,\nNA,x,4\n", ("a", "b", "c"))
        asked = [(0, DAY_FIRST.date), (2, patterns.SMALL_INTEGER), (0, MONTH_FIRST.date)]
        looks = [Look(position=position, form=form) for position, form in asked]
        assert engine.count(table, looks, ("NA",)) == (2, 2, 1)

    def test_a_word_that_stands_for_no_value_is_none_though_it_looks_like_one(self, engine: Engine, csv: Csv) -> None:
        table = csv("a\n-999\n5\n")
        assert engine.count(table, [Look(position=0, form=patterns.LENIENT_NUMBER)], ("-999",)) == (1,)

    def test_the_engine_judges_as_the_grammar_does(self, engine: Engine, csv: Csv) -> None:
        header = tuple(f"c{n}" for n in range(len(VALUES)))
        table = csv(",".join(header) + "\n" + ",".join(f'"{value}"' for value in VALUES) + "\n", header)
        looks = [Look(position=position, form=form) for position in range(len(VALUES)) for form in FORMS]
        judged = zip(looks, engine.count(table, looks), strict=True)
        wrong = [(VALUES[look.position], look.form.name) for look, number in judged if number != _takes(look)]
        assert wrong == []


class MisfitContract:
    """The first values that a type does not take are found, with their rows."""

    def test_it_says_that_it_can(self, engine: Engine) -> None:
        assert Can.FIND_MISFITS in engine.can

    @pytest.mark.parametrize(
        ("accepts", "values", "expected"),
        [
            (NUMBER, ["1", "", '""', " 2 ", "+007", "1.", "1e5", " NA "], None),
            (NUMBER, ["1", "", "tall", "taller", "1", "x"], (3, "tall")),
            (Accepts(forms=(patterns.LENIENT_INTEGER,)), ["1", "NA", "1.5"], (2, "NA")),
            (Accepts(forms=()), ["", "x"], (2, "x")),
            (DATE, ["2020-01-01", "2020-01-01T00:00", "2021-02-29"], (3, "2021-02-29")),
            (TIME, ["2020-01-01", "2020-01-01T10:00Z", "1/2/20", "1/2/2020"], (3, "1/2/20")),
            (NUMBER, ["1"] * 400_000 + ["x"] + ["1"] * 400_000 + ["y", "z"], (400_001, "x")),
        ],
        ids=["fit", "number", "integer", "nothing", "date", "timestamp", "far down"],
    )
    def test_the_first_value_that_does_not_fit_is_found(
        self, accepts: Accepts, values: list[str], expected: tuple[int, str] | None, engine: Engine, csv: Csv
    ) -> None:
        table: Any = csv("b,a\n" + "".join(f'"b\n",{value}\n' for value in values), ("b", "a"))
        found = [Misfit(position=1, row=expected[0], value=expected[1])] if expected else []
        assert list(engine.misfits(table, {1: accepts})) == found

    def test_all_columns_are_asked_at_once_each_by_its_own_type(self, engine: Engine, csv: Csv) -> None:
        names = ("a", "b", "c", "d", "e")
        table: Any = csv("a,b,c,d,e\nNA,1,2020-01-01,x,1\nx,NA,1,y,x\ny,z,2,,2\n", names)
        bare = Accepts(forms=(patterns.LENIENT_NUMBER,))
        found = engine.misfits(table, {4: NUMBER, 2: DATE, 1: bare, 0: NUMBER})
        expected = [(0, 2, "x"), (1, 2, "NA"), (2, 2, "1"), (4, 2, "x")]
        assert [(misfit.position, misfit.row, misfit.value) for misfit in found] == expected

    def test_without_columns_nothing_is_asked(self, engine: Engine, csv: Csv) -> None:
        assert engine.misfits(csv("a\nx\n", ("a",)), {}) == ()

    def test_a_table_of_very_many_columns_is_asked_in_parts(self, engine: Engine, csv: Csv) -> None:
        names = tuple(f"c{number}" for number in range(1_000))
        lines = [names, ["1"] * 1_000, [*["1"] * 998, "x", "1"], [*["1"] * 500, "y", *["1"] * 499]]
        table: Any = csv("".join(",".join(line) + "\n" for line in lines), names)
        found = engine.misfits(table, dict.fromkeys(range(1_000), NUMBER))
        assert [(misfit.position, misfit.row, misfit.value) for misfit in found] == [(500, 3, "y"), (998, 2, "x")]


#: Columns of `flights` that are not numbers.
FLIGHTS_TEXT = ("carrier", "tailnum", "origin", "dest")


@pytest.fixture(scope="session")
def flights_table(tmp_path_factory: pytest.TempPathFactory) -> CleanCsv:
    """`flights` as PostgreSQL writes its table out: without NA, and times without T and Z."""
    folder = tmp_path_factory.mktemp("flights")
    path = folder / "written.csv"
    with flights(folder).open(newline="") as source, path.open("w", newline="") as target:
        rows, write = python_csv.reader(source), python_csv.writer(target, lineterminator="\n").writerow
        write(next(rows))
        for *values, hour in rows:
            write([*("" if value == "NA" else value for value in values), hour.replace("T", " ").removesuffix("Z")])
    return CleanCsv(path=path, header=tuple(FLIGHTS.columns), format="CSV", encoding="UTF-8", rows=FLIGHTS.rows)


class StatisticsContract:
    """Every different value of a column is counted, and the figures follow from these counts."""

    def test_it_says_that_it_can(self, engine: Engine) -> None:
        assert {Can.DESCRIBE, Can.FREQUENCIES} <= engine.can

    def described(self, engine: Engine, csv: Csv, measure: Measure, *values: str) -> Described:
        """Return the figures of a column of these raw values."""
        table = csv("a,b\n" + "".join(f"{value},\n" for value in values), ("a", "b"))
        with engine.counted(table, {0: measure}, 60) as counted:
            return counted.describe()[0]

    def top(self, engine: Engine, csv: Csv, measure: Measure, most: int, *values: str) -> tuple[tuple[str, int], ...]:
        """Return the most frequent of these raw values."""
        table = csv("a,b\n" + "".join(f"{value},\n" for value in values), ("a", "b"))
        with engine.counted(table, {0: measure, 1: Measure.TEXT}, 60) as counted:
            return counted.frequencies([0], most)[0]

    def test_flights(self, engine: Engine, flights_table: CleanCsv) -> None:
        texts = {"time_hour": Measure.TIME, **dict.fromkeys(FLIGHTS_TEXT, Measure.TEXT)}
        names = list(FLIGHTS.columns)
        measures = {position: texts.get(name, Measure.NUMBER) for position, name in enumerate(names)}
        with engine.counted(flights_table, measures, 300) as counted:
            found = {names[position]: figures for position, figures in counted.describe().items()}
            [origin, tailnum] = counted.frequencies([names.index("origin"), names.index("tailnum")], 10).values()
        delay = found["dep_delay"]
        assert (delay.values, delay.least, delay.greatest, delay.sum) == (328_521, "-43", "1301", "4152200")
        assert delay.mean == 12.639070257304708
        # DuckDB's own function is wrong in the last three digits
        assert delay.deviation == pytest.approx(40.210060892129675, rel=1e-13)
        assert delay.quartiles == (-5, -2, 11)
        assert sum(bar.count for bar in delay.histogram) == 328_521
        assert origin == (("EWR", 120_835), ("JFK", 111_279), ("LGA", 104_662))
        assert tailnum[0] == ("N725MQ", 575)
        assert [found[name].distinct for name in ("carrier", "tailnum", "dest", "month")] == [16, 4_043, 105, 12]
        assert FLIGHTS.rows - found["tailnum"].values == 2_512
        assert len(found["time_hour"].histogram) == 53

    @pytest.mark.parametrize(
        "values",
        [
            ["3.5", "4.25", "3.75", "4.5", "4", "3.25"],
            ["1", "2", "3", "4", "100000", "-7"],
            ["0.1", "0.2", "0.3", "0.7", "0.1", "0.30000000001"],
            ["9007199254740993", "9007199254740995", "1", "2", "3", "4"],
            ["-0.5", "0.5", "-0.25", "0.25", "0", "1"],
        ],
    )
    def test_figures_are_those_of_python(self, values: list[str], engine: Engine, csv: Csv) -> None:
        found = self.described(engine, csv, Measure.NUMBER, *values)
        numbers = [Fraction(value) for value in values]
        assert found.mean == float(statistics.mean(numbers))
        assert found.deviation == statistics.stdev(numbers)
        assert found.quartiles == tuple(map(float, statistics.quantiles(numbers, n=4, method="inclusive")))
        assert Fraction(found.sum or "") == sum(numbers)
        assert (found.least, found.greatest) == (min(values, key=Fraction), max(values, key=Fraction))

    def test_one_value_has_no_deviation(self, engine: Engine, csv: Csv) -> None:
        found = self.described(engine, csv, Measure.NUMBER, "7", "", '""')
        assert (found.values, found.mean, found.deviation, found.quartiles) == (1, 7, None, (7, 7, 7))

    @pytest.mark.parametrize("odd", ["NaN", "Infinity", "1e5", "x", "1" * 50, "0." + "1" * 50])
    def test_one_odd_value_leaves_only_the_counts(self, odd: str, engine: Engine, csv: Csv) -> None:
        assert self.described(engine, csv, Measure.NUMBER, "1", "1", odd) == Described(values=3, distinct=2)

    @pytest.mark.parametrize("odd", ["infinity", "0044-03-15 BC", "294276-12-31 00:00:00", "10:00"])
    def test_one_odd_time_leaves_only_the_counts(self, odd: str, engine: Engine, csv: Csv) -> None:
        assert self.described(engine, csv, Measure.TIME, "2026-01-01", odd) == Described(values=2, distinct=2)

    def test_numbers_of_many_digits_are_exact(self, engine: Engine, csv: Csv) -> None:
        values = [*["9" * 30 + ".12"] * 1000, "-" + "9" * 30]
        found = self.described(engine, csv, Measure.NUMBER, *values)
        assert found.sum == f"{999 * 10**30 - 999 + 120}"
        # the squares may be too large for exact sums
        assert found.deviation == pytest.approx(float(statistics.stdev(map(Fraction, values))), rel=1e-12)

    def test_texts_are_ordered_by_code_points_and_measured_in_characters(self, engine: Engine, csv: Csv) -> None:
        found = self.described(engine, csv, Measure.TEXT, "b", "Z", '"a""b"', "é", "😀😀")
        assert (found.least, found.greatest, found.shortest, found.longest) == ("Z", "😀😀", 1, 3)

    @pytest.mark.parametrize(
        ("measure", "values", "expected"),
        [
            (Measure.NUMBER, ["10", "9", "10", "9", "100", "2"], (("9", 2), ("10", 2), ("2", 1))),
            (Measure.TEXT, ["10", "9", "10", "9", "100", "2"], (("10", 2), ("9", 2), ("100", 1))),
            (Measure.TEXT, ["", '""', "a"], (("a", 1),)),
            (Measure.TEXT, ["", ""], ()),
        ],
    )
    def test_equal_counts_are_in_the_order_of_the_values(
        self, measure: Measure, values: list[str], expected: Collection[object], engine: Engine, csv: Csv
    ) -> None:
        assert self.top(engine, csv, measure, 3, *values) == expected

    @pytest.mark.parametrize(
        ("measure", "values", "expected"),
        [
            (Measure.NUMBER, ["1", "12", "12"], ["1 to 2: 1", "12 to 13: 2"]),
            (Measure.NUMBER, ["-43", "1301"], ["-100 to 0: 1", "1300 to 1400: 1"]),
            (Measure.NUMBER, ["2.5", "2.5"], ["2.5 to 2.6: 2"]),
            (Measure.TIME, ["2026-01-31", "2026-01-31"], ["2026-01-31 to 2026-02-01: 2"]),
            (Measure.TIME, ["2026-01-01 10:00:59.5+00"], ["2026-01-01 10:00:59+00 to 2026-01-01 10:01:00+00: 1"]),
            (
                Measure.TIME,
                ["2026-01-01", "2026-12-31"],
                ["2025-12-29 to 2026-01-05: 1", "2026-12-28 to 2027-01-04: 1"],
            ),
            (
                Measure.TIME,
                ["2020-02-29", "2023-12-31"],
                ["2020-02-01 to 2020-03-01: 1", "2023-12-01 to 2024-01-01: 1"],
            ),
            (Measure.TIME, ["0001-01-01", "9999-12-31"], []),
        ],
    )
    def test_bars_have_round_edges(
        self, measure: Measure, values: list[str], expected: list[object], engine: Engine, csv: Csv
    ) -> None:
        bars = self.described(engine, csv, measure, *values).histogram
        assert [f"{bar.start} to {bar.end}: {bar.count}" for bar in bars if bar.count] == expected

    def test_a_value_of_many_megabytes_is_counted(self, engine: Engine, csv: Csv) -> None:
        found = self.described(engine, csv, Measure.TEXT, "x" * 5_000_000, "y", "y")
        assert (found.values, found.distinct, found.shortest) == (3, 2, 1)

    def test_more_columns_than_anybody_needs(self, engine: Engine, csv: Csv) -> None:
        header = tuple(f"c{n}" for n in range(1598))
        lines = [header, ["1"] * 1598, ["2"] * 1598, ["1"] * 1598]
        table = csv("".join(",".join(line) + "\n" for line in lines), header)
        with engine.counted(table, dict.fromkeys(range(1598), Measure.NUMBER), 300) as counted:
            assert {described.sum for described in counted.describe().values()} == {"4"}
            assert counted.frequencies([1597], 10) == {1597: (("1", 2), ("2", 1))}

    def test_it_ends_at_its_time_limit(self, engine: Engine, flights_table: CleanCsv) -> None:
        measures = dict.fromkeys(range(len(FLIGHTS.columns)), Measure.TEXT)
        with pytest.raises(EngineFailed, match="longer than"), engine.counted(flights_table, measures, 0.01):
            pass
