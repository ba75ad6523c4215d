"""What a private resource holds stays with those who may edit it: in answers, in pages and in logs."""

from __future__ import annotations

from typing import Any

import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp

from tests.fix_ckan import Act, Upload
from tests.fix_hostile import Hostile
from tests.fix_worker import Ended, WorkerUnderTest

SECRET = "Alice Smith SSN 123-45-6789"
#: name -> (file, format): the sentence of each error quotes the value, a heading or a line
QUOTED = {
    "value": (f"a,b\n1,2\n{SECRET},3\n".encode(), "CSV"),
    "json": (f'[{{"a": 1}},\n{{"a": {SECRET}}}]'.encode(), "JSON"),
    "format": (b"PK\x03\x04nothing", SECRET),
}
READS = ("resource_show", "package_show", "package_search", "package_activity_list", "task_status_show")


@pytest.fixture
def private(clean_db: None, clean_datastore: None, loaded: None, worker: WorkerUnderTest, act: Act) -> dict[str, Any]:
    """A private dataset."""
    organization = factories.Organization()
    return factories.Dataset(owner_org=organization["id"], private=True)


def anybody_reads(app: CKANTestApp, resource: dict[str, Any]) -> dict[str, str]:
    """Return what an anonymous visitor is answered, by where it was asked."""
    ids = (resource["id"], resource["package_id"])
    asked = {f"{action}?{key}={value}": "" for action in READS for key in ("id", "q") for value in (*ids, "Alice")}
    task = f"entity_id={ids[0]}&task_type=datapusher_plus&key=datapusher_plus"
    asked |= {f"task_status_show?{task}": "", f"datapusher_status?resource_id={ids[0]}": ""}
    answers = {each: app.get(f"/api/3/action/{each}", status=None).text for each in asked}
    pages = (f"/dataset/{ids[1]}", f"/dataset/activity/{ids[1]}", f"/dataset/{ids[1]}/resource/{ids[0]}")
    return answers | {page: app.get(page, status=None).text for page in pages}


def test_anybody_reads_the_kind_of_an_error_and_no_value(
    private: dict[str, Any], act: Act, upload: Upload, ended: Ended, app: CKANTestApp, subtests: pytest.Subtests
) -> None:
    for name, (content, kind) in QUOTED.items():
        with subtests.test(name):
            file = upload(content, f"{name}.dat")
            made = act("resource_create", package_id=private["id"], upload=file, format=kind, datastore_active=False)
            act("datapusher_submit", resource_id=made["id"])
            assert ended(made)["task_info"]["state"] in ("error", "complete")
            if name == "value":
                fields = [{"id": "a", "type": "numeric", "info": {"type_override": "numeric"}}, {"id": "b"}]
                act("datastore_create", resource_id=made["id"], fields=fields, force=True)
                act("datapusher_submit", resource_id=made["id"], ignore_hash=True)
            said = ended(made)["error"]["message"]
            assert name != "value" or SECRET in said
            shown = anybody_reads(app, made)
            leaks = [place for place, text in shown.items() if "Smith" in text or "123-45" in text]
            assert leaks == []
            [task] = [text for place, text in shown.items() if "entity_id" in place]
            assert '"success": true' in task
            assert "kind" in task


@pytest.fixture
def allowed(worker_process: WorkerUnderTest) -> WorkerUnderTest:
    """A worker that may fetch from this machine, and does so once."""
    worker_process.start(allowed_internal_hosts="127.0.0.1", download_retries="0")
    return worker_process


def test_a_link_and_a_format_write_no_line_and_no_secret_into_the_workers_log(
    dataset: dict[str, Any], act: Act, ended: Ended, hostile: Hostile, allowed: WorkerUnderTest
) -> None:
    hostile.says(b"HTTP/1.1 404 no\x1b[2J\x9b\xe2\x80\xae\r\nContent-Length: 0\r\n\r\n")
    link = hostile.url("a.csv?sig=s3cr3t&x=1").replace("//", "//u:s3cr3t@")
    forged = "CSV\n2026-01-01 00:00:00,000 ERROR forged\u202e"
    made = act("resource_create", package_id=dataset["id"], url=link, format=forged)
    tk.get_action("datapusher_submit")({"ignore_auth": True}, {"resource_id": made["id"]})
    assert ended(made)["task_info"]["state"] == "error"
    log = allowed.output()
    assert not any(sign in log for sign in ("s3cr3t", "\x1b", "\x9b", "\u202e"))
    assert [line for line in log.splitlines() if line.startswith("2026-01-01 00:00:00,000 ERROR")] == []
    assert hostile.asked
