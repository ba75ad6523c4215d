"""The statistics of a column in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ckanext.datapusher_plus.core.statistics import Bin, ColumnStatistics, Measure, Withheld
from ckanext.datapusher_plus.views import numbers, statistics_text
from tests import profiles

#: With a shorter histogram.
DELAY = replace(
    profiles.DELAY,
    top=(("-5", 24821),),
    histogram=(Bin(start="-43", end="629.1234567", count=328000), Bin(start="629.1234567", end="1301", count=521)),
)
WORD = ColumnStatistics(
    name="w", type="text", measure=Measure.TEXT, rows=4, empty=0, null_words={}, distinct=2, shortest=3, longest=6
)


def test_a_column_of_numbers() -> None:
    assert statistics_text.sentences(DELAY) == (
        "328,521 of 336,776 rows have a value (97.5%).",
        "Taken as empty: “NA” (8,255).",
        "527 different values.",
        "From -43 to 1,301, average 12.6, half of the values between -5 and 11.",
    )
    assert statistics_text.facts(DELAY) == (("Median", "-2"), ("Standard deviation", "40.2"), ("Sum", "4,152,200"))


def test_years_have_no_thousands_separators() -> None:
    year = replace(
        DELAY, least="1999", greatest="2013", mean=2008.25, deviation=3.0, quartiles=(2003.0, 2008.0, 2011.0)
    )
    assert "From 1999 to 2013, average 2008.2, half of the values between 2003 and 2011." in (
        statistics_text.sentences(year)
    )


def test_one_value_everywhere() -> None:
    assert "Every value is 2013." in statistics_text.sentences(replace(DELAY, least="2013", greatest="2013"))


@pytest.mark.parametrize(
    ("rows", "empty", "said"),
    [
        (0, 0, "The table has no rows."),
        (5, 0, "Every row has a value."),
        (5, 5, "No row has a value."),
        (5, 4, "1 of 5 rows has a value (20%)."),
        (10**6, 1, "999,999 of 1,000,000 rows have a value (more than 99.99%)."),
        (10**6, 10**6 - 1, "1 of 1,000,000 rows has a value (less than 0.01%)."),
    ],
)
def test_how_full_a_column_is(rows: int, empty: int, said: str) -> None:
    column = replace(WORD, rows=rows, empty=empty, distinct=1)
    assert statistics_text.filled(column) == said
    if rows == empty:
        assert statistics_text.sentences(column) == (said,)


def test_texts() -> None:
    assert statistics_text.sentences(WORD)[1:] == ("2 different values.", "Values have 3 to 6 characters.")
    assert statistics_text.sentences(replace(WORD, longest=3))[2:] == ("Every value has 3 characters.",)
    assert "Every value is different." in statistics_text.sentences(replace(WORD, distinct=4))


def test_yes_and_no() -> None:
    column = replace(WORD, measure=Measure.BOOLEAN, shortest=None, longest=None, true=3, false=1)
    assert statistics_text.sentences(column)[-1] == "Yes: 3 (75%). No: 1 (25%)."
    assert [statistics_text.value(column, text) for text in ("t", "false")] == ["Yes", "No"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("2013-01-31", "Jan 31, 2013"),
        ("2013-01-31 05:00:00", "Jan 31, 2013, 5:00:00\u202fAM"),
        ("2013-01-31 05:00:00+02", "Jan 31, 2013, 3:00:00\u202fAM UTC"),
        ("2013-01-31 05:00:00.5+05:30", "Jan 30, 2013, 11:30:00\u202fPM UTC"),
        ("infinity", "infinity"),
        ("0044-03-15 BC", "0044-03-15 BC"),
        ("12000-01-01", "12000-01-01"),
    ],
)
def test_dates_are_written_by_their_type(text: str, said: str) -> None:
    assert statistics_text.value(replace(WORD, measure=Measure.TIME), text) == said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("12.50", "12.5"),
        ("9" * 40, "1E40"),
        ("1e400", "1E400"),
        ("0.1234567890123", "0.1234567890123"),
    ],
)
def test_extreme_numbers(text: str, said: str) -> None:
    assert numbers.exact(text) == said


@pytest.mark.parametrize(
    ("value", "spread", "said"),
    [
        (40.712812345, 0.001, "40.7128"),
        (40.71, 12.0, "40.7"),
        (0.0, None, "0"),
        (1e-9, None, "1E-9"),
        (1e300, 1.0, "1E300"),
    ],
)
def test_measured_values_have_the_digits_that_mean_something(value: float, spread: float | None, said: str) -> None:
    assert numbers.rounded(value, spread=spread) == said


def test_values_of_strangers_are_on_one_short_line() -> None:
    assert statistics_text.value(WORD, "a\nb\x1b\u202e" + "x" * 10**6) == "a b��" + "x" * 74 + "…"
    assert statistics_text.value(WORD, " \t") == "(only spaces)"


def test_a_plot_in_words() -> None:
    words = statistics_text.plot_words(DELAY, "Departure delay")
    assert words.label == (
        "Departure delay: distribution of the values from -43 to 1,301. Most, 328,000, are between -43 and 629."
    )
    assert (words.low, words.high, words.most) == ("-43", "1,301", "328,000 rows")
    assert words.of_bin(DELAY.histogram[1]) == "629 to 1,301: 521"


@pytest.mark.parametrize("why", Withheld)
def test_withheld_values_have_a_reason(why: Withheld) -> None:
    assert statistics_text.withheld(why).endswith(".")
