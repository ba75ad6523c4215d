"""Drafts of descriptions on real servers: a load registers its columns and drafts, and the next one adds no copies."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckanext.datapusher_plus.model.database import transaction
from ckanext.datapusher_plus.model.words import annotation, run_annotation
from ckanext.datapusher_plus.words import annotations, registry
from tests.fix_ckan import Act, Upload
from tests.fix_worker import Ended, WorkerUnderTest, until

ROWS = b"DEP_DELAY_MIN,Length (km)\n5,1.5\n7,2.5\n5,3.5\n"


def found(resource_id: str) -> dict[tuple[str, str], Any]:
    """Return the open drafts by column and kind."""
    return {(each.column, each.kind.value): each.value for each in annotations.find(resource_id)}


def drafting_runs(resource_id: str) -> int:
    """Return how many runs have made or found drafts of a resource."""
    query = (
        sa.select(sa.func.count(run_annotation.c.run_id.distinct()))
        .join(annotation, annotation.c.id == run_annotation.c.annotation_id)
        .where(annotation.c.resource_id == resource_id)
    )
    with transaction() as connection:
        return connection.execute(query).scalar_one()


@pytest.mark.smoke
@pytest.mark.usefixtures("worker")
def test_each_load_drafts_and_repeats_nothing(
    worker: WorkerUnderTest, dataset: dict[str, Any], act: Act, upload: Upload, ended: Ended
) -> None:
    resource = act("resource_create", package_id=dataset["id"], name="flights", upload=upload(ROWS))
    ended(resource, "complete")
    until(lambda: ("DEP_DELAY_MIN", "label") in found(resource["id"]), 60, worker.output)
    first = found(resource["id"])
    assert (first["DEP_DELAY_MIN", "label"], first["Length (km)", "unit"]) == ("Dep delay", "km")
    assert [each.name for each in registry.columns(resource["id"])] == ["DEP_DELAY_MIN", "Length (km)"]
    drafts = len(annotations.find(resource["id"]))
    act("resource_update", **{**resource, "upload": upload(ROWS + b"7,4.5\n")})
    until(lambda: drafting_runs(resource["id"]) == 2, 60, worker.output)
    assert (found(resource["id"]), len(annotations.find(resource["id"]))) == (first, drafts)
