"""A load that waits until somebody has looked at what it changes; and what a dry run shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ckan.plugins import toolkit as tk

from ckanext.datapusher_plus.core.choices import ReviewWhen
from ckanext.datapusher_plus.core.errors import ChangesRejected, ChangesWait
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.values import LoadPlan, ReadOptions
from ckanext.datapusher_plus.runs import database, records, review
from ckanext.datapusher_plus.runs.claim import claim
from ckanext.datapusher_plus.runs.finish import finish
from ckanext.datapusher_plus.runs.request import request
from ckanext.datapusher_plus.steps.ask import ask
from tests.fix_ckan import Act
from tests.fix_file import Said
from tests.loads import Loader

A = b"id,name,note\n1,Ada,x\n2,Bob,y\n3,Cay,z\n"
#: 2 is gone, 3 has another name, 4 is new, and so is a column
B = b"id,name,place\n1,Ada,x\n3,Kay,z\n4,Dan,w\n"

pytestmark = pytest.mark.usefixtures("clean_datastore")
Asked = Callable[..., LoadPlan]


@pytest.fixture
def resource(dataset: dict[str, Any], act: Act) -> dict[str, Any]:
    return act("resource_create", package_id=dataset["id"], url="http://example.org/a.pdf", format="PDF")


@pytest.fixture
def make(resource: dict[str, Any], tmp_path: Path, said: Said) -> Loader:
    """A resource whose table has file A, with a unique key."""
    loader = Loader(resource_id=resource["id"], work_dir=tmp_path, said=said)
    loader.load(A)
    return loader


@pytest.fixture
def begun(make: Loader) -> Asked:
    """Begin a run of a file as a worker does, up to the question."""

    def begin(content: bytes, when: str = "breaking", *, cause: str = "upload", dry_run: bool = False) -> LoadPlan:
        with database.transaction() as connection:
            run_id = request(connection, make.resource_id, cause=cause, dry_run=dry_run)
        assert claim(run_id, flow_run_id=None, worker="here:1")
        options = ReadOptions(review=ReviewWhen(when))
        plan = replace(make.plan(content, options=options), run_id=run_id)
        ticket = replace(make._ticket(run_id, make.work_dir), options=options, dry_run=dry_run)
        try:
            return ask(ticket, plan, cause, make.said)
        except (ChangesWait, ChangesRejected) as held:
            finish(run_id, held.state, message=held.message)
            raise
        finally:
            finish(run_id, State.SKIPPED, message="done")

    return begin


def test_what_breaks_waits_and_shows_the_rows_that_change(begun: Asked, make: Loader, act: Act) -> None:
    act("datastore_create", resource_id=make.resource_id, primary_key=["id"], force=True)
    with pytest.raises(ChangesWait):
        begun(B)
    status = act("datapusher_status", resource_id=make.resource_id)
    found = status["task_info"]["difference"]
    assert (status["status"], status["review"]["about"]) == ("pending", "changes")
    assert (found["added"], found["gone"], found["rows_before"], found["rows"]) == (["place"], ["note"], 3, 3)
    by_key = found["by_key"]
    assert [by_key[name] for name in ("added", "removed", "changed")] == [1, 1, 1]
    assert [by_key[f"{name}_keys"] for name in ("added", "removed", "changed")] == [["4"], ["2"], ["3"]]
    assert len(act("datastore_search", resource_id=make.resource_id)["records"]) == 3


def test_values_of_a_personal_key_are_not_shown(begun: Asked, make: Loader, act: Act) -> None:
    fields = [{"id": "id", "info": {"pii": "yes"}}, {"id": "name"}, {"id": "note"}]
    act("datastore_create", resource_id=make.resource_id, primary_key=["id"], fields=fields, force=True)
    with pytest.raises(ChangesWait):
        begun(B)
    by_key = act("datapusher_status", resource_id=make.resource_id)["task_info"]["difference"]["by_key"]
    assert (by_key["added"], by_key["added_keys"]) == (1, [])


def test_what_breaks_nothing_does_not_wait(begun: Asked) -> None:
    more = A + b"4,Dan,w\n"
    assert begun(more).difference
    assert begun(B, "never").difference
    with pytest.raises(ChangesWait):
        begun(more, "always")


def test_an_approval_holds_for_this_file_until_it_is_loaded(begun: Asked, make: Loader, act: Act) -> None:
    with pytest.raises(ChangesWait):
        begun(B)
    waits = records.latest(make.resource_id)
    assert waits
    with pytest.raises(tk.ValidationError, match="look at its DataStore tab again"):
        act("datapusher_plus_review", resource_id=make.resource_id, decision="approve", job_id="another")
    job = act("datapusher_plus_review", resource_id=make.resource_id, decision="approve", job_id=waits.id)["job_id"]
    with pytest.raises(ChangesWait):
        # the approved run is queued and would be merged with this one; its file is another
        begun(B + b"5,Eve,v\n")
    assert begun(B, cause="retry").difference
    known = review.of_file(make.resource_id, *_key(make, B))
    assert known
    assert not review.is_used(known)
    with database.transaction() as connection:
        run_id = request(connection, make.resource_id, cause="submit")
    assert claim(run_id, flow_run_id=None, worker="here:1")
    assert finish(run_id, State.COMPLETE, message="")
    assert review.is_used(known)
    with pytest.raises(ChangesWait):
        begun(B)
    assert job


def test_a_rejected_file_is_asked_about_again_only_if_somebody_asks(begun: Asked, make: Loader, act: Act) -> None:
    with pytest.raises(ChangesWait):
        begun(B)
    act("datapusher_plus_review", resource_id=make.resource_id, decision="reject", note="No")
    status = act("datapusher_status", resource_id=make.resource_id)
    assert (status["task_info"]["state"], "Their note: “No”." in status["error"]["message"]) == ("rejected", True)
    with pytest.raises(ChangesRejected):
        begun(B)
    with pytest.raises(ChangesWait):
        begun(B, cause="submit")


def test_a_dry_run_shows_what_would_change_and_leaves_the_question_open(begun: Asked, make: Loader, act: Act) -> None:
    with pytest.raises(ChangesWait):
        begun(B)
    before = act("datapusher_status", resource_id=make.resource_id)
    assert before["dry_run"] is None
    assert begun(A, dry_run=True).difference
    after = act("datapusher_status", resource_id=make.resource_id)
    assert (after["job_id"], after["task_info"]["state"]) == (before["job_id"], "waiting_for_review")
    assert after["dry_run"]["difference"]["is_breaking"] is False
    assert act("datapusher_plus_review", resource_id=make.resource_id, decision="approve")["job_id"]


def _key(make: Loader, content: bytes) -> tuple[str, str]:
    plan = make.plan(content)
    return plan.file_hash, plan.load_key
