"""``datapusher_hook``: every report is refused, and runs that were reported on end as any dead run does."""

from __future__ import annotations

from typing import Any

import pytest
from ckan.plugins import toolkit as tk

from ckanext.datapusher_plus.flow.cancelled import was_cancelled
from ckanext.datapusher_plus.recovery import sweep
from ckanext.datapusher_plus.runs import claim
from tests.fix_ckan import Act, Runs


def report(act: Act, resource: dict[str, Any], status: object, **more: Any) -> None:
    act("datapusher_hook", metadata={"resource_id": resource["id"]}, status=status, **more)


@pytest.mark.parametrize("status", ["pending", "running", "complete", "error"])
@pytest.mark.parametrize("worker", [None, "host:1", "datapusher_hook"])
def test_a_report_is_refused_and_changes_nothing(
    status: str, worker: str | None, uploaded: dict[str, Any], act: Act, runs: Runs
) -> None:
    if worker:
        claim.claim(runs()[0]["id"], flow_run_id="f", worker=worker)
    before = runs()
    with pytest.raises(tk.ValidationError, match="report their runs themselves"):
        report(act, uploaded, status, error={"message": "no"})
    assert runs() == before


@pytest.mark.parametrize(
    "data",
    [
        {"status": "complete"},
        {"metadata": {"resource_id": "x"}},
        {"metadata": "x", "status": "complete"},
        {"metadata": {}, "status": "complete"},
        {"metadata": {"resource_id": ["x"]}, "status": "complete"},
    ],
)
def test_a_malformed_report_is_refused(data: dict[str, Any], dataset: dict[str, Any], act: Act) -> None:
    with pytest.raises(tk.ValidationError) as refused:
        act("datapusher_hook", **data)
    assert "themselves" not in str(refused.value)


@pytest.mark.parametrize("status", ["done", ["running"], {"a": 1}, 1])
def test_an_unknown_status_is_refused(status: object, uploaded: dict[str, Any], act: Act) -> None:
    with pytest.raises(tk.ValidationError, match="Must be"):
        report(act, uploaded, status)


def test_a_run_that_was_reported_on_ends_and_is_tried_again(
    clean_datastore: None, uploaded: dict[str, Any], runs: Runs, worker_site: Any
) -> None:
    claim.claim(runs()[0]["id"], flow_run_id=None, worker="datapusher_hook")
    sweep.sweep(was_cancelled=was_cancelled)
    assert [row["state"] for row in runs()] == ["error", "queued"]
