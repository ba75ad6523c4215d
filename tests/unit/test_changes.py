"""What a load changes is said: first what shows that the file may be the wrong one, then each difference."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus.core.changes import LastLoad
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.core.values import LoadPlan
from ckanext.datapusher_plus.steps import plan
from tests.fix_file import Analyse, Said, ticket

Decide = Callable[..., LoadPlan]
LABEL = ' {"_info":{"label":"Said by hand"}}'


def table(**types: str) -> Dictionary:
    return Dictionary(columns=tuple(Column(name=name, type=type, comment=LABEL) for name, type in types.items()))


@pytest.fixture
def decide(analyse: Analyse, said: Said, tmp_path: Path) -> Decide:
    """Plan the load of a file over a table."""

    def run(
        content: bytes, before: Dictionary | None = None, chosen: Sequence[str] = (), sheet: str = "", **last: Any
    ) -> LoadPlan:
        known = LastLoad(**{"rows": 2, **last}) if before else LastLoad()
        analysed = analyse(content)
        analysed = replace(analysed, csv=replace(analysed.csv, sheet=sheet))
        said.lines.clear()
        asked = ticket(tmp_path)
        made = plan.decide(asked, analysed, before, live=before is not None, file_hash="", log=said, last=known)
        return plan.tell(made, analysed, known, said, chosen)

    return run


@pytest.mark.parametrize(
    "content",
    [
        b"message\nService unavailable\nTry later\n",
        b"Error\nno such layer\n",
        b"error_message\nx\n",
        b"ErrorMessage\nx\n",
        b"503 Service Unavailable\nx\n",
        b"Fehler:\nx\n",
        b"The service is temporarily unavailable.\nx\n",
        b"Access Denied\n",
        "エラー\nx\n".encode(),
    ],
)
def test_a_lone_column_named_like_an_error_message_is_doubted(content: bytes, decide: Decide) -> None:
    assert "may be a server's error message" in decide(content).warnings[0]


@pytest.mark.parametrize(
    "content",
    [
        b"name\nAda\n",
        b"error\n0.5\n0.7\n",
        b"message,day\nx,2026-01-01\n",
        b"code\nA1\n",
        b"terror\nx\n",
    ],
)
def test_other_columns_are_not_doubted(content: bytes, decide: Decide) -> None:
    assert decide(content).warnings == ()


def test_that_nothing_of_the_table_is_left_is_said_first(decide: Decide) -> None:
    first, second = decide(b"message\nService unavailable\nTry later\n", table(day="date", region="text")).warnings
    assert first.startswith("No column of the earlier table is in the new file: the table had “day”, “region”")
    assert "earlier versions of the Data Dictionary on the DataStore tab" in first
    assert "error message" in second
    assert decide(b"day,x\n2026-01-01,1\n", table(day="date")).warnings == ()
    undescribed = Dictionary(columns=(Column(name="day", type="date"),))
    assert "are kept" not in decide(b"x,y\n1,2\n", undescribed).warnings[0]


@pytest.mark.parametrize(
    ("read_as", "expected"),
    [
        ({"encoding": "Windows-1252", "separator": "commas"}, ["encoding “UTF-8” instead of “Windows-1252”"]),
        ({"encoding": "UTF-8", "separator": "semicolons"}, ["separator “commas” instead of “semicolons”"]),
        ({"encoding": "UTF-8", "separator": "commas", "sheet": "S"}, []),
        ({}, []),
    ],
)
def test_a_file_that_is_read_differently_is_said_first(
    read_as: dict[str, str],
    expected: list[str],
    decide: Decide,
) -> None:
    found = decide(b"a,b\n1,2\n", table(a="numeric", b="numeric"), read_as=read_as).warnings
    assert len(found) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, found, strict=True))


@pytest.mark.parametrize(
    ("file", "before", "expected"),
    [
        # the trap: thousands with a point look like small numbers
        (b"a;b\n8.608;x\n3.982;y\n", "comma", ["decimal separator “.” instead of “,”"]),
        (b"a;b\n8,5;x\n3,25;y\n", "point", ["decimal separator “,” instead of “.”"]),
        (b"a;b\n8,5;x\n3,25;y\n", "comma", []),
        (b"a;b\n8,5;x\n3,25;y\n", "comma point", []),
        (b"a;b\n8,5;x\n3,25;y\n", "unclear", []),
        (b"a;b\n8;x\n3;y\n", "comma", []),
    ],
)
def test_another_decimal_separator_is_said_first(file: bytes, before: str, expected: list[str], decide: Decide) -> None:
    found = decide(file, table(a="numeric", b="text"), read_as={"decimal": before}).warnings
    assert len(found) == len(expected)
    assert all(part in sentence for part, sentence in zip(expected, found, strict=True))


def test_nobody_is_warned_of_what_they_have_chosen(decide: Decide) -> None:
    before = {"encoding": "Windows-1252", "separator": "semicolons"}
    (said,) = decide(b"a,b\n1,2\n", table(a="numeric"), ["encoding"], read_as=before).warnings
    assert "separator" in said
    assert "encoding" not in said


def test_of_another_sheet_that_was_chosen_only_lost_labels_are_told(decide: Decide) -> None:
    before = {"read_as": {"sheet": "A"}, "rows": 100}
    (said,) = decide(b"x\n1\n", table(day="date"), ["sheet"], sheet="B", **before).warnings
    assert said.startswith("Labels and descriptions that belong to no column now: “day”.")
    unasked = decide(b"x\n1\n", table(day="date"), sheet="B", **before).warnings
    assert [each.split(":")[0] for each in unasked] == [
        "No column of the earlier table is in the new file",
        "This file was read differently from the last one",
    ]
    again = decide(b"x\n1\n", table(day="date"), ["sheet"], sheet="A", **before).warnings
    assert again[0].startswith("No column of the earlier table")


def test_what_changes_about_the_table_is_logged(decide: Decide, said: Said) -> None:
    override = Column(name="day", type="date", comment=' {"_info":{"type_override":"text"}}')
    before = table(region="text", value="text", kept="text")
    before = Dictionary(columns=(*before.columns, override))
    made = decide(b"day,value,kept,brand_new_thing\n" + b"2026-01-01,1,x,y\n" * 40, before, rows=60)
    assert said.lines == [
        "Rows: 60 before, 40 now.",
        "Columns added: “brand_new_thing”.",
        "Columns that the file does not have any more: “region”.",
        "Column “day” was date and is text now, as the Data Dictionary says.",
        "Column “value” was text and is numeric now.",
    ]
    assert made.warnings == (
        "Labels and descriptions that belong to no column now: “region”. They are kept, and come back with a column of "
        "that name.",
    )


def test_that_most_rows_are_gone_is_said_first(decide: Decide) -> None:
    before = table(a="text")
    assert decide(b"a\nx\n", before, rows=2).warnings == ()
    (warning,) = decide(b"a\nx\n", before, rows=3).warnings
    assert "More than half of the rows are gone: the table had 3, the file has 1." in warning


def test_a_pair_that_the_log_offers_is_kept_for_the_tab(decide: Decide, said: Said) -> None:
    undescribed = (Column(name="x", type="text"), Column(name="y", type="text"))
    before = Dictionary(columns=(*undescribed, *table(heigth="numeric").columns))
    content = b"x,y,height\na,b,1\n"
    made = decide(content, before)
    assert made.renamed == (("heigth", "height"),)
    assert any("“height” is a new column" in line and "carried over" in line for line in said.lines)
    later = Dictionary(columns=(*undescribed, Column(name="height", type="numeric")), removed=before.columns[2:])
    assert decide(content, later, renamed=made.renamed).renamed == made.renamed
    assert "“heigth”, which an earlier file had, is perhaps “height” now." in " ".join(said.lines)


def test_a_lone_pair_with_unlike_names_is_kept_though_other_columns_are_not_described(decide: Decide) -> None:
    before = Dictionary(columns=(Column(name="x", type="text"), *table(v1="numeric").columns))
    assert decide(b"x,temperature\na,1\n", before).renamed == (("v1", "temperature"),)
    described = Dictionary(columns=(*before.columns, *table(temperature="numeric").columns))
    assert decide(b"x,temperature\na,1\n", described).renamed == ()
