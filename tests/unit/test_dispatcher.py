"""Which flow runs nobody will carry out."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from prefect.client.schemas.objects import FlowRun, State
from prefect.states import Cancelled, Completed, Crashed, Pending, Running, Scheduled

from ckanext.datapusher_plus.worker.dispatcher import _is_over, _somebody_cancelled

LONG_AGO, JUST_NOW, TO_COME = -40, -5, 3600


def flow_run(state: State, deployment: UUID | None = None, seconds: int = 0) -> FlowRun:
    at = datetime.now(timezone.utc) + timedelta(seconds=seconds)
    state = state.model_copy(update={"timestamp": at})
    return FlowRun(flow_id=uuid4(), deployment_id=deployment, state=state, state_type=state.type)


@pytest.mark.parametrize(
    ("state", "seconds", "over"),
    [
        (Completed(), JUST_NOW, True),
        (Crashed(), JUST_NOW, True),
        (Cancelled(), JUST_NOW, True),
        # it waits for a worker that is free
        (Scheduled(), LONG_AGO, False),
        (Pending(), JUST_NOW, False),
        (Pending(), LONG_AGO, True),
        (Running(), JUST_NOW, False),
        (Running(), LONG_AGO, True),
        # by a clock that is wrong
        (Running(), TO_COME, True),
    ],
    ids=lambda value: getattr(value, "name", str(value)),
)
def test_a_flow_run_that_was_taken_must_claim_its_run_soon(state: State, seconds: int, over: bool) -> None:
    assert _is_over(flow_run(state, seconds=seconds)) is over


@pytest.mark.parametrize(
    ("state", "ours", "cancelled"), [(Cancelled(), True, True), (Cancelled(), False, False), (Crashed(), True, False)]
)
def test_a_worker_cancels_what_has_no_deployment_and_nobody_wanted_that(
    state: State, ours: bool, cancelled: bool
) -> None:
    deployment = uuid4()
    assert _somebody_cancelled(flow_run(state, deployment if ours else uuid4()), deployment) is cancelled
