"""What becomes of a column, rule by rule: each row is a file with one column, or with a second one that sheds light."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus.core.changes import LastLoad
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.core.values import CleanCsv, ReadOptions
from ckanext.datapusher_plus.steps import plan
from ckanext.datapusher_plus.steps.analyse import analyse
from tests.fix_file import Said, ticket


@dataclass(frozen=True, kw_only=True)
class Typed:
    """The first column's type, and what was said."""

    type: str
    said: tuple[str, ...]
    written: Mapping[str, str]

    @property
    def reading(self) -> str:
        """Return how its values are read, as the log has it."""
        found = [line.partition("are read as ")[2].rstrip(".") for line in self.said if "are read as" in line]
        return found[0] if found else ""


Type = Callable[..., Typed]


@pytest.fixture
def typed(tmp_path: Path) -> Type:
    """Decide the types of a table given by its columns."""

    def decide(
        *columns: list[str],
        options: ReadOptions = ReadOptions(),  # noqa: B008 (frozen)
        declared: str | None = None,
        kept: Dictionary | None = None,
    ) -> Typed:
        header = tuple("abc"[: len(columns)])
        path = tmp_path / "table.csv"
        rows = (",".join(f'"{value}"' for value in row) for row in zip(*columns, strict=True))
        path.write_text("\n".join([",".join(header), *rows, ""]), encoding="utf-8")
        csv = CleanCsv(path=path, header=header, format="CSV", encoding="UTF-8", declared=(declared,))
        said, asked = Said(), replace(ticket(tmp_path), options=options)
        analysed = analyse(csv, said, options)
        made = plan.decide(asked, analysed, kept, live=kept is not None, file_hash="", log=said)
        plan.tell(made, analysed, LastLoad(), said)
        return Typed(type=made.columns[0].type, said=tuple(said.lines), written=made.written)

    return decide


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "-2", "", " 3 "], "numeric"),
        (["1", "2.50", "-.5"], "numeric"),
        (["1", "x"], "text"),
        (["01", "2"], "text"),
        (["+49 30 1234", "+1"], "text"),
        (["999999999999999999"], "numeric"),
        (["1000000000000000000"], "text"),
        (["1e-05", "2"], "numeric"),
        (["1E5", "2.5"], "numeric"),
        (["1E5", "2E3"], "text"),
        (["1E5", "2", "B7"], "text"),
        (["$5", "$7.50"], "text"),
        (["€ 5", "€ 7"], "text"),
        (["5 %", "7 %"], "text"),
        (["(5)", "7"], "text"),
        (["true", "false"], "text"),
        (["2020-01-31", "2021-12-01"], "date"),
        (["2020-01-31", "2020-01-31T10:00"], "timestamp"),
        (["2020-02-30"], "text"),
        (["2020-01-31T10:00Z", "2020-01-31 10:00:00 UTC"], "timestamp"),
        (["2020-01-31T10:00Z", "2020-01-31T10:00"], "text"),
        (["2020-01-31T10:00Z", "2020-01-31"], "text"),
        (["10:00", "11:30"], "text"),
        (["2020", "2021"], "numeric"),
        (["2020-01", "2020-02"], "text"),
        (["", ""], "text"),
    ],
)
def test_types_by_how_all_values_are_written(values: list[str], expected: str, typed: Type) -> None:
    assert typed(values).type == expected


@pytest.mark.parametrize(
    ("values", "options", "expected"),
    [
        (["1", "NA", "n/a", " - ", ""], {}, "numeric"),
        (["2020-01-31", "NULL"], {}, "date"),
        (["2020-01-31T10:00Z", "\\N"], {}, "timestamp"),
        (["31.12.2020", "NA"], {}, "date"),
        (["1.234,5", "NaN"], {}, "numeric"),
        (["DE", "NA"], {}, "text"),
        (["NA", "NA"], {}, "text"),
        (["1", "nothing"], {}, "text"),
        (["1", "nothing", "k.A."], {"null_values": ("nothing", "k.A.")}, "numeric"),
        (["1", "NA"], {"null_values": ("nothing",)}, "text"),
        (["1.5", "-999"], {"null_values": ("-999",)}, "numeric"),
        (["2020-01-31", "-999"], {"null_values": ("-999",)}, "date"),
        (["x", "-999"], {"null_values": ("-999",)}, "text"),
        (["1", "it's"], {"null_values": ("it's", "{0}", "%s")}, "numeric"),
    ],
)
def test_words_for_no_value_do_not_make_a_column_text(
    values: list[str], options: dict[str, Any], expected: str, typed: Type
) -> None:
    assert typed(values, options=ReadOptions(**options)).type == expected


COMMA, POINT = ReadOptions(decimal=","), ReadOptions(decimal=".")


@pytest.mark.parametrize(
    ("columns", "options", "expected", "reading"),
    [
        ([["1.234,56", "7", "12,5"]], ReadOptions(), "numeric", "1.234,56"),
        ([["12,5", "0,25"]], ReadOptions(), "numeric", "1.234,56"),
        ([["0,125", "3"]], ReadOptions(), "numeric", "1.234,56"),
        ([["1,234.5", "7", "0.5"]], ReadOptions(), "numeric", "1,234.56"),
        ([["1,234,567", "-7"]], ReadOptions(), "numeric", "1,234.56"),
        ([["1 234,5", "7"]], ReadOptions(), "numeric", "1 234,56"),
        ([["1\u202f234,5", "1\u00a0234"]], ReadOptions(), "numeric", "1 234,56"),
        ([["1 234.5", "7"]], ReadOptions(), "numeric", "1 234.56"),
        ([["1'234", "7"]], ReadOptions(), "numeric", "1'234.56"),
        # two readings that differ by a thousand, unless another column tells
        ([["1,234", "7"]], ReadOptions(), "text", ""),
        ([["1,234", "7"]], COMMA, "numeric", "1.234,56"),
        ([["1,234", "7"]], POINT, "numeric", "1,234.56"),
        ([["1,234", "7"], ["1.5", "2"]], ReadOptions(), "numeric", "1,234.56"),
        ([["1,234", "7"], ["1,5", "2"]], ReadOptions(), "numeric", "1.234,56"),
        ([["1,234", "7"], ["1,5", "2"], ["1.5", "2"]], ReadOptions(), "text", "1.234,56"),
        ([["1.234", "7"]], ReadOptions(), "numeric", ""),
        ([["1.234", "7"]], COMMA, "numeric", "1.234,56"),
        ([["1.234", "7"], ["1,5", "2"]], ReadOptions(), "numeric", "1.234,56"),
        ([["1.234", "7.5"]], COMMA, "numeric", ""),
        # contradictions, and what only looks like numbers
        ([["1,234.5", "1.234,5"]], ReadOptions(), "text", ""),
        ([["1,5", "2.5"]], ReadOptions(), "text", ""),
        ([["1,23,456.5", "7"]], ReadOptions(), "text", ""),
        ([["007,5", "1,5"]], ReadOptions(), "text", ""),
        ([["192.168.100.101", "192.168.100.102"]], ReadOptions(), "text", ""),
        ([["601 234 567", "601 234 568"]], ReadOptions(), "text", ""),
        ([["1.234.567", "7"]], COMMA, "numeric", "1.234,56"),
    ],
)
def test_separators_count_where_they_are_certain(
    columns: list[list[str]], options: ReadOptions, expected: str, reading: str, typed: Type
) -> None:
    found = typed(*columns, options=options)
    assert (found.type, found.reading) == (expected, reading)


@pytest.mark.parametrize(
    ("values", "expected", "reading"),
    [
        (["31/12/2020", "1/2/2020"], "date", "day/month/year"),
        (["12/31/2020", "1/2/2020"], "date", "month/day/year"),
        (["31-12-2020", "01-02-2020"], "date", "day/month/year"),
        (["31.12.2020", "1.2.2020"], "date", "day.month.year"),
        (["1.2.2020 9:05", "1.2.2020"], "timestamp", "day.month.year"),
        (["2020/12/31", "2020/1/2"], "date", "year/month/day"),
        (["2020-1-2", "2020-12-31"], "date", "year/month/day"),
        (["2020.01.02"], "date", "year/month/day"),
        (["12/31/2020 3:04:05 PM", "12/31/2020 12:00:00 AM"], "timestamp", "month/day/year"),
        (["12/31/2020, 15:04"], "timestamp", "month/day/year"),
        (["2020/12/31 10:00:00+00", "2020/12/31 10:00:00 +02:00"], "timestamp", "year/month/day"),
        (["5 Jan 2020", "05-FEB-2020", "1 September 2020"], "date", "day month year"),
        (["Jan 5, 2020", "September 30 2020"], "date", "month day, year"),
        (["31/12/2020", "12/31/2020"], "text", ""),
        (["31/12/2020", "31.12.2020"], "text", ""),
        (["29/2/2021", "1/2/2020"], "text", ""),
        (["1/2/20", "31/12/20"], "text", ""),
        (["2020.1.2", "2020.12.31"], "text", ""),
        (["1/2/2020 10:00Z", "31/2/2020 10:00"], "text", ""),
        (["12/31/2020 13:00 PM"], "text", ""),
        (["5 Jän 2020"], "text", ""),
    ],
)
def test_days_in_common_layouts(values: list[str], expected: str, reading: str, typed: Type) -> None:
    found = typed(values)
    assert (found.type, found.reading) == (expected, reading)


OPEN, DAY, MONTH = ["1/2/2020", "3/4/2020"], ["31/1/2020", "1/2/2020"], ["1/31/2020", "1/2/2020"]


@pytest.mark.parametrize(
    ("columns", "day_first", "prefer_dmy", "reading", "told"),
    [
        ([OPEN], None, False, "month/day/year", True),
        ([OPEN], None, True, "day/month/year", True),
        ([OPEN], True, False, "day/month/year", False),
        ([OPEN], False, True, "month/day/year", False),
        ([OPEN, DAY], None, False, "day/month/year", False),
        ([OPEN, MONTH], None, True, "month/day/year", False),
        ([OPEN, DAY, MONTH], None, False, "month/day/year", True),
        ([OPEN, DAY], False, False, "month/day/year", False),
        ([DAY], False, False, "day/month/year", False),
        ([MONTH], True, True, "month/day/year", False),
    ],
)
def test_which_of_day_and_month_comes_first(
    columns: list[list[str]],
    day_first: bool | None,
    prefer_dmy: bool,
    reading: str,
    told: bool,
    typed: Type,
    configured: Callable[..., None],
) -> None:
    configured(prefer_dmy=prefer_dmy)
    found = typed(*columns, options=ReadOptions(day_first=day_first))
    assert reading in found.said[0]
    assert any("Nothing shows whether day or month comes first" in line for line in found.said) == told


@pytest.mark.parametrize(
    ("declared", "values", "expected"),
    [
        ("String", ["12345", "23456"], "text"),
        ("String", ["2020-01-01", "2020-01-02"], "text"),
        ("Integer", ["1", "2"], "numeric"),
        ("Integer", ["1234567890123456789", "2"], "numeric"),
        ("Float", ["1", "12345678901234567890.5"], "numeric"),
        ("Float", ["1", "inf"], "text"),
        ("Date", ["2020-01-01", ""], "date"),
        (None, ["1234567890123456789", "2"], "text"),
    ],
)
def test_what_a_file_declares_is_believed_where_the_values_bear_it_out(
    declared: str | None, values: list[str], expected: str, typed: Type
) -> None:
    assert typed(values, declared=declared).type == expected


def kept(type: str, override: str = "") -> Dictionary:
    comment = f' {{"_info":{{"type_override":"{override}"}}}}' if override else None
    return Dictionary(columns=(Column(name="a", type=type, comment=comment),))


@pytest.mark.parametrize(
    ("values", "before", "said"),
    [
        (["1", "NA"], kept("text"), "Column “a” was text and is numeric now."),
        (["1", "NA", "-"], kept("text"), "Words that stand for no value (-, NA) are NULL in column “a”: 2 in all."),
        (["1", " NA"], kept("text"), "(NA, N/A, n/a, na, #N/A, …) are NULL in column “a”: 1 in all."),
        (["x"], kept("date"), "Column “a” was date and is text now."),
        (["1"], kept("numeric", "text"), "Column “a” was numeric and is text now, as the Data Dictionary says."),
        (["2020-01-01T10:00Z"], None, "The times in column “a” have a time zone; they are stored in UTC."),
        (["1,234"], None, "The numbers in column “a”, such as “1,234”, can be read in two ways, so they stay text."),
        (
            ["1"],
            Dictionary(columns=(Column(name="A", type="numeric", comment=' {"_info":{"notes":"x"}}'),)),
            "“a” is a new column and “A” is gone: perhaps it has only been renamed. What was written about it is kept",
        ),
        (["1"], kept("numeric", "money"), "the type “money” in “a”, which no file is loaded as; it is numeric."),
    ],
)
def test_what_is_not_plain_from_the_file_is_told(
    values: list[str], before: Dictionary | None, said: str, typed: Type
) -> None:
    assert any(said in line for line in typed(values, kept=before).said)


@pytest.mark.parametrize(
    ("values", "before"),
    [
        (["1", "2"], None),
        (["1", "2"], kept("numeric")),
        (["1", "2"], kept("text", "text")),
        (["1", "NA"], kept("text", "text")),
    ],
)
def test_what_is_plain_is_not_told(values: list[str], before: Dictionary | None, typed: Type) -> None:
    assert typed(values, kept=before).said == ()


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([["1", "2"], ["x", "y"]], {}),
        ([["1.5", "2"]], {"decimal": "point"}),
        ([["1,5", "2,25"]], {"decimal": "comma"}),
        ([["1.234.567", "2"], ["0,5", "1,5"]], {"decimal": "comma"}),
        ([["1,234", "2,345"]], {"decimal": "unclear"}),
        ([["1.5", "2"], ["1,25", "0,5"]], {"decimal": "point comma"}),
        ([["31.12.2026", "1.2.2026"]], {"dates": "day_first"}),
        ([["12/31/2026", "1/2/2026"]], {"dates": "month_first"}),
        ([["1/2/2026", "2/3/2026"]], {"dates": "assumed_month_first"}),
        ([["2026-01-31", "2026-02-01"], ["31/1/2026", "1/2/2026"]], {"dates": "year_first day_first"}),
        ([["3 May 2026", "4 May 2026"]], {}),
    ],
)
def test_what_a_file_shows_of_its_numbers_and_dates_is_noted(
    columns: list[list[str]], expected: dict[str, str], typed: Type
) -> None:
    assert typed(*columns).written == expected


def test_what_the_resource_says_about_dates_is_not_assumed(typed: Type) -> None:
    assert typed(["1/2/2026"], options=ReadOptions(day_first=True)).written == {"dates": "day_first"}


def test_columns_with_a_declared_type_show_nothing(typed: Type) -> None:
    assert typed(["1.5", "2"], declared="Float").written == {}
