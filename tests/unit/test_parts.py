"""The parts of a file, and the first cells by which people recognise them."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import ZIP_BZIP2, ZIP_DEFLATED, ZIP_LZMA, ZIP_STORED, ZipFile

import pytest

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.errors import NoSuchSheet
from ckanext.datapusher_plus.core.parts import (
    HIDDEN,
    MOST_PARTS,
    Part,
    from_json,
    has_others,
    named,
    shortened,
    shown_to_editors,
    to_json,
)
from ckanext.datapusher_plus.core.personal_data.detectors import Detector
from ckanext.datapusher_plus.core.values import ReadOptions
from ckanext.datapusher_plus.formats.parts import note, noted
from ckanext.datapusher_plus.steps.convert import convert
from ckanext.datapusher_plus.steps.screen_parts import screened, searched
from tests.books import rows, unzipped, xlsx, zipped
from tests.fix_file import Publish, Said


def test_the_first_row_with_several_values_has_the_headings() -> None:
    part = Part.of_rows("Data", [["A title"], [None, " "], ["day", None, "count"], ["1", "2"]])
    assert (part.cells, part.is_empty) == (("day", "count"), False)
    assert Part.of_rows("Notes", [["Only text"], ["More"]]).cells == ("Only text",)
    assert Part.of_rows("Nothing", [[None, ""]]) == Part(name="Nothing", is_empty=True)


@pytest.mark.parametrize("value", ["ada@example.org", "123-45-6789", "DE89 3704 0044", "+49 170 1234567"])
def test_cells_keep_nothing_that_may_be_personal_data(value: str) -> None:
    assert Part.of_rows("x", [["name", value]]).cells == ("name", HIDDEN)


def test_cells_are_short_and_on_one_line() -> None:
    part = Part.of_rows("x", [[str(n) for n in range(20)], ["a"]])
    assert len(part.cells) == 8
    [first, _] = shortened(Part.of_rows("x", [["a\n\u202eb" + "c" * 500, "d"]])).cells
    assert (len(first), first[:4], first[-1]) == (40, "a \ufffdb", "…")


def test_parts_are_stored_and_read_back() -> None:
    parts = (Part(name="a\u202eb", cells=("x",), is_screened=True), Part(name="c", is_empty=True, size=0))
    assert from_json(to_json(parts)) == parts
    assert named(["a\0\ud800"])[0].name == "a?"
    assert len(to_json(Part(name=str(n)) for n in range(200))) == MOST_PARTS


def test_what_a_reader_leaves_half_written_is_nothing(tmp_path: Path) -> None:
    assert noted(tmp_path) == ()
    note(tmp_path, [Part(name="a")])
    assert noted(tmp_path) == (Part(name="a"),)
    for wrong in ("[{", "[1]", '[{"name": "a"}]', "3", '{"a": {}}', '[{"name": "a", "cells": 3}]'):
        (tmp_path / "parts.json").write_text(wrong)
        assert noted(tmp_path) == ()


BOOK = xlsx(rows(["a", "b"], ["1", "2"]), rows(["Title"], ["c", "d"], ["3", "4"]), "")


def found(publish: Publish, said: Said, content: bytes, **how: Any) -> tuple[Part, ...]:
    """Convert a file, and return the parts that were noted, also if it cannot be loaded."""
    ticket, source = publish(content, **how)
    with suppress(NoSuchSheet):
        convert(ticket, source, said)
    return noted(ticket.work_dir)


@pytest.mark.parametrize("sheet", ["", "two", "gone"])
def test_all_sheets_of_a_workbook_are_noted(sheet: str, publish: Publish, said: Said) -> None:
    parts = found(publish, said, BOOK, name="a.xlsx", format="XLSX", options=ReadOptions(sheet=sheet))
    assert [part.name for part in parts] == ["one", "two", "three"]
    if sheet != "gone":
        assert [part.cells for part in parts] == [("a", "b"), ("c", "d"), ()]
        assert [part.is_empty for part in parts] == [False, False, True]


def test_a_damaged_sheet_that_nobody_asked_for_does_no_harm(publish: Publish, said: Said) -> None:
    members = unzipped(BOOK) | {"xl/worksheets/sheet2.xml": b"<worksheet><no"}
    parts = found(publish, said, zipped(members), name="a.xlsx", format="XLSX", options=ReadOptions(sheet="one"))
    assert [(part.name, part.cells) for part in parts] == [("one", ("a", "b")), ("two", ()), ("three", ())]


def test_lists_of_records_are_noted(publish: Publish, said: Said) -> None:
    content = b'{"people": [{"name": "Ada", "age": 36}], "meta": {"towns": [{"town": "Ulm"}]}, "tags": ["x"]}'
    parts = found(publish, said, content, name="a.json", format="JSON")
    assert [(part.name, part.cells) for part in parts] == [("people", ("name", "age")), ("meta.towns", ("town",))]


ARCHIVE = {
    "b/semi.csv": "day;count\n1;2\n",
    "tabs.tsv": "x\ty\n1\t2\n",
    "old.csv": "größe,maß\n1,2\n".encode("cp1252"),
    "wide.csv": "a,b\n" + "1,2\n" * 9000,
    "nothing.csv": "",
    "book.xlsx": BOOK,
    "readme.txt": "words",
}


def test_the_files_of_an_archive_are_noted_with_their_sizes(publish: Publish, said: Said) -> None:
    parts = found(publish, said, zipped(ARCHIVE), name="a.zip", format="ZIP")
    assert [(part.name, part.cells) for part in parts] == [
        ("b/semi.csv", ("day", "count")),
        ("tabs.tsv", ("x", "y")),
        ("old.csv", ("größe", "maß")),
        ("wide.csv", ("a", "b")),
        ("nothing.csv", ()),
        ("book.xlsx", ()),
    ]
    assert [part.size for part in parts][:2] == [14, 8]
    assert [part.is_empty for part in parts] == [False, False, False, False, True, False]
    chosen = found(publish, said, zipped(ARCHIVE), name="a.zip", options=ReadOptions(sheet="book.xlsx"))
    assert chosen == parts


@pytest.mark.parametrize("packed", [ZIP_STORED, ZIP_DEFLATED, ZIP_BZIP2, ZIP_LZMA])
def test_a_damaged_file_of_an_archive_does_no_harm(packed: int, publish: Publish, said: Said) -> None:
    out, text = io.BytesIO(), "".join(f"{n},x{n * n}\n" for n in range(2000))
    with ZipFile(out, "w", packed) as archive:
        archive.writestr("bad.csv", text)
    with ZipFile(out, "a", packed) as archive:
        archive.writestr("good.csv", "a,b\n1,2\n")
    content = bytearray(out.getvalue())
    # behind the head of the first file
    content[40:300] = bytes(reversed(content[40:300]))
    parts = found(publish, said, bytes(content), name="a.zip", options=ReadOptions(sheet="good.csv"))
    assert [part.name for part in parts] == ["bad.csv", "good.csv"]
    assert parts[1].cells == ("a", "b")


def test_sheets_of_the_only_file_of_an_archive_are_noted(publish: Publish, said: Said) -> None:
    parts = found(publish, said, zipped({"book.xlsx": BOOK}), name="a.zip", format="ZIP")
    assert [part.name for part in parts] == ["one", "two", "three"]


def test_resources_can_be_made_of_the_files_of_a_listed_archive() -> None:
    files = (Part(name="a.csv", size=3), Part(name="b.csv", size=3))
    assert has_others(files, "")
    assert not has_others(files[:1], "")
    assert not has_others((Part(name="one"), Part(name="two")), "")
    assert has_others((Part(name="one"), Part(name="two")), "one")


SECRET = Part(
    name="Staff",
    cells=("Name", "EMP-4711 " + "x" * 60, "y" * 30 + " DE89 3704 0044 0532 0130 00", "Phone", "2 34 56", "year 2020"),
)


@pytest.fixture
def mode(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Set what the site does about personal data."""

    def set_mode(value: str) -> None:
        monkeypatch.setattr(settings, "_current", replace(settings.current(), pii_mode=value))

    return set_mode


def test_first_cells_are_screened_where_the_site_looks_for_personal_data(
    publish: Publish, mode: Callable[[str], None]
) -> None:
    ticket, _ = publish(b"")
    mode("off")
    [part] = screened(ticket, [SECRET])
    assert (part.cells[1][:8], part.cells[4], part.is_screened) == ("EMP-4711", "2 34 56", False)
    mode("report")
    [part] = screened(ticket, [SECRET])
    assert part.cells == ("Name", "EMP-4711 " + "x" * 30 + "…", HIDDEN, "Phone", HIDDEN, "year 2020")
    assert part.is_screened
    assert screened(ticket, []) == ()


def test_the_sites_own_patterns_screen_first_cells(tmp_path: Path) -> None:
    own = Detector(name="Staff number", pattern=r"\bEMP-\d{4}\b")
    [part] = searched([SECRET], [own], tmp_path)
    assert (part.cells[:2], part.cells[4]) == (("Name", HIDDEN), "2 34 56")


def test_cells_that_were_not_screened_are_not_shown_once_the_site_screens() -> None:
    parts = (SECRET, replace(SECRET, is_screened=True))
    assert [bool(part.cells) for part in shown_to_editors(parts, is_screening=True)] == [False, True]
    assert shown_to_editors(parts, is_screening=False) == parts


def test_a_text_file_has_no_parts(publish: Publish, said: Said) -> None:
    assert found(publish, said, b"a,b\n1,2\n") == ()
