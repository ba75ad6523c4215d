"""A file that cannot be loaded ends in one sentence, where its publisher looks, and costs nothing."""

from __future__ import annotations

import html
from pathlib import Path
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp

from tests.fix_ckan import Act, Upload
from tests.fix_tables import Table
from tests.fix_web import Web
from tests.fix_worker import Ended, WorkerUnderTest

LIMIT = 5_000
HEADER = b"stadt,zahl,tag,ort\n"
#: name -> (bytes, how the run ends, what its sentence says: what, where, what to do)
FILES: dict[str, tuple[bytes, str, tuple[str, ...]]] = {
    "empty": (b"", "skipped", ("empty", "Upload a file with a header line")),
    "header only": (HEADER, "skipped", ("no rows", "Upload a file with a header line")),
    "ragged": (HEADER + b"Bonn,1,2026-01-02,Rhein\nBonn,1\n", "error", ("Line 3 has 2 fields", "correct the file")),
    "open quote": (HEADER + b'"Bonn,1,2026-01-02,Rhein\n', "error", ("line 2", "not closed", "Close it")),
    "picture": (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "error", ("not a table", "Upload a table")),
    "half an archive": (b"PK\x03\x04" + b"xl/workbook.xml".ljust(200, b"\0"), "error", ("damaged", "save it again")),
    "wrong type": (HEADER + b"Bonn,viel,2026-01-02,Rhein\n", "error", ("line 2", "“zahl”", "“viel”", "Correct")),
    "same key": (HEADER + b"Bonn,1,,\nBonn,1,,\n", "error", ("unique key (stadt, zahl)", "Bonn", "Remove")),
    "too large": (HEADER + b"Bonn,1,2026-01-02,Rhein\n" * LIMIT, "error", ("at most 5,000 bytes", "Split the file")),
}
#: path on a web server that behaves badly -> what the sentence says
LINKS = {
    "missing": ("answered 404", "Check the resource's link"),
    "silent": ("could not be fetched", "load again"),
    "loop": ("redirected", "final address"),
    "big?6000": ("6,000 bytes", "at most 5,000"),
    "endless": ("larger than allowed", "Split the file"),
    "page": ("a web page", "not a table"),
    "to?http://169.254.169.254/latest": ("was not fetched because", "upload the file instead"),
}


@pytest.fixture
def strict(worker_process: WorkerUnderTest, live: Table) -> WorkerUnderTest:
    """A worker with little patience that may fetch from this machine."""
    worker_process.start(
        allowed_internal_hosts="127.0.0.1",
        download_timeout="1",
        download_retries="0",
        max_content_length=str(LIMIT),
    )
    return worker_process


def tab(app: CKANTestApp, resource_id: str) -> str:
    """Return the resource's DataStore tab as a sysadmin reads it."""
    token = factories.SysadminWithToken()["token"]
    package_id = tk.get_action("resource_show")({"ignore_auth": True}, {"id": resource_id})["package_id"]
    page = app.get(f"/dataset/{package_id}/resource_data/{resource_id}", headers={"Authorization": token})
    return html.unescape(page.text)


@pytest.mark.usefixtures("strict")
def test_a_bad_file_is_explained_and_costs_nothing(
    live: Table, act: Act, upload: Upload, ended: Ended, app: CKANTestApp, subtests: pytest.Subtests
) -> None:
    before = live.whole()
    for name, (content, state, said) in FILES.items():
        with subtests.test(name):
            file = upload(content, "table.csv")
            status = ended(act("resource_patch", id=live.resource_id, upload=file, format="CSV"))
            sentence = status["task_info"]["message"]
            assert (status["task_info"]["state"], [part for part in said if part not in sentence]) == (state, [])
            assert status["error"] == ({"message": sentence} if state == "error" else {})
            assert live.whole() == before
            assert sentence in tab(app, live.resource_id)


@pytest.mark.usefixtures("strict")
def test_a_bad_link_is_explained_and_costs_nothing(
    live: Table, act: Act, ended: Ended, web: Web, subtests: pytest.Subtests
) -> None:
    before = live.whole()
    for path, said in LINKS.items():
        with subtests.test(path):
            status = ended(act("resource_patch", id=live.resource_id, url=web.url(path), format="CSV"))
            sentence = status["error"]["message"]
            assert [part for part in said if part not in sentence] == []
            assert live.whole() == before


def test_what_the_analysis_engine_cannot_do_is_explained_to_publishers_and_logged_for_operators(
    strict: WorkerUnderTest, live: Table, act: Act, upload: Upload, ended: Ended, app: CKANTestApp
) -> None:
    before = live.whole()
    strict.orders.give({"validate.after": "hold*1"})
    resource = act("resource_patch", id=live.resource_id, upload=upload(HEADER * 2, "table.csv"), format="CSV")
    strict.orders.held()
    for file in filter(Path.is_file, Path(tk.config["ckanext.datapusher_plus.work_dir"]).rglob("*")):
        file.unlink()
    strict.orders.release()
    sentence = ended(resource, "error")["error"]["message"]
    assert ("is gone. Load again; if it happens again, tell" in sentence, live.whole()) == (True, before)
    page = tab(app, live.resource_id)
    assert (sentence in page, "DuckDB" in page, "analysis engine" in page) == (True, False, False)
    assert f"of resource {live.resource_id} failed" in strict.output()
    assert "duckdb.PermissionException" in strict.output()


@pytest.mark.smoke
# the last one, for it begins with a portal without anything in it
@pytest.mark.usefixtures("strict")
def test_doubtful_headings_are_loaded_under_names_that_are_told(
    dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    file = upload(b"stadt,stadt,,_id\nBonn,1,2,3\n", "table.csv")
    status = ended(act("resource_create", package_id=dataset["id"], upload=file, format="CSV"), "complete")
    columns = status["task_info"]["columns"]
    names = [column[0] for column in columns]
    assert names == ["stadt", "stadt_2", "unsafe_", "reserved__id"]
    # the heading is there where it is another
    assert [column[2:] for column in columns] == [[], ["stadt"], [""], ["_id"]]
    told = " ".join(line["message"] for line in status["task_info"]["logs"])
    assert [name for name in names[1:] if name not in told] == []
