"""Whatever publishers write above a column, the table is loaded, searched and read by its name."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ckanext.datapusher_plus import settings
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


def described(table: Table, label: str) -> None:
    """Save label and description of the only column, as CKAN's form does."""
    name = table.facts.columns[0].name
    fields = [{"id": name, "type": "text", "info": {"label": label, "notes": "N"}}]
    table.act("datastore_create", resource_id=table.resource_id, force=True, fields=fields)


@pytest.mark.parametrize(("label", "expected"), [("", '5" pipe'), ("Pipe", "Pipe")])
def test_a_heading_becomes_the_label_of_a_described_column_only_where_it_is_empty(
    label: str, expected: str, loader: Loader, table: Table
) -> None:
    loader.load(b'"5"" pipe"\n1\n')
    described(table, label)
    loader.load(b'"5"" pipe"\n2\n')
    assert table.facts.columns[0].info == {"label": expected, "notes": "N"}


def test_a_label_that_is_emptied_while_a_file_is_loaded_stays_empty(loader: Loader, table: Table) -> None:
    loader.load(b'"5"" pipe"\n1\n')
    made = loader.plan(b'"5"" pipe"\n2\n')
    described(table, "")
    loader.write(made)
    assert table.facts.columns[0].info == {"label": "", "notes": "N"}


def test_a_column_that_ckans_search_would_hide_has_another_name_and_keeps_its_label(
    loader: Loader, table: Table
) -> None:
    now = settings.current()
    settings.use(replace(now, reserved_colnames=frozenset({"_id"})))
    loader.load(b"name,rank\none,7\n")
    table.run('COMMENT ON COLUMN {table}.rank IS \' {{"_info":{{"label":"Place","type_override":"text"}}}}\'')
    settings.use(now)
    loader.load(b"name,rank,query\none,7,x\n")
    found = table.search(q="one")
    assert [{k: record[k] for k in ("name", "reserved_rank", "reserved_query")} for record in found["records"]] == [
        {"name": "one", "reserved_rank": "7", "reserved_query": "x"}
    ]
    labels = {field["id"]: field.get("info", {}).get("label") for field in table.search()["fields"]}
    assert labels["reserved_rank"] == "Place"
    assert not any("reserved_rank" in line and "new column" in line for line in loader.said.lines)
