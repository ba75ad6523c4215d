"""A resource for each sheet of a workbook: who is made, what they read, and that they follow the file."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories

from ckanext.datapusher_plus import portal, settings
from ckanext.datapusher_plus.core.errors import SheetsFileGone
from ckanext.datapusher_plus.core.parts import Part
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import Published, Ticket
from ckanext.datapusher_plus.runs import contents
from ckanext.datapusher_plus.runs.claim import claim
from ckanext.datapusher_plus.runs.finish import finish
from ckanext.datapusher_plus.steps.convert import convert
from ckanext.datapusher_plus.steps.fetch import fetched
from tests.books import rows, xlsx, zipped
from tests.fix_ckan import Act, Runs, Upload
from tests.fix_file import Said

BOOK = xlsx(rows(["a", "b"], ["1", "2"]), rows(["c", "d"], ["3", "4"]), rows(["e", "f"], ["5", "6"]))
PARTS = tuple(Part(name=name) for name in ("one", "two", "three"))
READ = Published(rows=1, columns=(("a", "text"),), file_hash="0", load_key="0", read_as={"sheet": "one"})


def end_all(runs: Runs, parts: tuple[Part, ...] = PARTS, published: Published = READ) -> None:
    """End the queued runs as a worker does."""
    for row in runs():
        if row["state"] == "queued":
            assert claim(row["id"], flow_run_id=None, worker="here:1")
            contents.keep(row["id"], parts)
            assert finish(row["id"], State.COMPLETE, message="", published=published)


@pytest.fixture
def first(dataset: dict[str, Any], act: Act, upload: Upload, runs: Runs) -> dict[str, Any]:
    """A resource whose workbook of three sheets was loaded."""
    made = act("resource_create", package_id=dataset["id"], name="People", format="XLSX", upload=upload(BOOK, "a.xlsx"))
    end_all(runs)
    return made


def ticket(resource_id: str, folder: Path) -> Ticket:
    moment = datetime.now(timezone.utc)
    known = {"run_id": "r", "ignore_hash": False, "dry_run": False, "requested_at": moment}
    return portal.ticket(resource_id=resource_id, work_dir=folder, **known)


def others(act: Act, first: dict[str, Any]) -> list[dict[str, Any]]:
    return act("package_show", id=first["package_id"])["resources"][1:]


def test_a_resource_is_made_of_each_other_sheet_and_queued(first: dict[str, Any], act: Act, runs: Runs) -> None:
    made = act("datapusher_plus_all_sheets", id=first["id"])
    assert [(each["name"], each["sheet"]) for each in made] == [("People – two", "two"), ("People – three", "three")]
    assert [each["id"] for each in made] == [each["id"] for each in others(act, first)]
    assert {each["dpp_sheet_of"] for each in others(act, first)} == {first["id"]}
    assert [row["state"] for each in made for row in runs(each["id"])] == ["queued", "queued"]
    assert len(runs(first["id"])) == 1
    with pytest.raises(tk.ValidationError, match="has a resource already"):
        act("datapusher_plus_all_sheets", id=first["id"])
    with pytest.raises(tk.ValidationError, match="itself a sheet"):
        act("datapusher_plus_all_sheets", id=made[0]["id"])


def test_only_sheets_with_something_in_them_are_made(first: dict[str, Any], act: Act, runs: Runs) -> None:
    act("datapusher_submit", resource_id=first["id"])
    end_all(runs, (*PARTS[:2], Part(name="three", is_empty=True), Part(name="ONE")))
    assert [each["sheet"] for each in act("datapusher_plus_all_sheets", id=first["id"])] == ["two"]


def test_a_resource_is_made_of_each_file_of_an_archive(
    dataset: dict[str, Any], act: Act, upload: Upload, runs: Runs, tmp_path: Path
) -> None:
    archive = zipped({"a.csv": "a,b\n1,2\n", "b.csv": "c,d\n3,4\n"})
    made = act("resource_create", package_id=dataset["id"], name="All", format="ZIP", upload=upload(archive, "a.zip"))
    act("datapusher_submit", resource_id=made["id"])
    # the table is the list of the files
    end_all(runs, tuple(Part(name=name, size=8) for name in ("a.csv", "b.csv")), replace(READ, read_as={}))
    sheets = act("datapusher_plus_all_sheets", id=made["id"])
    assert [(each["name"], each["sheet"]) for each in sheets] == [("All – a.csv", "a.csv"), ("All – b.csv", "b.csv")]
    asked = ticket(sheets[1]["id"], tmp_path)
    assert convert(asked, fetched(asked, settings.current(), Said()), Said()).header == ("c", "d")


def test_without_a_load_nobody_knows_the_sheets(dataset: dict[str, Any], act: Act, upload: Upload) -> None:
    made = act("resource_create", package_id=dataset["id"], format="XLSX", upload=upload(BOOK, "a.xlsx"))
    with pytest.raises(tk.ValidationError, match="No sheet of this file has been loaded yet"):
        act("datapusher_plus_all_sheets", id=made["id"])


def test_the_others_read_the_stored_file_also_of_a_private_dataset(
    first: dict[str, Any], act: Act, said: Said, tmp_path: Path
) -> None:
    organization = factories.Organization()
    act("package_patch", id=first["package_id"], owner_org=organization["id"], private=True)
    [two, _] = act("datapusher_plus_all_sheets", id=first["id"])
    found = ticket(two["id"], tmp_path)
    assert (found.file_of, found.url_type, found.options.sheet) == (first["id"], "upload", "two")
    assert fetched(found, settings.current(), said).path.read_bytes() == BOOK


def test_the_others_follow_each_upload_and_nothing_else(
    first: dict[str, Any], act: Act, upload: Upload, runs: Runs
) -> None:
    made = act("datapusher_plus_all_sheets", id=first["id"])
    end_all(runs)
    act("resource_patch", id=first["id"], name="renamed")
    act("resource_patch", id=first["id"], dpp_decimal=",")
    assert [len(runs(each["id"])) for each in made] == [1, 1]
    act("resource_patch", id=first["id"], upload=upload(BOOK, "b.xlsx"))
    assert [[row["cause"] for row in runs(each["id"])] for each in made] == [["url", "upload"]] * 2
    act("resource_delete", id=made[0]["id"])
    end_all(runs)
    act("resource_patch", id=first["id"], upload=upload(BOOK, "c.xlsx"))
    assert [len(runs(each["id"])) for each in made] == [2, 3]


def test_clients_that_do_not_know_the_field_leave_it(first: dict[str, Any], act: Act, runs: Runs) -> None:
    [two, _] = act("datapusher_plus_all_sheets", id=first["id"])
    known = {name: value for name, value in others(act, first)[0].items() if not name.startswith("dpp_")}
    act("resource_update", **known)
    assert act("resource_show", id=two["id"])["dpp_sheet_of"] == first["id"]


def test_when_the_first_is_deleted_the_others_say_so(first: dict[str, Any], act: Act, tmp_path: Path) -> None:
    [two, _] = act("datapusher_plus_all_sheets", id=first["id"])
    act("resource_delete", id=first["id"])
    with pytest.raises(SheetsFileGone):
        ticket(two["id"], tmp_path)


def test_the_file_of_another_dataset_is_not_read(first: dict[str, Any], act: Act, tmp_path: Path) -> None:
    thief = factories.Resource(
        package_id=factories.Dataset()["id"], format="XLSX", url="http://example.org/a", dpp_sheet_of=first["id"]
    )
    with pytest.raises(SheetsFileGone):
        ticket(thief["id"], tmp_path)
