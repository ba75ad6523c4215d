"""Tables of text in any dialect come back as they were meant, and messages name the lines that a publisher sees."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ckanext.datapusher_plus.core.errors import BadQuoting, NotText, RaggedRow
from ckanext.datapusher_plus.core.values import CleanCsv, LoadPlan, ReadOptions
from ckanext.datapusher_plus.steps import convert as step
from ckanext.datapusher_plus.steps import plan
from ckanext.datapusher_plus.steps import validate as check
from ckanext.datapusher_plus.steps.analyse import analyse as look
from tests.fix_file import Analyse, Publish, Read, Said

Table = list[list[str]]
Planned = Callable[..., LoadPlan]


@pytest.fixture
def table(read: Read) -> Callable[..., Table]:
    return lambda content, **how: rows_of(read(content, **how))


def rows_of(found: CleanCsv) -> Table:
    header, *rows = csv.reader(io.StringIO(found.path.read_bytes().decode("utf-8"), newline=""))
    assert header == list(found.header)
    return [header, *rows]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a,b\r1,2\r3,4\r", [["a", "b"], ["1", "2"], ["3", "4"]]),
        (b'a,b\r"x\ny",2\r', [["a", "b"], ["x\ny", "2"]]),
        (b'a,b\r"x\ry","2"\r', [["a", "b"], ["x\ry", "2"]]),
        (b'a;b\r"x,\ny";2\r', [["a", "b"], ["x,\ny", "2"]]),
        (b"a,b\r\n1,2\n3,4\r5,6\r\n", [["a", "b"], ["1", "2"], ["3", "4"], ["5", "6"]]),
        (b'a,b\n"x\ry",2\n3,4\r5,6\n', [["a", "b"], ["x\ry", "2"], ["3", "4"], ["5", "6"]]),
        (b"a,b\nx\ry,2\n", [["a", "b"], ["x\ry", "2"]]),
        (b"a\n1\r2\n", [["a"], ["1"], ["2"]]),
        (b"a,b\r\n1,2\r\n\x1a", [["a", "b"], ["1", "2"]]),
        (b"a,b\r\r\n1,2\r\r\n3,4\r\r\n", [["a", "b"], ["1", "2"], ["3", "4"]]),
        (b'a,b\r\r\n1,"2"\r\r\n"3",4\r\n', [["a", "b"], ["1", "2"], ["3", "4"]]),
        (b"a,b\r1,2\r\n3,4\r\n", [["a", "b"], ["1", "2"], ["3", "4"]]),
        (
            b'"a","b"\r"1","2"\r\n"3","4, 5"\n"6","7"\r8,"9"',
            [["a", "b"], ["1", "2"], ["3", "4, 5"], ["6", "7"], ["8", "9"]],
        ),
        (b"Title\ra,b,c\r1,2,3\r\n4,5,6\n", [["a", "b", "c"], ["1", "2", "3"], ["4", "5", "6"]]),
        (b"a,b\n\r1,2\n\r3,4\n\r", [["a", "b"], ["1", "2"], ["3", "4"]]),
        (b"a\r1\r\n2\n3\r", [["a"], ["1"], ["2"], ["3"]]),
        (b'a,"b\rc"\r\n1,"x\r"\r\n2,y\r\n', [["a", "b\rc"], ["1", "x\r"], ["2", "y"]]),
        (b'a,"b\r\nc"\r\n1,"x\r\n"\r\n', [["a", "b\r\nc"], ["1", "x\r\n"]]),
    ],
    ids=[
        "mac",
        "mac, quoted",
        "mac, quoted CR",
        "mac, semicolons",
        "all three",
        "quoted CR",
        "CR within",
        "one column",
        "end of DOS",
        "CR CR LF",
        "CR CR LF, quoted",
        "header in CR",
        "quoted, all three",
        "title in CR",
        "LF CR",
        "one column, all three",
        "CR in a heading",
        "CRLF in a heading",
    ],
)
def test_lines_end_in_any_way(content: bytes, expected: Table, table, analyse: Analyse) -> None:
    assert table(content) == expected
    assert analyse(content).rows == len(expected) - 1


@pytest.mark.parametrize(
    ("content", "format", "named"),
    [
        (b"a;b\n1,5;2,5\n", "CSV", "CSV with semicolons"),
        (b"sep=;\r\na;b\r\n1,5;2,5\r\n", "CSV", "CSV with semicolons"),
        (b'"sep=^"\na^b\n1,5^2,5\n', "CSV", "CSV with ^"),
        (b"a;b\n1,5;2,5\n", "SSV", "SSV"),
        (b'a|b\n"1,5"|2,5\n', "pipe", "PSV"),
        (b"a\tb\n1,5\t2,5\n", "TXT", "TXT with tabs"),
        (b"a|b\n1,5|2,5\n", "text/plain", "TXT with bars"),
        (b'a;b\n"1,5";"2,5"\n', "TSV", "TSV with semicolons"),
    ],
)
def test_separators_are_found_out(content: bytes, format: str, named: str, read: Read) -> None:
    found = read(content, format=format)
    assert (found.format, rows_of(found)) == (named, [["a", "b"], ["1,5", "2,5"]])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"value\n1\n2\n", [["value"], ["1"], ["2"]]),
        (b"place\nBonn am Rhein\nKiel\n", [["place"], ["Bonn am Rhein"], ["Kiel"]]),
        (b'words\n"one, two"\n"three; four"\n', [["words"], ["one, two"], ["three; four"]]),
        (b'a,b\n"x;y;z","1;2"\n"p;q;r","3;4"\n', [["a", "b"], ["x;y;z", "1;2"], ["p;q;r", "3;4"]]),
        (b"a,b\n", None),
    ],
)
def test_what_is_within_values_separates_none(content: bytes, expected: Table | None, convert) -> None:
    assert rows_of(convert(content)) == (expected or [["a", "b"]])


@pytest.mark.parametrize("rows", [1, 2, 3, 20])
def test_a_comma_in_a_heading_and_in_each_row_separates_nothing(rows: int, planned: Planned, said: Said) -> None:
    lines = [f"{number},5;{1000 + number};Ort {number}" for number in range(rows)]
    found = planned("\n".join(["Fläche, km²;Einwohner;Gemeinde", *lines, ""]).encode())
    assert (found.csv.header, found.rows) == (("Fläche, km²", "Einwohner", "Gemeinde"), rows)
    assert [column.type for column in found.columns] == ["numeric", "numeric", "text"]
    assert not [line for line in said.lines if "not certain" in line]


@pytest.mark.parametrize(
    ("lines", "width"),
    [
        (["Name, Vorname;Alter", "Muster, Anna;12", "Muster, Bert;13"], 2),
        (["Name,Vorname;Alter", "Muster,Anna;12"], 2),
        (["Fläche, km²;Ort", "0,5;Bonn", "1,5;Kiel"], 2),
        (["Name;Ort", "Muster, Anna;Bonn", "Meier, Bert, jun.;Kiel"], 2),
        (["Name;Ort", *["Muster,Anna,Maria;Bonn"] * 20], 2),
        (["Name\tAge, years", "Muster, Anna\t12"], 2),
        (["Last, first, middle\tx", "A, B, C\t12"], 2),
        (["Name|Age, years", "Muster, Anna|12", "Muster, Bert|13"], 2),
        (["id,name,tags", "1,Anna,red;blue", "2,Bert,a;b"], 3),
        (["id,name,code a|b,x", "1,foo,c|d,y"], 4),
        (["id,authors;editors,year", "1,Smith;Jones,2001"], 3),
        (["id;name;note, text", '1;"Muster, Anna";"a, b"', '2;"Muster, Bert";"c, d"'], 3),
        (["Towns, in 2020", "Area, km²;People;Town", "0,5;1000;A", "1,5;1000;B"], 3),
        (["Towns, in 2020", "", "Area, km²;People;Town", "0,5;1000;A", "1,5;1000;B", "", "Source: me, 2020"], 3),
        (["a, b;c;d", "1,5;2;3", "1,5;2", "1,5;2;3;4", *["1,5;2;3"] * 50], 3),
        (["x;y", "1;2;3", "4;5;6"], 2),
        (["a;b,c"], 2),
    ],
)
def test_the_separator_that_explains_the_rows_best_is_taken(lines: list[str], width: int, convert) -> None:
    found = convert("\n".join([*lines, ""]).encode())
    header = next(line for line in lines if line.count(found_separator(found)) == width - 1)
    assert list(found.header) == header.split(found_separator(found))


def found_separator(found: CleanCsv) -> str:
    return {"CSV": ",", "CSV with semicolons": ";", "CSV with tabs": "\t", "CSV with bars": "|"}[found.format]


def test_a_doubt_about_the_separator_is_a_warning(convert, said: Said) -> None:
    convert(b"id,authors;editors,year\n1,Smith;Jones,2001\n")
    assert said.lines[0].startswith("It is not certain what separates the values. They were read with commas, which")
    assert "with semicolons there would be 2" in said.lines[0]


@pytest.mark.parametrize(("said_first", "believed"), [(b";", ";"), (b"|", ",")], ids=["right", "wrong"])
def test_a_first_line_that_names_the_separator_is_believed_unless_it_is_wrong(
    said_first: bytes, believed: str, convert, said: Said
) -> None:
    found = convert(
        b"sep="
        + said_first
        + b"\nname, first;age, years;n, all\nA, b;1,5;2,5\n".replace(b";", b";" if believed == ";" else b",")
    )
    assert found_separator(found) == believed
    assert any("first line says" in line for line in said.lines) == (believed == ",")


def test_a_decimal_comma_that_the_resource_names_separates_nothing(convert) -> None:
    content = b"a,b;c\n1,5;x\n2,5;y\n"
    assert convert(content, options=ReadOptions(decimal=",")).header == ("a,b", "c")


GOOD = ["id;name;x", *[f"{number};name {number};{number},5" for number in range(60)]]


@pytest.mark.parametrize("line", [1, 2, 3, 22, 60, 61])
@pytest.mark.parametrize("bad", ['"IL FARO" DI ROSSI', '"never closed', '"', '"one""'])
@pytest.mark.parametrize("separator", ";,\t|")
@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_bad_quote_anywhere_is_named_and_leaves_the_separator_as_it_is(
    line: int, bad: str, separator: str, place: int, convert, said: Said
) -> None:
    rows = [row.replace(",", ".").split(";") for row in GOOD]
    rows[line - 1][place] = bad
    content = "\n".join([*(separator.join(row) for row in rows), ""]).encode()
    with pytest.raises(BadQuoting, match=f"line {line} "):
        check.validate(convert(content), said)


@pytest.mark.parametrize(
    ("content", "rows", "told"),
    [
        (
            b"a,b,c\n1,x,2\n,,\n3,y,4\n,,\n,,\n",
            ["1", "3"],
            "3 rows of nothing but separators were left out: lines 3, 5, 6.",
        ),
        (b"a,b,c\n1,x,2\n,\n3,y,4\n", ["1", "3"], "1 row of nothing but separators was left out: line 3."),
        (b"a,b,c\n1,x,2\n,,,,,\n3,y,4\n", ["1", "3"], "1 row of nothing but separators was left out: line 3."),
        (b"a,b,c\r\n1,x,2\r\n , ,\t\r\n3,y,4\r\n , ", ["1", "3"], "2 rows of nothing but separators were"),
        (b"a;b;c\n1,5;x;2\n;;\n3,5;y;4\n;\n", ["1,5", "3,5"], "2 rows of nothing but separators were left out"),
        (b"a\tb\tc\n1\tx\t2\n\t\t\n3\ty\t4\n\t\n", ["1", "3"], "2 rows of nothing but separators were"),
        (b",,\n\n,,\na,b,c\n,,\n1,x,2\n3,y,4\n", ["1", "3"], "1 row of nothing but separators was left out: line 5."),
        (b'a,b,c\n"1",x,2\n,,\n"3",y,"\n,,\n"\n', ["1", "3"], "1 row of nothing but separators was left out: line 3."),
        (b'a,b,c\n1,x,2\n"","",""\n3,y,4\n,"",\n', ["1", "", "3", ""], ""),
        (b'a,b,c\n1,x,"\n,,\n"\n3,y,"\n,,\n"\n', ["1", "3"], ""),
    ],
    ids=["full", "short", "wide", "blanks", "semicolons", "tabs", "above", "beside quotes", "quoted", "within quotes"],
)
def test_rows_of_nothing_but_separators_are_left_out(
    content: bytes, rows: list[str], told: str, table, said: Said
) -> None:
    assert [row[0] for row in table(content)[1:]] == rows
    found = [line for line in said.lines if "nothing but separators" in line]
    assert len(found) == bool(told)
    assert "".join(found).startswith(told)


def test_a_row_without_a_value_in_the_one_column_stays(table) -> None:
    assert table(b"a\n1\n\n2\n") == [["a"], ["1"], [], ["2"]]


def test_lines_are_counted_past_rows_that_are_left_out(read: Read, configured) -> None:
    configured(max_quarantine_pct=5.0)
    found = read(b"a,b,c\n1,x,2\n,,\n,\n\n" + b"1,x,2\n" * 30 + b",,\n4,y\n,,\n")
    assert found.rejected
    assert found.rejected.path.read_text().splitlines()[1].startswith("37,")


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b'LatD, "City", State\n41, "Youngstown", OH\n42, "Yankton, ""SD""", SD\n', ["Youngstown", 'Yankton, "SD"']),
        (b'"LatD", "City", "State"\n"41", "Bonn, Rhein", "x"\n', ["Bonn, Rhein"]),
        (b'a;   "b"; c\n1;\t"x;y"; 2\n', ["x;y"]),
        (b'a, b\n1, "x"\n2,"y"\n', [' "x"', "y"]),
        (b'a,b\n1,"x, ""y"", z"\n2,"y"\n', ['x, "y", z', "y"]),
        (b'a,b\n1, "x" of y\n2, y\n', [' "x" of y', " y"]),
        (
            b'id,name,n\n1,"Bonn" ,5\n2,"Trier, x"\xc2\xa0 ,6\n3,"Mainz"\t\r\n'[:-1].replace(b"\t\r", b",7\n"),
            ["Bonn", "Trier, x", "Mainz"],
        ),
        (b'a\tb\tc\n1\t"x" \t2\n2\t"y"\t\n', ["x", "y"]),
        (b'a,b\n1,"x" \r\n2,"y"\xe3\x80\x80\n3,"z" ', ["x", "y", "z"]),
    ],
    ids=["cities", "all quoted", "tab", "not all", "within", "text", "after", "after, tabs", "after, at ends"],
)
def test_blanks_beside_quotes_are_layout_where_the_file_shows_it(content: bytes, rows: list[str], table) -> None:
    assert [row[1] for row in table(content)[1:]] == rows


def test_blanks_before_quotes_are_values_if_one_far_down_follows_none(table) -> None:
    content = b"a,b\n" + b'1, "x"\n' * 160_000 + b'2,"y"\n'
    assert table(content)[1:] == [["1", ' "x"']] * 160_000 + [["2", "y"]]


def test_text_without_columns_is_no_table(convert) -> None:
    with pytest.raises(NotText, match="text without columns"):
        convert(b"Dear reader,\nthis is a letter.\n", format="TXT", name="letter.txt")


@pytest.mark.parametrize(
    ("above", "told"),
    [
        (b"Population by city\n\n", "“Population by city”"),
        (b"Population by city\n", "“Population by city”"),
        (b"Population,,\nAs of:,2020,\n,,\n", "“Population”, “As of:,2020”"),
        (b"Population\nAs of:,2020\n\n", "“Population”, “As of:,2020”"),
        (b"# made by hand\n#\n# a, b, c\n", "“# made by hand”, “#”, “# a, b, c”"),
        (b"sep=,\nTitle\n\n\n", "“Title”"),
        (b'"A title, quoted"\n\n', "“A title, quoted”"),
        (b"\n\n", None),
    ],
    ids=["blank between", "title", "as wide as the table", "pairs", "comments", "sep", "quoted", "blank"],
)
def test_lines_above_the_header_are_left_out_and_told(above: bytes, told: str | None, read: Read, said: Said) -> None:
    found = read(above + b"city,year,people\nBonn,2020,300000\nKiel,2020,250000\n")
    assert rows_of(found) == [["city", "year", "people"], ["Bonn", "2020", "300000"], ["Kiel", "2020", "250000"]]
    assert found.first_line == above.count(b"\n") + 1
    warnings = [line for line in said.lines if "stands above" in line]
    assert warnings == (
        [f"The header is in line {found.first_line}. What stands above it is left out: {told}."] if told else []
    )


@pytest.mark.parametrize(
    ("below", "told"),
    [
        (b"Source: a census\n", "“Source: a census”"),
        (b'\n"Source: a census, 2020"\n\n"1) estimated"\n', "“Source: a census, 2020”, “1) estimated”"),
        (b",,\nSource: a census,,\n,,\n", "“Source: a census”"),
        (b"====\nNotes\n" + b"* x\n" * 5, "“====”, “Notes”, “* x”, “* x”, “* x”, …"),
        (b"(2 rows)\n\n\x1a", "“(2 rows)”"),
        (b'the 5" pipe "is" estimated', None),
    ],
    ids=["short", "set off", "as wide as the table", "many", "counted", "open quote"],
)
def test_notes_below_the_table_are_left_out_and_told(below: bytes, told: str | None, read: Read, said: Said) -> None:
    rows = [["city", "year", "people"], ["Bonn", "2020", "300000"], ["Ulm", "2020", ""]]
    content = b"".join(",".join(row).encode() + b"\r\n" for row in rows) + below
    if told:
        assert rows_of(read(content)) == rows
        assert [line for line in said.lines if "below" in line] == [f"The lines below the table are left out: {told}."]
    else:
        with pytest.raises(RaggedRow, match="Line 4"):
            read(content)


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,x\n\ny,\n", [["1", "x"], ["y", ""]]),
        (b"a,b,c\n1,x,2\ny,,\n", [["1", "x", "2"], ["y", "", ""]]),
        (b"a,b,c\n1,x,2\ny,,\n,,\nz,,\n", [["1", "x", "2"], ["y", "", ""], ["z", "", ""]]),
        (b"a,b,c\n1,x,2\n\n5,,\n", [["1", "x", "2"], ["5", "", ""]]),
        (b'a,b,c\n1,x,"2\n\nSource: x\n"\n', [["1", "x", "2\n\nSource: x\n"]]),
        (b'a,b,c\n1,x,"\n\n""Source"": x\n y"\n', [["1", "x", '\n\n"Source": x\n y']]),
        (b"a\n1\n\nx\n", [["1"], [], ["x"]]),
    ],
    ids=["two columns", "last row", "several such rows", "number", "in quotes", "escaped", "one column"],
)
def test_a_row_is_not_taken_for_a_note(content: bytes, rows: Table, table) -> None:
    assert table(content)[1:] == rows


def test_short_lines_below_two_columns_are_notes_only_when_set_off(table, read: Read) -> None:
    assert table(b"a,b\n1,x\n\nSource: x\n") == [["a", "b"], ["1", "x"]]
    with pytest.raises(RaggedRow, match="Line 3"):
        read(b"a,b\n1,x\ny\n")


SPARSE = [["id", "a", "b", "c"], ["2", "y", "", ""], ["3", "", "", "x"], ["4", "", "z", ""], ["5", "", "z", ""]]


@pytest.mark.parametrize("format", ["TSV", "CSV"])
def test_tabs_that_are_missing_at_the_ends_of_lines_are_made_up_for(
    format: str, table: Callable[..., Table], said: Said
) -> None:
    lines = ("\t".join(row).rstrip("\t") + "\n" for row in SPARSE)
    assert table("".join(lines).encode(), format=format) == SPARSE
    assert [line for line in said.lines if "fewer fields than the header: 3." in line and "lines 2, 4, 5." in line]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        (b"id\ta\tb\n1\tx\ty\n2\tbro\nken\ty\n3\tx\ty\n", 3),
        (b"id\ta\tb\n1\tx\ty\nNorth\n3\tx\ty\n", 3),
        (b"id,a,b\n1,x,y\n2,x\n3,x,y\n", 3),
    ],
    ids=["halves of a row", "a title among rows", "commas"],
)
def test_other_short_rows_are_not(content: bytes, line: int, read: Read) -> None:
    with pytest.raises(RaggedRow, match=f"Line {line}"):
        read(content, format="TSV", name="table.tsv")


def test_a_title_above_a_very_wide_header_is_found(read: Read) -> None:
    headings = [f"a long heading, number {number:050}" for number in range(1500)]
    quoted = ",".join(f'"{heading}"' for heading in headings).encode()
    assert read(b"Title\n\n" + quoted + b"\n" + b"1," * 1499 + b"1\n").header == tuple(headings)


@pytest.mark.parametrize(
    "content",
    [
        b"x,y\n1,2,3\n4,5,6\n",
        b"name\nSmith, Anna\nJones, Bob\n",
        b"value\n1,5\n2,5\n3,7\n",
        b'x\n"Mazda RX4",21\n"Datsun 710",22\n',
    ],
    ids=["header too short", "names", "decimal commas", "row names"],
)
def test_a_header_is_not_taken_for_a_title(content: bytes, read: Read) -> None:
    with pytest.raises(RaggedRow):
        read(content)


@pytest.mark.parametrize(
    ("content", "header"),
    [
        (b"#id,name\n1,x\n", ("#id", "name")),
        (b"# id,name\n1,x\n", ("# id", "name")),
        (b"# by me\n#id,name\n1,x\n", ("#id", "name")),
        (b"#\n1\n2\n", ("#",)),
        (b'"# a"\nx\n', ("# a",)),
        (b"#,name\n#1,x\n", ("#", "name")),
        (b"#tag,name\n#1,x\n#2,y\n#3,z\n1,y\n", ("#tag", "name")),
        (b"# by me, and her\nid,name\nx,y\n", ("id", "name")),
    ],
)
def test_a_header_may_begin_with_a_hash(content: bytes, header: tuple[str, ...], read: Read) -> None:
    assert read(content).header == header


@pytest.mark.parametrize(
    ("content", "expected", "told"),
    [
        (b"a,b,\n1,2,\n3,4,\n", [["a", "b"], ["1", "2"], ["3", "4"]], "The last column, which"),
        (b"a;b;;;\n1;2;;;\n", [["a", "b"], ["1", "2"]], "The last 3 columns"),
        (b'a,b,\n1,"x,\n",""\n', [["a", "b"], ["1", "x,\n"]], "The last column, which"),
        (b"a,b\n1,2,\n3,4,\n", [["a", "b"], ["1", "2"], ["3", "4"]], "2 rows end in separators"),
        (b"a,b,\n1,2\n3,4\n", [["a", "b"], ["1", "2"], ["3", "4"]], "The last column, which"),
        (b"a,b,\n1,2,\n3,4,x\n", [["a", "b", ""], ["1", "2", ""], ["3", "4", "x"]], ""),
        (b"a,,\n1,,\n3,x,\n", [["a", ""], ["1", ""], ["3", "x"]], "The last column, which"),
        (b"a,b\n1,\n,2\n", [["a", "b"], ["1", ""], ["", "2"]], ""),
    ],
)
def test_empty_columns_at_the_end_are_left_out(content: bytes, expected: Table, told: str, table, said: Said) -> None:
    assert table(content) == expected
    assert any(line.startswith(told) for line in said.lines)
    assert bool(told) or len(said.lines) == 2


@pytest.mark.parametrize(
    ("content", "error", "line"),
    [
        (b"Title\n\na,b,c\n1,2,3\n4,5\n" + b"1,2,3\n" * 9, RaggedRow, 5),
        (b"Title\n\na;b;c\n1;2;3\n4;5\n" + b"1;2;3\n" * 9, RaggedRow, 5),
        (b"Title\r\ra,b,c\r1,2,3\r4,5\r" + b"1,2,3\r" * 9, RaggedRow, 5),
        (b'# by me\na,b\n1,"2\n', BadQuoting, 3),
    ],
)
def test_messages_name_the_line_of_the_published_file(content: bytes, error: type, line: int, read: Read) -> None:
    with pytest.raises(error, match=rf"[Ll]ine {line} "):
        read(content)


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0\x1a", exclude_categories=["Cs"]), max_size=5)
WORD = st.text(st.sampled_from("abcdeéßЖ名 ,;\t|\"'\n\r"), max_size=6)
HEADING = st.text(st.sampled_from('abcxyzÄé名_ ,;|\t"'), min_size=1, max_size=5).filter(
    lambda text: text.strip(' ,;|\t"')
)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.tuples(
        st.lists(HEADING, min_size=width, max_size=width),
        st.lists(st.lists(CELL | WORD, min_size=width, max_size=width), min_size=1, max_size=8),
    ).map(lambda parts: [parts[0], *parts[1]])
)


AGAIN = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=100)


@AGAIN
@given(
    rows=TABLES,
    separator=st.sampled_from(",;\t|"),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    newline=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252", "cp1251", "cp932", "gb18030"]),
)
def test_any_table_in_any_dialect_comes_back_equal(
    rows: Table, separator: str, quoting: Literal[0, 1, 2], newline: str, encoding: str, publish: Publish
) -> None:
    # Python leaves line ends of the other kind without quotes, where nobody could tell them from the ends of rows
    others = {"\n", "\r"} - set(newline)
    assume(quoting != csv.QUOTE_MINIMAL or not any(others & set(value) for row in rows for value in row))
    # one column of a;b is a table of two columns
    assume(quoting == csv.QUOTE_ALL or len(rows[0]) > 1 or not any(set(",;\t|") & set(row[0]) for row in rows))
    # rows of nothing but separators are no rows, and a single value below one at the end is a note
    assume(len(rows[0]) < 2 or all("".join(row).strip() for row in rows))
    # without quotes in the header other separators in it may well be those of the file
    assume(quoting != csv.QUOTE_MINIMAL or not set(",;\t|") & set("".join(rows[0])))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=separator, quoting=quoting, lineterminator=newline).writerows(rows)
    content = out.getvalue().encode(encoding, "ignore")
    assume(content.decode(encoding) == out.getvalue())
    named = ReadOptions(encoding=encoding if encoding.startswith(("cp", "gb")) else "")
    format = {",": "CSV", ";": "SSV", "\t": "TSV", "|": "PSV"}[separator]
    ticket, source = publish(content, format=format, options=named)
    said = Said()
    assert rows_of(check.validate(step.convert(ticket, source, said), said)) == rows


PLAIN = st.text(st.sampled_from("abcéЖ名 0123456789.-"), min_size=1, max_size=6).map(str.strip).filter(bool)
SPOKEN = st.builds(
    lambda words, comma: comma.join(words), st.lists(PLAIN, min_size=2, max_size=3), st.sampled_from([",", ", "])
)
NAME = st.text(st.sampled_from("abcxyzÄé"), min_size=1, max_size=5)
#: what quotes are for
HARD = st.text(st.sampled_from('ab ,;|\t"\n\r'), min_size=1, max_size=5).map(lambda text: f"x{text}x")
LINE_ENDS = st.lists(st.sampled_from(["\n", "\r\n", "\r", "\r\r\n"]), min_size=30, max_size=30)
#: places, separators and blanks of rows without values; a line without any separator is one too
EMPTY = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 6), st.sampled_from(["", " "])), max_size=4)


def tables(heading: st.SearchStrategy[str], value: st.SearchStrategy[str]) -> st.SearchStrategy[Table]:
    return st.integers(2, 4).flatmap(
        lambda width: st.tuples(
            st.lists(heading, min_size=width, max_size=width),
            st.lists(st.lists(value, min_size=width, max_size=width), min_size=1, max_size=8),
        ).map(lambda parts: [parts[0], *parts[1]])
    )


def line_of(row: list[str], separator: str, quoted: bool) -> str:
    return separator.join(
        '"' + value.replace('"', '""') + '"' if quoted or set(value) & {*separator, *'"\r\n'} else value
        for value in row
    )


def with_empty_rows(lines: list[str], separator: str, empty: list[tuple[int, int, str]]) -> list[str]:
    for place, width, blank in empty:
        lines.insert(place, blank + separator * width)
    return lines


def ended(lines: list[str], ends: list[str]) -> bytes:
    return "".join(line + end for line, end in zip(lines, ends, strict=False)).encode()


# not decidable, so not tried: commas in a heading and as often in each row without quotes, which may separate too;
# rows of "" alone, which are values; a single value below the table, which is a note; a CR and blanks at the end of a
# line, which may be a part of the last value
@AGAIN
@example(rows=[["a", "a"], ["0", "0"]], separator=",", quoted=[False] * 9, ends=["\r", *"\n" * 29], empty=[(0, 0, " ")])
@given(
    rows=tables(NAME, PLAIN | SPOKEN),
    separator=st.sampled_from(",;\t|"),
    quoted=st.lists(st.booleans(), min_size=9, max_size=9),
    ends=LINE_ENDS,
    empty=EMPTY,
)
def test_any_table_with_commas_empty_rows_and_all_line_ends_comes_back_equal(
    rows: Table,
    separator: str,
    quoted: list[bool],
    ends: list[str],
    empty: list[tuple[int, int, str]],
    publish: Publish,
) -> None:
    lines = [line_of(row, separator, quote) for row, quote in zip(rows, quoted, strict=False)]
    lines = with_empty_rows(lines, separator, empty)
    assume(not any(end == "\r" and line == " " for end, line in zip(ends, lines[1:], strict=False)))
    said = Said()
    ticket, source = publish(ended(lines, ends))
    found = check.validate(step.convert(ticket, source, said), said)
    assert rows_of(found) == rows
    assert look(found, said).rows == len(rows) - 1


@AGAIN
@given(
    rows=tables(NAME | SPOKEN, PLAIN | SPOKEN | HARD),
    separator=st.sampled_from(",;\t|"),
    ends=LINE_ENDS,
    empty=EMPTY,
)
def test_any_values_in_quotes_come_back_equal_from_among_empty_rows_and_all_line_ends(
    rows: Table, separator: str, ends: list[str], empty: list[tuple[int, int, str]], publish: Publish
) -> None:
    lines = with_empty_rows([line_of(row, separator, True) for row in rows], separator, empty)
    # where CR alone ends the lines up to the second row and LF others, each LF may be one of a value
    assume(any(end != "\r" for end in ends[: len(lines)]))
    said = Said()
    ticket, source = publish(ended(lines, ends))
    found = check.validate(step.convert(ticket, source, said), said)
    assert rows_of(found) == rows
    assert look(found, said).rows == len(rows) - 1


#: a table whose last row has a quote that is not closed
unclosed = partial(example, rows=[["a", "a"], ["0", "0"]], separator=",", quoted=[False] * 9, bad='"x', row=1, column=0)


# not decidable, so not tried: a bad quote in a value beside others that have quotes or line ends within
@AGAIN
@unclosed(ends=["\n", "\n", "\r", *"\n" * 27], empty=[(0, 0, ""), (3, 0, "")])
@unclosed(ends=["\r", *"\n" * 29], empty=[(0, 0, ""), (0, 0, "")])
@given(
    rows=tables(NAME, PLAIN | SPOKEN),
    separator=st.sampled_from(",;\t|"),
    quoted=st.lists(st.booleans(), min_size=9, max_size=9),
    bad=st.sampled_from(['"x" y', '"x', '"', '"x""', '"x"y"', '"x, y" z', '"IL FARO" DI ROSSI']),
    row=st.integers(0, 8),
    column=st.integers(0, 3),
    ends=LINE_ENDS,
    empty=EMPTY,
)
def test_a_bad_quote_in_any_table_ends_in_an_error_that_names_its_line(
    rows: Table,
    separator: str,
    quoted: list[bool],
    bad: str,
    row: int,
    column: int,
    ends: list[str],
    empty: list[tuple[int, int, str]],
    publish: Publish,
) -> None:
    row %= len(rows)
    lines = [line_of(values, separator, quote) for values, quote in zip(rows, quoted, strict=False)]
    values = [value.replace(",", " ") for value in rows[row]]
    values[column % len(values)] = bad
    lines[row] = marked = separator.join(values)
    # how many lines CR LF are where one of them is blank, nobody can tell
    lines = with_empty_rows(lines, separator, [(place, width or 1, blank) for place, width, blank in empty])
    content = ended(lines, ends)
    told = {lines.index(marked) + 1}
    if any(end == "\r" and not line.strip(separator) for line, end in zip(lines, ends, strict=False)):
        # nobody can tell whether a CR after an empty row ends a line, where most lines end in LF
        told |= {content.decode()[: content.decode().index(marked)].count("\n") + 1}
    ticket, source = publish(content)
    with pytest.raises(BadQuoting, match=f"line ({'|'.join(map(str, told))}) "):
        check.validate(step.convert(ticket, source, Said()), Said())


@pytest.fixture
def convert(publish: Publish, said: Said) -> Callable[..., CleanCsv]:
    return lambda content, **how: step.convert(*publish(content, **how), said)


@pytest.fixture
def planned(publish: Publish, said: Said) -> Planned:
    def make(content: bytes, **how: Any) -> LoadPlan:
        ticket, source = publish(content, **how)
        found = look(check.validate(step.convert(ticket, source, said), said), said, ticket.options)
        return plan.decide(ticket, found, None, live=False, file_hash="", log=said)

    return make
