"""A sheet of text about the data gives way to the data; a table stays, however few columns it has."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import xlwt

from ckanext.datapusher_plus.core import how_to_read
from tests import books
from tests.fix_documents import Sheet
from tests.fix_file import Said

Rows = Sequence[Sequence[str | None]]

DATA: Rows = [["region", "year", "value"], ["North", "2024", "1.5"], ["South", "2025", "3"]]
TEXT: Rows = [
    ["Statistical bulletin on regions"],
    ["This workbook has figures for all regions."],
    ["Figures are rounded and may not add up to totals."],
    ["Contact: statistics office"],
    ["Published 2026"],
]


def xlsx(*sheets: Rows, **options: Any) -> bytes:
    return books.xlsx(*(books.rows(*rows) for rows in sheets), **options)


def ods(*sheets: Rows) -> bytes:
    pages = [
        books.table(name, *("".join(books.cell(value or "") for value in row) for row in rows))
        for name, rows in zip(("one", "two", "three"), sheets, strict=False)
    ]
    return books.ods(*pages)


def xls(*sheets: Rows) -> bytes:
    book, out = xlwt.Workbook(), io.BytesIO()
    for name, rows in zip(("one", "two", "three"), sheets, strict=False):
        page = book.add_sheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                page.write(number, place, value)
    book.save(out)
    return out.getvalue()


def xlsb(*sheets: Rows) -> bytes:
    return books.xlsb(
        *(
            [(r, c, 6, books.wide(value)) for r, row in enumerate(rows) for c, value in enumerate(row) if value]
            for rows in sheets
        )
    )


@pytest.mark.parametrize("made", [xlsx, ods, xls, xlsb])
def test_a_cover_sheet_gives_way_to_the_table(made: Callable[..., bytes], sheet: Sheet, said: Said) -> None:
    assert sheet(made(TEXT, DATA)).header == ("region", "year", "value")
    assert said.lines == [
        "“one” holds text about the data, so “two” is loaded instead.",
        "Sheet “two” is loaded; the workbook also has “one”. " + how_to_read.SHEET,
    ]


SPACED: Rows = [[row[0]] if blank else [None] for row in TEXT for blank in (True, False)]
FORM: Rows = [
    ["Title", "Regions bulletin"],
    ["Publisher", "Office of statistics"],
    ["Date", "2026-01-01"],
    ["Notes", "Figures are rounded and may not add up to totals."],
]
LABELS: Rows = [["Regions bulletin"], ["Author:", "Office"], ["Licence:", "CC BY"], ["Version:", "two"]]
MIXED: Rows = [*TEXT, ["E-mail", "statistics@example.org"]]
LINKS: Rows = [["Contents"], ["two", "Regions by year"], ["three", "Regions by age"]]
NUMBERED: Rows = [["Contents"], ["Table 1", "Population by region"], ["Table 2", "Population by age"]]
SENTENCES: Rows = [["Notes"], ["Die Zahlen sind gerundet."], ["Sie ergeben nicht immer genaue Summen."]]
JAPANESE: Rows = [["地域別統計の概要について"], ["この資料は全国の地域の数値です。"], ["数値は四捨五入されています。"]]
SHORT: Rows = [
    ["Notes"],
    ["Source: Office for Statistics"],
    ["Next release: in the spring of 2027"],
    ["www.example.org"],
]


@pytest.mark.parametrize(
    "cover",
    [SPACED, FORM, LABELS, MIXED, LINKS, NUMBERED, SENTENCES, JAPANESE, SHORT, [[None, *row] for row in TEXT]],
    ids=[
        "blank rows",
        "form",
        "labels",
        "contact",
        "contents",
        "numbered",
        "sentences",
        "Japanese",
        "short heading",
        "second column",
    ],
)
def test_what_tells_of_the_data_is_a_cover(cover: Rows, sheet: Sheet) -> None:
    assert sheet(xlsx(cover, DATA, DATA)).sheet == "two"


def test_several_covers_are_named(sheet: Sheet, said: Said) -> None:
    assert sheet(xlsx(TEXT, FORM, DATA)).sheet == "three"
    assert said.lines[0] == "“one”, “two” hold text about the data, so “three” is loaded instead."


NAMES: Rows = [["Organisation"], *([f"Ministry of Affairs and Things number {n}"] for n in range(8))]
COMPANIES: Rows = [["company"], *([f"Miller and Sons of town {n} Inc."] for n in range(8))]
COMMENTS: Rows = [["comment"], *([f"This is comment number {n}, it was nice."] for n in range(30))]
LONG: Rows = [*TEXT * 25]
CODES: Rows = [["code", "description"], *([f"A{n}", f"The {n}th of the many kinds of farm"] for n in range(9))]
FIGURES: Rows = [["Inhabitants of the town at the end of the year"], *([str(n)] for n in range(9))]


@pytest.mark.parametrize(
    "table",
    [NAMES, COMPANIES, COMMENTS, LONG, CODES, FIGURES, [*TEXT[:2], *DATA]],
    ids=["names", "companies", "comments", "over 100 rows", "codes", "figures", "table below text"],
)
def test_a_table_is_no_cover(table: Rows, sheet: Sheet) -> None:
    assert sheet(xlsx(table, DATA)).sheet == "one"


def test_a_cover_gives_way_to_a_single_column_too(sheet: Sheet) -> None:
    assert sheet(xlsx(TEXT, NAMES)).sheet == "two"
    assert sheet(xlsx(TEXT, NAMES, DATA)).sheet == "three"


def test_without_a_table_the_text_is_loaded(sheet: Sheet) -> None:
    assert sheet(xlsx(TEXT)).sheet == "one"
    assert sheet(xlsx(TEXT, TEXT)).sheet == "one"


def test_a_cover_does_not_give_way_to_a_hidden_sheet(sheet: Sheet) -> None:
    assert sheet(xlsx(TEXT, DATA, states=["visible", "hidden"])).sheet == "one"


@pytest.mark.parametrize("asked", [{"sheet": "one"}, {"sheet": "0"}, {"workbook_sheet": "0"}])
def test_who_asks_for_the_cover_gets_it(asked: dict[str, str], sheet: Sheet) -> None:
    assert sheet(xlsx(TEXT, DATA), **asked).sheet == "one"
