"""Hands queued runs to Prefect as soon as they are committed; while Prefect is away they stay queued."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import psycopg
import sqlalchemy as sa
from ckan.common import config
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from psycopg import sql

from ..core.states import State
from ..model import CHANNEL
from ..runs import queue
from ..runs.finish import finish
from ..runs.queue import Waiting
from ..settings import current
from .deploy import deploy
from .outage import Outage

log = logging.getLogger(__name__)

#: Seconds between two looks at the queue when no notification comes.
POLL = 3.0
#: A run that was handed over is asked about when nobody claimed it for so long.
LOST_AFTER = timedelta(seconds=30)
#: A flow run that a worker took and never started is given up after so long; containers take their time to start.
PENDING_PATIENCE = {"ckan": timedelta(seconds=60)}
OTHER_PATIENCE = timedelta(minutes=15)


class Dispatcher:
    """Listens to CKAN's database; one is enough, and more do no harm: a run is claimed once."""

    def __init__(self, *, pool: str = "", told: Callable[[], None] = lambda: None) -> None:
        self._pool = pool
        self._told = told
        self._deployment: uuid.UUID | None = None
        self._outage = Outage("handing requests over to Prefect")

    def serve(self, stop: threading.Event) -> None:
        """Dispatch until ``stop`` is set, through any absence of PostgreSQL or Prefect."""
        # this loop is the retry; Prefect's own would hold a dispatch back for a minute
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}):
            while not stop.is_set():
                with self._outage.tolerated():
                    self._listen(stop)
                stop.wait(POLL)

    def dispatch(self) -> int:
        """Hand over every run that waits and return how many there were."""
        waiting = queue.waiting()
        if waiting:
            with get_client(sync_client=True) as client:
                for one in waiting:
                    self._hand_over(client, one)
            self._told()
        return len(waiting)

    def reconcile(self) -> int:
        """Take back the runs that Prefect has lost and return how many there were."""
        lost = [one for one in queue.waiting(lost_after=LOST_AFTER) if one.flow_run_id]
        if not lost:
            return 0
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}), get_client(sync_client=True) as client:
            return sum(_take_back(client, one) for one in lost)

    def _listen(self, stop: threading.Event) -> None:
        with psycopg.connect(ckan_dsn(), autocommit=True, application_name="datapusher_plus dispatcher") as connection:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            while not stop.is_set():
                with self._outage.tolerated():
                    self.dispatch()
                for _ in connection.notifies(timeout=POLL, stop_after=1):
                    pass

    def _hand_over(self, client: SyncPrefectClient, waiting: Waiting) -> None:
        flow_run = self._create(client, waiting)
        queue.dispatched(waiting.run_id, str(flow_run.id))

    def _create(self, client: SyncPrefectClient, waiting: Waiting) -> FlowRun:
        try:
            return _create_flow_run(client, self._deployment or self._deploy(client), waiting)
        except ObjectNotFound:
            # the server lost its database, or somebody deleted the deployment
            return _create_flow_run(client, self._deploy(client), waiting)

    def _deploy(self, client: SyncPrefectClient) -> uuid.UUID:
        self._deployment = deploy(client, current(), pool=self._pool)
        return self._deployment


def ckan_dsn() -> str:
    """Return the address of CKAN's database as libpq reads it."""
    return sa.make_url(config["sqlalchemy.url"]).set(drivername="postgresql").render_as_string(hide_password=False)


def _create_flow_run(client: SyncPrefectClient, deployment: uuid.UUID, waiting: Waiting) -> FlowRun:
    return client.create_flow_run_from_deployment(
        deployment,
        parameters={"run_id": waiting.run_id, "resource_id": waiting.resource_id},
        # the same for every dispatcher that sees this row, so they make one flow run together
        idempotency_key=f"{waiting.run_id}:{waiting.attempt}",
    )


def _take_back(client: SyncPrefectClient, waiting: Waiting) -> bool:
    try:
        flow_run = client.read_flow_run(uuid.UUID(waiting.flow_run_id))
    except ObjectNotFound:
        queue.undispatch(waiting.run_id)
        return True
    if not _is_over(flow_run):
        return False
    if flow_run.state_type is StateType.CANCELLED:
        return finish(waiting.run_id, State.CANCELLED, message="The request was cancelled in Prefect before it began.")
    queue.undispatch(waiting.run_id)
    return True


def _is_over(flow_run: FlowRun) -> bool:
    """Tell whether nobody will carry the flow run out."""
    state = flow_run.state
    if state is None or state.is_final():
        return True
    patience = PENDING_PATIENCE.get(current().prefect_work_pool_type, OTHER_PATIENCE)
    return state.is_pending() and state.timestamp < datetime.now(timezone.utc) - patience
