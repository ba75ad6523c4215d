"""A spreadsheet's table is what people see in it, and what is left out is said."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ckanext.datapusher_plus import formats
from ckanext.datapusher_plus.core import how_to_read
from ckanext.datapusher_plus.core.errors import (
    Damaged,
    Locked,
    NoSuchSheet,
    NothingToLoad,
    NotText,
    NotWhatItSays,
    TooManyColumns,
    UnpacksTooLarge,
)
from ckanext.datapusher_plus.core.values import CleanCsv
from tests import books
from tests.fix_documents import Sheet
from tests.fix_file import Analyse, Publish, Said


def text(csv: CleanCsv) -> str:
    return csv.path.read_text(encoding="utf-8")


def column(*cells: str) -> str:
    """Return rows of XLSX under a heading, each of one cell and a filler."""
    filler = '<c t="inlineStr"><is><t>x</t></is></c>'
    return books.rows(["a", "b"]) + "".join(f"<row>{each}{filler}</row>" for each in cells)


def xlsx_of(table: list[list[Any]], **options: Any) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"default_date_format": "yyyy-mm-dd hh:mm", **options}) as book:
        page = book.add_worksheet("data")
        for number, row in enumerate(table):
            page.write_row(number, 0, row)
    return out.getvalue()


def xls_of(table: list[list[Any]]) -> bytes:
    book = xlwt.Workbook()
    page = book.add_sheet("data")
    for number, row in enumerate(table):
        for place, value in enumerate(row):
            style = {date: "yyyy-mm-dd", datetime: "yyyy-mm-dd hh:mm:ss", time: "hh:mm:ss"}.get(type(value), "general")
            page.write(number, place, value, xlwt.easyxf(num_format_str=style))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


TABLE: list[list[Any]] = [
    ["name", "n", "share", "yes", "day", "at"],
    ["naïve, 売上", 7, 0.1, True, date(2026, 5, 9), datetime.fromisoformat("2026-05-09T10:30")],
    ['5" pipe\nand more', -1, 1e-7, False, date(1900, 1, 1), datetime.fromisoformat("1999-12-31T23:59:59")],
]
SEEN = """name,n,share,yes,day,at
"naïve, 売上",7,0.1,true,2026-05-09,2026-05-09T10:30:00
"5"" pipe
and more",-1,0.0000001,false,1900-01-01,1999-12-31T23:59:59
"""


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (xlsx_of(TABLE), "XLSX"),
        (xlsx_of(TABLE, constant_memory=True), "XLSX"),
        (xls_of(TABLE), "XLS"),
    ],
    ids=["shared texts", "inline texts", "xls"],
)
def test_a_table_is_read_as_it_is_seen(content: bytes, kind: str, sheet: Sheet) -> None:
    found = sheet(content)
    assert text(found) == SEEN
    assert (found.header, found.format) == (tuple(TABLE[0]), f"{kind}, sheet “data”")
    assert (found.counts, found.first_line) == ("row", 1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    table=st.lists(
        st.tuples(
            st.text("aé売😀_x005F&<> \n\t\"'", min_size=1).filter(str.strip),
            st.floats(-1e300, 1e300),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_any_table_comes_back_from_a_workbook(table: list[tuple[str, float]], sheet: Sheet) -> None:
    found = sheet(xlsx_of([["text", "number"], *map(list, table)]))
    with found.path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert [row[0] for row in rows] == [word for word, _ in table]
    assert [float(row[1]) for row in rows] == pytest.approx([value for _, value in table], rel=5e-15, abs=0)


def test_a_binary_workbook_is_read_too(sheet: Sheet, said: Said) -> None:
    cells = [
        *((1, place, 6, books.wide(name)) for place, name in enumerate("abc", 1)),
        (3, 1, 6, books.wide("naïve")),
        (3, 2, 5, b"\x00\x00\x00\x00\x00\x00\xf8\x3f"),
        (3, 3, 4, b"\x01"),
        (4, 1, 2, b"\x1a\x00\x00\x00"),
        (4, 2, 3, b"\x2a"),
    ]
    found = sheet(books.xlsb(cells))
    assert (text(found), found.first_line) == ("a,b,c\n\nnaïve,1.5,true\n6,,\n", 2)
    assert said.lines == ["Errors of formulas, the first in cell C5, were left empty: #N/A (1)."]


def test_an_opendocument_spreadsheet_is_read_too(sheet: Sheet, said: Said) -> None:
    content = books.ods(
        books.table(
            "data",
            "".join(books.cell(name) for name in ("text", "number", "day", "at", "time", "yes")),
            "".join(
                (
                    "<table:table-cell><office:annotation><text:p>a comment</text:p></office:annotation>"
                    "<text:p>a<text:s text:c='2'/><text:span>b</text:span><text:line-break/>c\n  d</text:p>"
                    "<text:p>e</text:p></table:table-cell>",
                    books.cell("1,50 €", office_value__type="currency", office_value="1.5"),
                    books.cell("9 May", office_value__type="date", office_date__value="2026-05-09"),
                    books.cell("9 May", office_value__type="date", office_date__value="2026-05-09T10:30:00"),
                    books.cell("30:05", office_value__type="time", office_time__value="PT30H05M00S"),
                    books.cell("TRUE", office_value__type="boolean", office_boolean__value="true"),
                )
            ),
            '<table:table-row table:number-rows-repeated="3"><table:table-cell/></table:table-row>',
            '<table:table-row table:number-rows-repeated="2">'
            + books.cell("x", table_number__columns__repeated="2")
            + books.cell("#N/A", office_value__type="string", calcext_value__type="error")
            + "</table:table-row>",
            '<table:table-row table:number-rows-repeated="1048000"><table:table-cell/></table:table-row>',
        )
    )
    assert text(sheet(content)) == (
        'text,number,day,at,time,yes\n"a  b\nc d\ne",1.5,2026-05-09,2026-05-09T10:30:00,30:05:00,true\n'
        "\n\n\nx,x,,,,\nx,x,,,,\n"
    )
    assert said.lines == ["Errors of formulas, the first in cell C6, were left empty: #N/A (1)."]


@pytest.mark.parametrize(
    ("number_format", "value", "seen"),
    [
        ("General", "850014", "850014"),
        ("General", "1.0", "1"),
        ("General", "0.30000000000000004", "0.3"),
        ("General", "929.1547660501438", "929.1547660501438"),
        ("General", "1.0000000000000001E-5", "0.00001"),
        ("General", "1E+20", "100000000000000000000"),
        ("General", "-0", "0"),
        ("General", "1E+305", "1E+305"),
        ("0.00%", "0.125", "0.125"),
        ("#,##0.00 [$€-407]", "1234.5", "1234.5"),
        ('0 "days"', "3", "3"),
        ("0.00E+00", "1500", "1500"),
        ("00000", "1234", "01234"),
        ("00000", "123456", "123456"),
        ("yyyy\\-mm\\-dd;@", "43832", "2020-01-02"),
        ("d/m/yy h:mm", "43832.5", "2020-01-02T12:00:00"),
        ("d/m/yy h:mm", "43832", "2020-01-02"),
        ("[$-409]mmmm", "43832", "2020-01-02"),
        ("yyyy-mm-dd hh:mm:ss.000", "43832.000001", "2020-01-02T00:00:00.086"),
        ("yyyy-mm-dd", "43832.99999999999", "2020-01-03"),
        ("yyyy-mm-dd", "1", "1900-01-01"),
        ("yyyy-mm-dd", "59", "1900-02-28"),
        ("yyyy-mm-dd", "60", "60"),
        ("yyyy-mm-dd", "61", "1900-03-01"),
        ("yyyy-mm-dd", "-1", "-1"),
        ("yyyy-mm-dd", "3000000", "3000000"),
        ("yyyy-mm-dd", "nonsense", "nonsense"),
        ("hh:mm", "0.5", "12:00:00"),
        ("h:mm AM/PM", "0.75", "18:00:00"),
        ("hh:mm", "1.25", "30:00:00"),
        ("hh:mm", "43832.5", "2020-01-02T12:00:00"),
        ("[h]:mm", "1.25", "30:00:00"),
        ("[h]:mm", "-1.25", "-30:00:00"),
    ],
)
def test_a_number_is_what_its_format_shows(number_format: str, value: str, seen: str, sheet: Sheet) -> None:
    content = books.xlsx(column(f'<c s="0"><v>{value}</v></c>'), formats=[number_format])
    assert text(sheet(content)) == f"a,b\n{seen},x\n"


def test_days_may_be_counted_from_1904(sheet: Sheet) -> None:
    content = books.xlsx(
        column('<c s="0"><v>42370</v></c>'), formats=["yyyy-mm-dd"], about='<workbookPr date1904="1"/>'
    )
    assert text(sheet(content)) == "a,b\n2020-01-02,x\n"


@pytest.mark.parametrize(
    ("cell", "seen"),
    [
        ('<c t="s"><v>0</v></c>', "naïve"),
        ('<c t="s"><v>1</v></c>', "rich text"),
        ('<c t="s"><v>2</v></c>', '"a\nb"'),
        ('<c t="str"><f>A1&amp;"x"</f><v>012</v></c>', "012"),
        ('<c t="str"><f>""</f><v></v></c>', ""),
        ('<c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r><rPh><t>reading</t></rPh></is></c>', "inline"),
        ('<c t="inlineStr"><is><t>a_x000D_\nb_x0000_ _x005F_</t></is></c>', '"a\nb _"'),
        ('<c t="b"><v>1</v></c>', "true"),
        ('<c t="b"><v>0</v></c>', "false"),
        ('<c t="d"><v>2020-01-02T00:00:00</v></c>', "2020-01-02"),
        ('<c t="n"><f>1+1</f><v>2</v></c>', "2"),
        ('<c t="inlineStr"><is><t>  </t></is></c>', ""),
        ('<c s="99"><v>1</v></c>', "1"),
    ],
)
def test_a_cell_is_read_by_its_kind(cell: str, seen: str, sheet: Sheet) -> None:
    strings = (
        "<si><t>naïve</t></si><si><r><t>rich </t></r><r><t>text</t></r><rPh><t>reading</t></rPh></si>"
        "<si><t>a\r\nb</t></si>"
    )
    assert text(sheet(books.xlsx(column(cell), strings=strings))) == f"a,b\n{seen},x\n"


def test_errors_of_formulas_are_empty_and_counted(sheet: Sheet, said: Said) -> None:
    cells = ['<c t="e"><v>#N/A</v></c>'] * 3 + ['<c t="e"><v>#REF!</v></c>']
    assert text(sheet(books.xlsx(column(*cells)))) == "a,b\n" + ",x\n" * 4
    assert said.lines == ["Errors of formulas, the first in cell A2, were left empty: #N/A (3), #REF! (1)."]


NEVER = "<c><f>B2*2</f></c>"


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ([NEVER] * 12, "12 formulas have no value"),
        ([NEVER], "1 formula has no value"),
        (
            ['<c r="A2"><f t="shared" si="0"/><v></v></c>', '<c r="A3"><f t="shared" si="0"/><v/></c>'],
            "2 formulas have",
        ),
        (['<c t="str"><f>"a"</f></c>'], "1 formula has no value"),
        (['<c t="str"><f>""</f><v></v></c>', "<c><f>1+1</f><v>2</v></c>", "<c/>", "<c><v/></c>"], ""),
    ],
)
def test_formulas_that_nobody_calculated_are_counted(cells: list[str], told: str, sheet: Sheet, said: Said) -> None:
    sheet(books.xlsx(column(*cells)))
    assert len(said.lines) == bool(told)
    for line in said.lines:
        assert line.startswith(told)
        assert line.endswith("open the workbook in a spreadsheet program and save it (the first is in cell A2).")


def test_formulas_that_nobody_calculated_are_counted_in_opendocument(sheet: Sheet, said: Said) -> None:
    never = '<table:table-cell table:formula="of:=[.A1]"/>'
    empty = '<table:table-cell table:formula="of:=&quot;&quot;" office:value-type="string"/>'
    error = books.cell("#N/A", table_formula="of:=x", office_value__type="float")
    row = books.cell("x") + never + empty + error
    sheet(books.ods(books.table("data", "".join(map(books.cell, "abcd")), row, row)))
    assert said.lines[1].startswith("2 formulas have no value; open the workbook")
    assert said.lines[1].endswith("(the first is in cell B2).")


def test_formulas_that_nobody_calculated_are_counted_in_xls(sheet: Sheet, said: Said) -> None:
    table = [["a", "b", "c"], ["x", xlwt.Formula("1+1"), "1"], ["y", xlwt.Formula("1+1"), ""], ["z", "", "2"]]
    sheet(xls_of(table))
    assert [line.partition(";")[0] for line in said.lines] == ["2 formulas have no value"]


@pytest.mark.parametrize(
    ("number", "seen"),
    [*((n, "2025-04-14") for n in (*range(27, 37), *range(50, 59))), (0, "45761"), (14, "2025-04-14")],
)
@pytest.mark.parametrize("made", [books.xlsx_styled, books.xls_styled, books.xlsb_styled])
def test_a_format_that_has_a_number_and_no_text_is_one_of_dates(
    made: Callable[[int, float], bytes], number: int, seen: str, sheet: Sheet
) -> None:
    assert text(sheet(made(number, 45761))) == f"d\n{seen}\n"


@pytest.mark.parametrize("number", [32, 45, 56])
@pytest.mark.parametrize("made", [books.xlsx_styled, books.xls_styled, books.xlsb_styled])
def test_a_format_that_has_a_number_and_no_text_may_be_one_of_times(
    made: Callable[[int, float], bytes], number: int, sheet: Sheet
) -> None:
    assert text(sheet(made(number, 0.75))) == "d\n18:00:00\n"


@pytest.mark.parametrize(
    ("table", "expected", "first"),
    [
        ([["a", "b"], ["1", "2"]], "a,b\n1,2\n", 1),
        ([[], [None, None, "a", "b"], [None, None, "1", "2"]], "a,b\n1,2\n", 2),
        ([["a", None, "b"], ["1", None, "2"]], "a,b\n1,2\n", 1),
        ([["a", None, "b"], ["1", "x", "2"]], "a,,b\n1,x,2\n", 1),
        ([["a", "b"], ["1", "2"], [], ["3", "4"], []], "a,b\n1,2\n\n3,4\n", 1),
        ([["a"], ["1"], [], ["2"]], "a\n1\n2\n", 1),
        ([["a", "b"], ["1", None], [None, "2"]], "a,b\n1,\n,2\n", 1),
        ([[None, "value"], ["x", "1"], ["y", "2"]], ",value\nx,1\ny,2\n", 1),
        ([["name"], ["x", "1"], ["y", "2"]], "name,\nx,1\ny,2\n", 1),
        ([["Table 1"], ["a", "b"], ["1", "2"]], "a,b\n1,2\n", 2),
        ([["Table 1"], ["by year"], [], ["a", "2019", "2020"], ["x", "1", "2"]], "a,2019,2020\nx,1,2\n", 4),
        ([["Table 1"], [], ["a", "2019"], ["x", "1"]], "a,2019\nx,1\n", 3),
        ([[" a ", "b\n"], [" 1", "2"]], "a,b\n 1,2\n", 1),
        ([["a", "b"], *[["1", "2"]] * 200, ["1", "2", "3"]], "a,b,\n" + "1,2,\n" * 200 + "1,2,3\n", 1),
        ([[None, "a", "b"], *[[None, "1", "2"]] * 200, ["0", "1", "2"]], ",a,b\n" + ",1,2\n" * 200 + "0,1,2\n", 1),
    ],
)
def test_the_table_is_found_in_the_sheet(
    table: list[list[str | None]], expected: str, first: int, sheet: Sheet
) -> None:
    found = sheet(books.xlsx(books.rows(*table)))
    assert (text(found), found.first_line) == (expected, first)


def test_what_stands_above_the_header_is_said(sheet: Sheet, said: Said) -> None:
    sheet(books.xlsx(books.rows(["Table 1"], [], ["a", "b"], ["1", "2"])))
    assert said.lines == ["The headings are in row 3. What stands above was left out: “Table 1”."]


@pytest.mark.parametrize(
    ("below", "kept", "told"),
    [
        ([[], ["Source: a census"], [], [None, None, None, "* estimated"]], "", "“Source: a census”; “* estimated”"),
        ([["Source: a census"]], "Source: a census,,\n", ""),
        ([[], ["North"], ["x", "1", "2"]], "\nNorth,,\nx,1,2\n", ""),
        ([[], ["x", "1"]], "\nx,1,\n", ""),
        ([[], [None, "3"]], "\n,3,\n", ""),
    ],
    ids=["set off", "as near as a row", "rows follow", "two values", "number"],
)
@pytest.mark.parametrize("rows", [1, 200])
def test_notes_below_the_table_are_left_out_and_told(
    rows: int, below: list[list[str | None]], kept: str, told: str, sheet: Sheet, said: Said
) -> None:
    found = sheet(books.xlsx(books.rows(["a", "b", "c"], *[["1", "2", "3"]] * rows, *below)))
    assert text(found) == "a,b,c\n" + "1,2,3\n" * rows + kept
    assert said.lines == ([f"What stands below the table was left out: {told}."] if told else [])


DATA = books.rows(["a", "b"], ["1", "2"])
OTHER = books.rows(["c", "d"], ["3", "4"])


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("", "a"),
        ("Other", "c"),
        (" other ", "c"),
        ("0", "empty"),
        ("1", "a"),
        ("-1", "c"),
    ],
)
def test_a_sheet_is_chosen_by_name_or_number(asked: str, expected: str, sheet: Sheet) -> None:
    content = books.xlsx("", DATA, OTHER, names=["Empty", "Data", "Other"])
    if expected == "empty":
        with pytest.raises(NothingToLoad, match="nothing in its sheet “Empty”"):
            sheet(content, sheet=asked)
    else:
        assert sheet(content, sheet=asked).header[0] == expected


def test_the_sites_sheet_is_for_resources_that_name_none(sheet: Sheet) -> None:
    content = books.xlsx(DATA, OTHER, names=["Data", "Other"])
    assert sheet(content, workbook_sheet="1").header == sheet(content, sheet="Other").header
    assert sheet(content, sheet="0", workbook_sheet="1").header == sheet(content, sheet="Data").header


def test_a_name_wins_over_a_number(sheet: Sheet) -> None:
    assert sheet(books.xlsx(DATA, OTHER, names=["1", "0"]), sheet="0").header == ("c", "d")


def test_other_sheets_are_named(sheet: Sheet, said: Said) -> None:
    content = books.xlsx(OTHER, "", DATA, states=["hidden", "visible", "visible"])
    assert sheet(content).header == ("a", "b")
    assert said.lines == ["Sheet “three” is loaded; the workbook also has “one” (hidden), “two”. " + how_to_read.SHEET]


def test_a_sheet_with_a_table_is_preferred_to_a_title_page(sheet: Sheet) -> None:
    assert sheet(books.xlsx(books.rows(["About this data"]), DATA)).header == ("a", "b")


def test_hidden_sheets_of_opendocument_come_last(sheet: Sheet) -> None:
    hidden = '<style:style style:name="h"><style:table-properties table:display="false"/></style:style>'
    pages = [books.table(name, books.cell(name) * 2, books.cell("1") * 2, style=name) for name in ("h", "v")]
    assert sheet(books.ods(*pages, styles=hidden)).header == ("v", "v")


@pytest.mark.parametrize("asked", ["nothing", "7", "-4", "1.0"])
def test_a_sheet_that_is_not_there_is_told_with_those_that_are(asked: str, sheet: Sheet) -> None:
    with pytest.raises(NoSuchSheet, match=f"has no “{asked}”. It has “one”, “two”"):
        sheet(books.xlsx(DATA, OTHER), sheet=asked)


@pytest.mark.parametrize("content", [books.xlsx("", ""), books.xlsx(books.rows([None], [" "])), books.ods()])
def test_an_empty_workbook_has_nothing_to_load(content: bytes, sheet: Sheet) -> None:
    with pytest.raises(NothingToLoad, match="has (nothing in its|no) sheet"):
        sheet(content)


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [
        (OLE + bytes(600) + "EncryptedPackage".encode("utf-16-le"), Locked, "workbook is protected by a password"),
        (OLE + bytes(600) + "WordDocument".encode("utf-16-le"), NotText, "document of old Microsoft Office"),
        (OLE + bytes(600) + "Workbook\0".encode("utf-16-le"), Damaged, "XLS workbook is damaged"),
        (books.xlsx(DATA)[:-300], Damaged, "ZIP archive is damaged"),
        (books.xlsx("<row><c><v>1</v></c>"), Damaged, "its XML ends at line 1"),
        (books.xlsx(DATA, prolog=ENTITIES), Damaged, "declares a document type"),
        (books.xlsx(column('<c t="s"><v>9</v></c>')), Damaged, "names a text that is not there"),
        (books.xlsx(column('<c t="s"><v>-1</v></c>')), Damaged, "names a text that is not there"),
        (books.xlsx(column('<c r="ABCD1"><v>9</v></c>')), Damaged, "a cell is in no column"),
        (books.xlsx(column("<c><c/></c>")), Damaged, "a cell stands in a cell"),
        (books.xlsx(books.rows(["a"]) + '<row r="2000000"><c><v>1</v></c></row>'), Damaged, "more than 1,048,576 rows"),
        (books.xlsx(f'<row spans="{"1" * (9 << 20)}">'), Damaged, "belong to one row"),
        (books.xlsx("<row>" + "<x>" * 200), Damaged, "nested too deeply"),
        (books.xlsx(DATA, strings="<x>" * 200), Damaged, "nested too deeply"),
        (books.xlsx(books.rows(["x"] * 1599, ["x"] * 1599)), TooManyColumns, "1,599 columns"),
        (books.ods("<table:table><x>" + "<x>" * 200), Damaged, "nested too deeply"),
        (books.ods(manifest="<m><a:encryption-data xmlns:a='x'/></m>"), Locked, "password"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_told(content: bytes, error: type[Exception], words: str, sheet: Sheet) -> None:
    with pytest.raises(error, match=words):
        sheet(content)


def test_little_that_unpacks_to_much_is_refused(publish: Publish, said: Said) -> None:
    rows = books.rows(["a", "b"]) + '<row r="1"><c t="s"><v>0</v></c><c t="s"><v>0</v></c></row>' * 2000
    content = books.xlsx(rows, strings=f"<si><t>{'x' * 10_000}</t></si>")
    ticket, source = publish(content, format="", name="book")
    work = formats.Work(dir=ticket.work_dir, log=said, limits=formats.Limits(unpacked=1_000_000))
    with pytest.raises(UnpacksTooLarge, match="more than the 1,000,000 bytes"):
        formats.detect(source, "").read(source, work)  # type: ignore[attr-defined]


def test_types_are_found_as_in_text(analyse: Analyse) -> None:
    analysed = analyse(xlsx_of(TABLE), format="XLSX", name="book.xlsx")
    found = {column.name: column for column in analysed.columns}
    assert analysed.rows == 2
    assert (found["n"].integers, found["share"].decimals, found["day"].dates, found["at"].timestamps) == (2, 2, 2, 2)


@pytest.mark.parametrize("called", ["XLSX", "xls", "ODS"])
def test_a_table_of_text_called_a_workbook_is_read_as_text(called: str, publish: Publish) -> None:
    ticket, source = publish(b"a\tb\n1\t2\n", format=called, name=f"table.{called}")
    assert formats.detect(source, ticket.format).name == "TSV"


def test_what_is_no_table_but_called_a_workbook_is_told(publish: Publish) -> None:
    ticket, source = publish(b"just words\n", format="XLSX", name="table.xlsx")
    with pytest.raises(NotWhatItSays, match="called XLSX, but its content is something else"):
        formats.detect(source, ticket.format)


def test_a_workbook_is_read_in_a_process_of_its_own(publish: Publish, said: Said, tmp_path: Path) -> None:
    from ckanext.datapusher_plus.steps.convert import convert

    found = convert(*publish(xlsx_of(TABLE), format="CSV", name="table.csv"), said)
    assert text(found) == SEEN
    assert said.lines == ["Read as XLSX, sheet “data”, 6 columns."]
