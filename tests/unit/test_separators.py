"""What stands in each row and in the header alike may separate values; where two signs do, that is told."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core.errors import RaggedRow
from tests.fix_file import Read, Said


def rows(line: str, number: int = 20) -> str:
    return "".join(line.format(n=n) + "\n" for n in range(number))


@pytest.mark.parametrize(
    ("header", "line", "separator", "columns"),
    [
        ("name,codes (a;b;c;d)", "Anna,{n};b;c;d", ",", 2),
        ("id,name,codes [a|b|c]", "{n},Anna,x|y|z", ",", 3),
        ("id,name,codes (a; b)", "{n},Anna,x; y", ",", 3),
        ("Fläche (km², ohne See);Einwohner", "0,5;{n}", ";", 2),
        ("Fläche (in km², ca.)|Ort", "1,{n}|Bonn", "|", 2),
    ],
)
def test_what_stands_in_brackets_of_the_header_separates_nothing(
    header: str, line: str, separator: str, columns: int, read: Read, said: Said
) -> None:
    found = read(f"{header}\n{rows(line)}".encode())
    assert (list(found.header), len(found.header), found.rows) == (header.split(separator), columns, 20)
    assert not any("not certain" in each for each in said.lines)


@pytest.mark.parametrize(
    ("header", "line", "doubtful"),
    [
        ("name,codes a;b;c;d", "Anna,x;y;z;{n}", True),
        ("k,v|w", "k{n},a|b", True),
        ("Name,Vorname;Alter", "Muster,Anna;{n}", True),
        ("Last,First\tx,y", "Muster,A\tB,{n}", True),
        ("Name, Vorname;Alter", "Muster, Anna;{n}", False),
        ("Fläche, km²;Ort", "{n},5;Bonn", False),
        ("a,b;c", "{n},5;Bonn", False),
        ('id,"a;b"', '{n},"x;y"', False),
        ("id,name,tags", "{n},Anna,x;y;z", False),
        ("id;name", "{n};Muster,Anna", False),
    ],
)
def test_a_sign_that_separates_as_much_in_all_rows_and_the_header_is_a_doubt(
    header: str, line: str, doubtful: bool, read: Read, said: Said
) -> None:
    assert read(f"{header}\n{rows(line)}".encode()).rows == 20
    assert any("not certain what separates" in each for each in said.lines) == doubtful


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "values",
    [
        ["Well, yes.", "No, never, not once.", "Maybe."],
        ['"Well, yes."', "No, never; not once.", "Maybe."],
        ["Schön, gut.", "", "Nein.", "Ja, ja, ja."],
    ],
)
def test_sentences_with_commas_below_one_heading_are_one_column(
    values: list[str], end: str, read: Read, said: Said
) -> None:
    found = read(f"comment{end}{end.join(values)}{end}".encode())
    assert (found.header, found.rows, found.format) == (("comment",), len(values), "CSV")
    assert said.lines[0].startswith("The header has one heading, and commas and semicolons stand below it")


@pytest.mark.parametrize("line", ["Smith, Anna", "{n},5", "{n}, 5, 7"])
def test_other_values_below_one_heading_are_refused(line: str, read: Read) -> None:
    with pytest.raises(RaggedRow):
        read(f"name\n{rows(line)}".encode())


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_lines_of_separators_above_the_header_are_left_out(separator: str, read: Read) -> None:
    lines = ["", ",,,", ",,", "a,b,c,d", "1,2,3,x", "4,5,6,y"]
    found = read("\n".join([*lines, ""]).replace(",", separator).encode())
    assert (found.header, found.rows) == (("a", "b", "c", "d"), 2)


def test_quotes_behind_blanks_are_quotes_while_separators_are_judged(read: Read) -> None:
    # else `"a` and `b"` would be values, and three columns agree
    with pytest.raises(RaggedRow, match="Line 2"):
        read(b'id, "na, me"; "x"\n1, "a, b"\n2, "c; d, e"\n')


@pytest.mark.parametrize("table", ['"_\t\t","\t_"\n"","0\t"\n', '"_","_\t\t"\n"","\t0"\n'])
def test_a_sign_within_quotes_does_not_separate_what_another_does(table: str, read: Read) -> None:
    found = read(table.encode())
    assert (len(found.header), found.rows) == (2, 1)
