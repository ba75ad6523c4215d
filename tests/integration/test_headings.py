"""Whatever publishers write above a column, the table is loaded, searched and read by its name."""

from __future__ import annotations

import pytest

from tests.fix_tables import Table
from tests.loads import Loader

HEADINGS = [
    "year",
    "100 %",
    "%s",
    "50%(x)s",
    "a:b",
    ":name",
    "from :start",
    "a ::b",
    "a\\:b",
    "time: UTC",
    "it's",
    "{0}",
    "a{b}c",
    "x; DROP TABLE y --",
    "a,b",
    "back\\slash",
    "Größe (m²)",
    "売上",
    "مساحة",
    "two\nlines",
    '5" pipe',
    "_id",
    "_secret",
    "",
    "ctid",
    "é" * 60,
    "é" * 61,
    "year",
]


def test_awkward_headings_become_columns_that_can_be_searched(loader: Loader, table: Table) -> None:
    header = ",".join('"' + heading.replace('"', '""') + '"' for heading in HEADINGS)
    loader.load(f"{header}\n{','.join('x' for _ in HEADINGS)}\n".encode())
    found = table.search()
    names = [field["id"] for field in found["fields"] if field["id"] != "_id"]
    assert len(names) == len(HEADINGS)
    for name in names:
        assert table.search(filters={name: "x"}, fields=[name], sort=f'"{name}" desc')["records"] == [{name: "x"}], name


@pytest.mark.parametrize("heading", ["two\nlines", '5" pipe', "_secret", "é" * 60])
def test_the_original_heading_is_the_label(heading: str, loader: Loader, table: Table) -> None:
    written = heading.replace('"', '""')
    loader.load(f'"{written}"\n1\n'.encode())
    assert table.search()["fields"][1]["info"] == {"label": heading}
