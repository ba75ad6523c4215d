"""Rows that were left out are with those who may edit the resource, and with nobody else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp

from tests.fix_ckan import Act, Upload
from tests.fix_worker import Ended, WorkerUnderTest

BAD = b"name,age\n" + b"Ada,36\n" * 38 + b"=Bob\nCay,1,2\n"
WARNED = "complete_with_warnings"
TOLD = "2 of 40 rows were left out; see the rejected rows."
REASONS = "The row has 1 field where the header has 2.", "The row has 3 fields where the header has 2."
FILE = f'\ufeffline,column,value,reason,row\r\n40,,,{REASONS[0]},\'=Bob\r\n41,,,{REASONS[1]},"Cay,1,2"\r\n'

pytestmark = pytest.mark.usefixtures("worker")


def stored() -> list[Path]:
    """Return the files of rejected rows in the portal's storage."""
    return sorted(Path(tk.config["ckan.files.storage.default.path"]).glob("datapusher_plus/rejected/*"))


@pytest.fixture(autouse=True)
def nothing_stored(loaded: None) -> None:
    for file in stored():
        file.unlink()


@pytest.fixture
def bad(dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended) -> dict[str, Any]:
    """A resource that was loaded without two rows of its file."""
    resource = act("resource_create", package_id=dataset["id"], upload=upload(BAD), format="CSV", name="../trees.csv")
    assert ended(resource, WARNED)["task_info"]["message"] == f"38 rows were loaded. {TOLD}"
    return resource


@pytest.mark.smoke
def test_editors_download_what_was_left_out_and_nobody_else_does(
    bad: dict[str, Any], act: Act, app: CKANTestApp, ended: Ended
) -> None:
    status = ended(bad)
    task, rejected = status["task_info"], status["rejected"]
    assert (task["state"], task["rows"], task["warnings"]) == ("complete_with_warnings", 38, [TOLD])
    assert (rejected["rows"], rejected["total"]) == (2, 40)
    assert act("datastore_search", resource_id=bad["id"], limit=0)["total"] == 38

    editor = {"Authorization": factories.SysadminWithToken()["token"]}
    page = app.get(f"/dataset/{bad['package_id']}/resource_data/{bad['id']}", headers=editor)
    assert f'href="{rejected["url"]}"' in page.text
    file = app.get(rejected["url"], headers=editor)
    assert file.data.decode() == FILE
    assert file.content_type.startswith("text/csv")
    assert re.fullmatch(
        r"attachment; filename=trees-rejected-\d{4}-\d\d-\d\d-\d{4}\.csv", file.headers["Content-Disposition"]
    )
    assert file.headers["X-Content-Type-Options"] == "nosniff"
    assert "public" not in file.headers["Cache-Control"]

    stranger = {"Authorization": factories.UserWithToken()["token"]}
    # without an organization it would be everybody's
    act("package_patch", id=bad["package_id"], owner_org=factories.Organization()["id"])
    for nobody in (stranger, {}):
        refused = app.get(rejected["url"], headers=nobody, follow_redirects=False)
        assert (refused.status_code in (302, 403), "Cay" in refused.text) == (True, False)
        shown = app.get(f"/dataset/{bad['package_id']}/resource/{bad['id']}", headers=nobody)
        assert "rejected.csv" not in shown.text


def test_a_refused_file_has_its_own_list_beside_that_of_the_table(
    bad: dict[str, Any], act: Act, upload: Upload, app: CKANTestApp, ended: Ended
) -> None:
    act("resource_patch", id=bad["id"], upload=upload(b"name,age\n" + b"Ada,36\n" * 133 + b"Bob\n" * 67))
    status = ended(bad, "error")
    refused = status["refused"]
    assert (refused["rows"], refused["total"], refused["listed"]) == (67, 200, 67)
    assert (status["rejected"]["rows"], len(stored())) == (2, 2)
    assert {oct(file.stat().st_mode & 0o777) for file in stored()} == {"0o600"}
    assert oct(stored()[0].parent.stat().st_mode & 0o777) == "0o700"
    editor = {"Authorization": factories.SysadminWithToken()["token"]}
    file = app.get(refused["url"], headers=editor)
    assert file.data.decode().splitlines()[1::66] == [f"{line},,,{REASONS[0]},Bob" for line in (135, 201)]
    page = app.get(f"/dataset/{bad['package_id']}/resource_data/{bad['id']}", headers=editor).text
    assert "67 of the file&#39;s 200 rows cannot be loaded, so nothing was loaded." in page
    assert page.index("The table now") < page.index(status["rejected"]["url"]) < page.index(refused["url"])
    stranger = {"Authorization": factories.UserWithToken()["token"]}
    act("package_patch", id=bad["package_id"], owner_org=factories.Organization()["id"])
    for nobody in (stranger, {}):
        answer = app.get(refused["url"], headers=nobody, follow_redirects=False)
        assert (answer.status_code in (302, 403), "Bob" in answer.text) == (True, False)
    assert app.get(refused["url"].replace(status["job_id"], "0"), headers=editor).status_code == 404


def test_they_stay_while_loads_fail_and_go_with_the_next_good_one(
    bad: dict[str, Any], act: Act, upload: Upload, ended: Ended, worker: WorkerUnderTest
) -> None:
    (kept,) = stored()
    assert kept.read_bytes() == FILE.encode()
    act("resource_patch", id=bad["id"], upload=upload(b"name,age\n1\n"))
    assert "there is no other row" in ended(bad, "error")["task_info"]["message"]
    worker.order(commit__before="raise")
    act("resource_patch", id=bad["id"], upload=upload(BAD.replace(b"36", b"37")))
    status = ended(bad, "error")
    assert "unexpected" in status["task_info"]["message"]
    assert (status["rejected"]["rows"], status["refused"], kept in stored()) == (2, None, True)
    worker.order()
    act("resource_patch", id=bad["id"], upload=upload(b"name,age\nAda,36\n"))
    assert (ended(bad, "complete_with_warnings")["rejected"], stored()) == (None, [])


def test_they_go_with_their_resource(bad: dict[str, Any], act: Act) -> None:
    assert len(stored()) == 1
    act("resource_delete", id=bad["id"])
    assert stored() == []


def test_a_run_that_dies_once_its_table_is_in_place_leaves_them_all_the_same(
    dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended, worker: WorkerUnderTest
) -> None:
    worker.order(commit__after="sigkill*1")
    resource = act("resource_create", package_id=dataset["id"], upload=upload(BAD), format="CSV")
    status = ended(resource, WARNED)
    assert (TOLD in status["task_info"]["message"], status["rejected"]["rows"]) == (True, 2)
    assert [file.read_bytes() for file in stored()] == [FILE.encode()]


def test_a_web_server_that_does_not_see_them_says_where_they_are(
    bad: dict[str, Any], app: CKANTestApp, ended: Ended
) -> None:
    for file in stored():
        file.unlink()
    editor = {"Authorization": factories.SysadminWithToken()["token"]}
    page = app.get(ended(bad)["rejected"]["url"], headers=editor)
    assert (page.status_code, "not in the file storage that this web server sees" in page.text) == (404, True)
