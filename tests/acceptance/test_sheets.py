"""All sheets of a workbook as tables: one click, and each new upload is followed."""

from __future__ import annotations

import io
from typing import Any

import pytest
from werkzeug.datastructures import FileStorage

from tests.books import rows, xlsx
from tests.fix_ckan import Act
from tests.fix_worker import Ended

pytestmark = pytest.mark.usefixtures("worker")


def workbook(**sheets: list[list[str]]) -> FileStorage:
    """Return a workbook with these sheets, as a form sends it."""
    content = xlsx(*(rows(*table) for table in sheets.values()), names=tuple(sheets), states=("visible",) * len(sheets))
    return FileStorage(io.BytesIO(content), filename="people.xlsx")


def table(*names: str, times: int) -> list[list[str]]:
    return [list(names), *([f"{name}{n}" for name in names] for n in range(times))]


def total(act: Act, resource: dict[str, Any]) -> int:
    return act("datastore_search", resource_id=resource["id"])["total"]


@pytest.mark.smoke
def test_every_sheet_is_a_table_that_follows_the_next_upload(dataset: dict[str, Any], act: Act, ended: Ended) -> None:
    book = workbook(Towns=table("a", "b", times=3), Rivers=table("c", "d", times=4), Lakes=table("e", "f", times=5))
    first = act("resource_create", package_id=dataset["id"], name="Water", upload=book, format="XLSX")
    ended(first)
    rivers, lakes = act("datapusher_plus_all_sheets", resource_id=first["id"])
    for each in (rivers, lakes):
        assert ended(each)["task_info"]["state"] == "complete"
    assert [total(act, each) for each in (first, rivers, lakes)] == [3, 4, 5]
    act(
        "resource_patch",
        id=first["id"],
        upload=workbook(Towns=table("a", "b", times=6), Rivers=table("c", "d", times=7)),
    )
    assert ended(rivers, "complete", "complete_with_warnings")["task_info"]["rows"] == 7
    gone = ended(lakes, "error")
    assert "The file has no “Lakes”. It has “Towns”, “Rivers”" in gone["error"]["message"]
    assert total(act, lakes) == 5, "the table of a sheet that is gone stays"
