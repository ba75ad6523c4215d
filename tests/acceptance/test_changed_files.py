"""A file that is another one than its publisher thinks: the load says so, in log, status and on the DataStore tab."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from bs4 import BeautifulSoup
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from werkzeug.datastructures import FileStorage

from tests.books import rows, xlsx
from tests.fix_ckan import Act, Upload
from tests.fix_web import Web
from tests.fix_worker import Ended, WorkerUnderTest, until

MAINTENANCE = b"message\nService unavailable\nTry later\n"


@pytest.fixture(autouse=True)
def fetching(worker_process: WorkerUnderTest) -> WorkerUnderTest:
    """A worker that may fetch from this machine."""
    worker_process.start(allowed_internal_hosts="127.0.0.1")
    return worker_process


def workbook(**sheets: list[list[object]]) -> FileStorage:
    """Return a workbook with these sheets, as a form sends it."""
    tables = [rows(*([str(value) for value in row] for row in table)) for table in sheets.values()]
    return FileStorage(io.BytesIO(xlsx(*tables, names=tuple(sheets))), filename="people.xlsx")


def two_sheets() -> FileStorage:
    summary = [["region", "year", "total"], *([f"R{n}", 2024, n] for n in range(40))]
    data = [["day", "region", "value", "note"], *([f"2026-01-{n % 28 + 1:02}", f"R{n}", n, "x"] for n in range(60))]
    return workbook(Summary=summary, Data=data)


def said(status: dict[str, Any]) -> str:
    return " ".join(line["message"] for line in status["task_info"]["logs"])


def warned(status: dict[str, Any]) -> list[str]:
    return [line["message"] for line in status["task_info"]["logs"] if line["level"] == "WARNING"]


def test_the_web_form_does_not_change_the_sheet_and_a_change_is_said_first(
    dataset: dict[str, Any], act: Act, app: Any, ended: Ended
) -> None:
    resource = act("resource_create", package_id=dataset["id"], upload=two_sheets(), format="XLSX", dpp_sheet="Data")
    assert ended(resource)["task_info"]["rows"] == 60
    headers = {"Authorization": factories.SysadminWithToken()["token"]}
    address = tk.url_for("dataset_resource.edit", id=dataset["id"], resource_id=resource["id"])
    form = {"url": "people.xlsx", "url_type": "upload", "format": "XLSX", "name": "new", "save": "x"}
    app.post(address, headers=headers, data={**form, "upload": (two_sheets().stream, "next.xlsx")})
    again = ended(resource, "complete", "complete_with_warnings")["task_info"]
    assert (again["state"], again["rows"], len(again["columns"])) == ("complete", 60, 4)
    act("resource_patch", id=resource["id"], dpp_sheet="")
    status = ended(resource, "complete_with_warnings")
    assert (status["task_info"]["rows"], len(status["task_info"]["columns"])) == (40, 3)
    assert "sheet “Summary” instead of “Data”" in status["task_info"]["warnings"][0]
    assert warned(status)[0] == status["task_info"]["warnings"][0]


@pytest.fixture
def described(uploaded: dict[str, Any], act: Act, upload: Upload, ended: Ended) -> dict[str, Any]:
    """A resource with a table of 60 rows whose columns are described."""
    ended(uploaded)
    table = "".join(f"2026-01-{n % 28 + 1:02},R{n},x,{n}\n" for n in range(60))
    act("resource_patch", id=uploaded["id"], upload=upload(b"day,region,note,v1\n" + table.encode()))
    ended(uploaded, "complete", "complete_with_warnings")
    dictionary = [
        {"id": "day", "type": "date", "info": {"label": "Day", "type_override": "text"}},
        {"id": "region", "type": "text", "info": {"label": "Region"}},
        {"id": "v1", "type": "numeric", "info": {"label": "Value"}},
    ]
    act("datastore_create", resource_id=uploaded["id"], fields=dictionary, force=True)
    return uploaded


def by_upload(act: Act, upload: Upload, web: Web, resource: dict[str, Any]) -> None:
    act("resource_patch", id=resource["id"], upload=upload(MAINTENANCE))


def by_link(act: Act, upload: Upload, web: Web, resource: dict[str, Any]) -> None:
    act("resource_patch", id=resource["id"], url=web.url("maintenance"), url_type="", format="CSV")


@pytest.mark.parametrize("publish", [by_upload, by_link])
def test_a_server_message_in_place_of_a_table_is_said_first(
    publish: Callable[..., None],
    described: dict[str, Any],
    act: Act,
    upload: Upload,
    web: Web,
    ended: Ended,
) -> None:
    publish(act, upload, web, described)
    status = ended(described, "complete_with_warnings")
    first, second = status["task_info"]["warnings"]
    assert first.startswith("No column of the earlier table is in the new file")
    assert "earlier versions of the Data Dictionary on the DataStore tab" in first
    assert "may be a server's error message" in second
    assert warned(status)[:2] == [first, second]
    history = act("datapusher_plus_dictionary_history", resource_id=described["id"])
    assert any(entry["described"] == 3 for entry in history)


@pytest.mark.smoke
def test_what_changes_about_a_table_is_in_the_log(
    described: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    table = "".join(f"2026-01-{n % 28 + 1:02},x,{n},x\n" for n in range(40))
    act("resource_patch", id=described["id"], upload=upload(b"day,note,v1,extra\n" + table.encode()))
    log = said(ended(described, "complete_with_warnings"))
    assert "Rows: 60 before, 40 now." in log
    assert "Columns added: “extra”." in log
    assert "Columns that the file does not have any more: “region”." in log
    assert "Column “day” was date and is text now, as the Data Dictionary says." in log
    assert "Labels and descriptions that belong to no column now: “region”." in log


def test_a_renamed_column_is_offered_on_the_tab_as_the_log_says(
    described: dict[str, Any], act: Act, app: Any, upload: Upload, ended: Ended
) -> None:
    table = b"2026-01-01,R,x,5\n"
    for content in (table, table * 2):
        # “note” is not described either, and a later load finds the table under the new name
        act("resource_patch", id=described["id"], upload=upload(b"day,region,note,temperature\n" + content))
        assert "“temperature”" in (log := said(ended(described, "complete", "complete_with_warnings")))
        assert "“v1”" in log
        assert "can be carried over on the DataStore tab" in log
        headers = {"Authorization": factories.SysadminWithToken()["token"]}
        page = app.get(f"/dataset/{described['package_id']}/resource_data/{described['id']}", headers=headers)
        pairs = BeautifulSoup(page.text, "html.parser").select("form:has(button[name=carry]) .dpp-name")
        assert [pair.get_text() for pair in pairs] == ["v1 → temperature"]


EMPTY = [b"", b"\n\n", b"name,age\n"]


@pytest.mark.parametrize("content", EMPTY)
def test_a_file_without_rows_over_a_table_is_a_warning(
    content: bytes, uploaded: dict[str, Any], act: Act, app: Any, upload: Upload, ended: Ended
) -> None:
    ended(uploaded)
    act("resource_patch", id=uploaded["id"], upload=upload(content))
    status = ended(uploaded, "skipped")
    assert status["task_info"]["warnings"] == [status["task_info"]["message"]]
    assert warned(status)[-1] == status["task_info"]["message"]
    assert act("datastore_search", resource_id=uploaded["id"])["total"] == 1
    headers = {"Authorization": factories.SysadminWithToken()["token"]}
    page = app.get(f"/dataset/{uploaded['package_id']}/resource_data/{uploaded['id']}", headers=headers).text
    assert "Nothing loaded" in page
    assert "Left as it was" not in page


@pytest.mark.parametrize("file", ["csv", "xlsx"])
def test_a_header_without_rows_makes_an_empty_table_first(
    file: str, dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    header_only = upload(b"name,age\n") if file == "csv" else workbook(Data=[["name", "age"]])
    resource = act("resource_create", package_id=dataset["id"], upload=header_only)
    status = ended(resource)
    assert (status["task_info"]["state"], status["task_info"]["rows"]) == ("complete", 0)
    found = act("datastore_search", resource_id=resource["id"])
    assert ([field["id"] for field in found["fields"]], found["total"]) == (["_id", "name", "age"], 0)
    fields = [{"id": "name", "type": "text", "info": {"label": "Name"}}, {"id": "age", "type": "text"}]
    act("datastore_create", resource_id=resource["id"], fields=fields, force=True)
    act("resource_patch", id=resource["id"], upload=upload(b"name,age\nAda,36\n"), format="CSV")
    ended(resource, "complete", "complete_with_warnings")
    found = act("datastore_search", resource_id=resource["id"])
    assert found["records"] == [{"_id": 1, "name": "Ada", "age": 36}]
    assert found["fields"][1]["info"] == {"label": "Name"}


def test_a_resource_without_a_link_ends_in_a_clear_sentence(dataset: dict[str, Any], act: Act, ended: Ended) -> None:
    resource = act("resource_create", package_id=dataset["id"], url="", format="CSV")
    assert act("datapusher_submit", resource_id=resource["id"])
    status = ended(resource, "error")
    assert status["error"]["message"].startswith("The resource has no link and no uploaded file")


def test_a_file_that_is_being_prepared_is_waited_for_and_the_wait_can_be_cancelled(
    dataset: dict[str, Any], act: Act, web: Web, ended: Ended, prefect_cancel: Any
) -> None:
    resource = act("resource_create", package_id=dataset["id"], url=web.url("preparing?4,0"), format="CSV")
    assert ended(resource)["task_info"]["state"] == "complete"
    act("resource_patch", id=resource["id"], url=web.url("preparing?9999,600"))
    until(lambda: "Asking again in 600 s" in said(act("datapusher_status", resource_id=resource["id"])), 30)
    prefect_cancel(act("datapusher_status", resource_id=resource["id"])["flow_run_id"])
    assert "cancelled in Prefect" in ended(resource, "cancelled")["task_info"]["message"]


def test_the_wait_for_a_file_ends_in_a_sentence(
    fetching: WorkerUnderTest, dataset: dict[str, Any], act: Act, web: Web, ended: Ended
) -> None:
    fetching.start(allowed_internal_hosts="127.0.0.1", flow_timeout="8")
    resource = act("resource_create", package_id=dataset["id"], url=web.url("preparing?9999"), format="CSV")
    assert "still answered 202" in ended(resource, "error", patience=60)["task_info"]["message"]
