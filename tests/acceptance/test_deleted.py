"""A resource that is deleted while its file is being loaded leaves no table, whoever deletes it, how, and when."""

from __future__ import annotations

from collections.abc import Callable
from itertools import cycle
from typing import Any

import pytest
from ckan.plugins import toolkit as tk

from tests.fix_ckan import Act, Runs, Upload
from tests.fix_worker import Ended, WorkerUnderTest, until

Resource = dict[str, Any]

NEWER = b"name,age\nAda,37\nBob,4\n"


def delete_resource(act: Act, resource: Resource) -> None:
    act("resource_delete", id=resource["id"])


def leave_out(act: Act, resource: Resource) -> None:
    act("package_patch", id=resource["package_id"], resources=[])


def delete_dataset(act: Act, resource: Resource) -> None:
    act("package_delete", id=resource["package_id"])


def purge_dataset(act: Act, resource: Resource) -> None:
    act("dataset_purge", id=resource["package_id"])


def purge_organization(act: Act, resource: Resource) -> None:
    owner = act("organization_create", name="owners")["id"]
    act("package_patch", id=resource["package_id"], owner_org=owner)
    # CKAN purges no organization that still has datasets
    act("package_delete", id=resource["package_id"])
    act("organization_purge", id=owner)


WAYS = [delete_resource, leave_out, delete_dataset, purge_dataset, purge_organization]
POINTS = ["fetch.after", "stage.indexed", "swap.after", "commit.dropped", "commit.after", "publish.patch"]
POINTS += ["stash.clearing", "finish.before"]


@pytest.fixture
def halt(worker: WorkerUnderTest, act: Act, upload: Upload, ended: Ended) -> Callable[[Resource, str], None]:
    """Upload a newer file and have its run wait at a point."""

    def wait_there(resource: Resource, point: str) -> None:
        worker.order(**{point: "hold"})
        act("resource_patch", id=resource["id"], upload=upload(NEWER))
        worker.orders.held()

    return wait_there


def end_of(runs: Runs, resource: Resource) -> tuple[str, str | None]:
    """Return state and kind of error of the newest run once it has ended."""
    until(lambda: runs(resource["id"])[-1]["finished_at"] is not None, 40, lambda: runs(resource["id"]))
    last = runs(resource["id"])[-1]
    return last["state"], last["error"] and last["error"]["kind"]


def left_of(resource: Resource) -> list[str]:
    """Return what is left in the datastore of a resource, by name."""
    from ckanext.datapusher_plus.datastore import connect

    with connect.connect() as connection:
        found = connection.execute(
            "SELECT relname::text FROM pg_class WHERE relname ~ %(id)s AND relkind IN ('r', 'v')"
            " UNION ALL SELECT phase FROM _datapusher_plus_journal WHERE resource_id = %(id)s",
            {"id": resource["id"]},
        )
        return [name for (name,) in found]


def anonymous_rows(resource: Resource) -> int | None:
    """Return how many rows a stranger reads; None when CKAN refuses."""
    try:
        return tk.get_action("datastore_search")({"user": ""}, {"resource_id": resource["id"]})["total"]
    except (tk.ObjectNotFound, tk.NotAuthorized):
        return None


@pytest.mark.usefixtures("clean_datastore")
@pytest.mark.parametrize(
    ("point", "delete"), list(zip(POINTS, cycle(WAYS), strict=False)), ids=lambda each: getattr(each, "__name__", each)
)
def test_a_reload_leaves_no_table(
    delete: Callable[[Act, Resource], None],
    point: str,
    worker: WorkerUnderTest,
    uploaded: Resource,
    ended: Ended,
    halt: Callable[[Resource, str], None],
    act: Act,
    runs: Runs,
) -> None:
    ended(uploaded, "complete")
    halt(uploaded, point)
    delete(act, uploaded)
    worker.order()
    assert end_of(runs, uploaded) == ("error", "ResourceGone"), worker.output()
    assert (left_of(uploaded), anonymous_rows(uploaded)) == ([], None)
