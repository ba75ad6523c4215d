"""Pictures of tables on real servers: a load makes the picture stale, and the next request draws the new table."""

from __future__ import annotations

import pytest
from ckan.tests.helpers import CKANTestApp

from tests.fix_ckan import Act, Upload
from tests.fix_worker import Ended, WorkerUnderTest, until
from tests.pictures import STATIC, Pictures

BARS = b"kind,n\n" + b"".join(b"kind %d,%d\n" % (n % 3, n) for n in range(30))
OTHER_BARS = b"kind,n\n" + b"".join(b"kind %d,%d\n" % (n % 20 and 1, n) for n in range(60))


@pytest.mark.usefixtures("worker")
def test_a_load_makes_the_picture_of_its_table_out_of_date(
    worker: WorkerUnderTest, app: CKANTestApp, pictured: Pictures, act: Act, upload: Upload, ended: Ended
) -> None:
    def states() -> set[str]:
        shown = act("datapusher_plus_thumbnail_show", id=resource["id"])["thumbnails"]
        return {each["state"] for each in shown}

    def redirected() -> str:
        answer = app.get(f"/thumbnail/{resource['id']}?label=small", follow_redirects=False)
        return answer.headers.get("Location", "")

    def drawn() -> bytes:
        # until the statistics are there, a neutral picture is
        until(lambda: redirected().startswith(STATIC), 60, worker.output)
        return (pictured.folder / redirected().removeprefix(STATIC)).read_bytes()

    resource = pictured.act("resource_create", package_id=pictured.dataset()["id"], upload=upload(BARS))
    ended(resource, "complete")
    first = drawn()
    assert states() == {"ready"}
    act("resource_patch", id=resource["id"], upload=upload(OTHER_BARS))
    ended(resource, "complete")
    assert states() == {"stale"}
    second = drawn()
    assert (states(), second != first, len(pictured.files())) == ({"ready"}, True, 2)
    # a run that loads nothing leaves the table as it is, and so its picture
    act("resource_patch", id=resource["id"], upload=upload(b""))
    ended(resource, "skipped")
    assert (states(), drawn()) == ({"ready"}, second)
