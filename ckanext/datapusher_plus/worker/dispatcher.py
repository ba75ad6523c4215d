"""Hand queued runs to Prefect as soon as they are committed; while Prefect is away they stay queued."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timezone

import httpx
import psycopg
import sqlalchemy as sa
from ckan.common import config
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from psycopg import sql

from .. import waits
from ..core.message import say
from ..core.states import State
from ..flow.cancelled import cancel as cancel_in_prefect
from ..model import CHANNEL
from ..runs import cancel, queue, turns
from ..runs.finish import finish
from ..runs.names import names_of
from ..runs.queue import Waiting
from ..runs.turns import Room
from ..settings import current
from . import skip_unchanged
from .deployment import BULK, deploy
from .outage import Outage

log = logging.getLogger(__name__)

#: Runs that are handed over before the queue is read again: an upload must not wait for hundreds of a command's runs.
BATCH = 5
#: Flow runs in one query; Prefect returns no more.
_PAGE = 200
#: HTTP statuses of an overloaded server.
_BUSY = (429, 502, 503, 504)


class Dispatcher:
    """Listens to CKAN's database. One is enough, and more do no harm, because a run can be claimed only once."""

    def __init__(
        self,
        *,
        pool: str = "",
        wake: Callable[[], None] = lambda: None,
        may_begin: Callable[[], bool] = lambda: True,
        room: Callable[[], Room] | None = None,
        stop: Callable[[str], bool] = lambda _: False,
    ) -> None:
        """Prepare to dispatch.

        :param wake: called when there are new flow runs.
        :param may_begin: returns whether loads may begin now.
        :param room: returns what the worker beside this dispatcher can take; None: hand over all queued runs.
        :param stop: cancels a run that this worker carries out; returns whether it does.
        """
        self._pool = pool
        self._room = room
        self._stop = stop
        self._wake = wake
        self._may_begin = may_begin
        self._deployment: uuid.UUID | None = None
        self._client: SyncPrefectClient | None = None
        self._outage = Outage("handing requests over to Prefect")

    def serve(self, stop: threading.Event) -> None:
        """Dispatch until ``stop`` is set, also while PostgreSQL or Prefect is away."""
        # this loop retries; Prefect's own retries would delay a dispatch by a minute
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}), self._connected():
            while not stop.is_set():
                with self._outage.tolerated():
                    self._listen(stop)
                stop.wait(waits.QUEUE_POLL)

    def dispatch(self) -> int:
        """Hand over the next queued runs, skip those with nothing to do, and return how many were looked at.

        Before that, cancel what somebody asked to: here, also while Prefect is away, else through Prefect.
        """
        if elsewhere := [flow_run for run_id, flow_run in cancel.to_stop().items() if not self._stop(run_id)]:
            with self._prefect() as client:
                for flow_run_id in filter(None, elsewhere):
                    cancel_in_prefect(client, flow_run_id)
        if not self._may_begin():
            return 0
        batch = turns.next_up(self._room(), most=BATCH) if self._room else queue.waiting(limit=BATCH)
        waiting = [one for one in batch if not skip_unchanged.skip(one)]
        if waiting:
            with self._prefect() as client:
                for one in waiting:
                    self._hand_over(client, one)
            self._wake()
        return len(batch)

    @contextmanager
    def _connected(self) -> Iterator[None]:
        """Keep one client in this block: each loads all certificates, connects, and asks for a token of its own."""
        with get_client(sync_client=True) as client:
            self._client = client
            try:
                yield
            finally:
                self._client = None

    @contextmanager
    def _prefect(self) -> Iterator[SyncPrefectClient]:
        if self._client is not None:
            yield self._client
            return
        with get_client(sync_client=True) as client:
            yield client

    def reconcile(self) -> int:
        """Queue again the runs that Prefect has lost, and return their number."""
        turns.tell_who_waits()
        lost = [one for one in queue.waiting(lost_after=waits.CLAIM) if one.flow_run_id]
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}), get_client(sync_client=True) as client:
            deployment = self._still_deployed(client)
            pages = [lost[at : at + _PAGE] for at in range(0, len(lost), _PAGE)]
            return sum(_take_back(page, _flow_runs(client, page), deployment) for page in pages)

    def _listen(self, stop: threading.Event) -> None:
        with psycopg.connect(ckan_dsn(), autocommit=True, application_name="datapusher_plus dispatcher") as connection:
            connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(CHANNEL)))
            while not stop.is_set():
                looked_at = 0
                with self._outage.tolerated():
                    looked_at = self.dispatch()
                # skipped runs have left their places to others, so look again at once
                for _ in () if looked_at else connection.notifies(timeout=waits.QUEUE_POLL, stop_after=1):
                    pass

    def _hand_over(self, client: SyncPrefectClient, waiting: Waiting) -> None:
        flow_run = self._create(client, waiting)
        queue.dispatched(waiting.run_id, str(flow_run.id))

    def _create(self, client: SyncPrefectClient, waiting: Waiting) -> FlowRun:
        try:
            return _create_flow_run(client, self._deployment or self._deploy(client), waiting)
        except ObjectNotFound:
            # the server lost its database, or the deployment was deleted
            pass
        except httpx.HTTPStatusError as error:
            # the deployment was changed so that no flow run can be created from it
            if error.response.status_code in _BUSY:
                raise
            log.warning("the deployment is made anew, for Prefect takes no flow run of it: %s", error)
        return _create_flow_run(client, self._deploy(client), waiting)

    def _still_deployed(self, client: SyncPrefectClient) -> uuid.UUID:
        """Return the deployment's id; create it again if Prefect has lost it, so that it is always found there."""
        try:
            return client.read_deployment_by_name(current().prefect_deployment_name).id
        except ObjectNotFound:
            return self._deploy(client)

    def _deploy(self, client: SyncPrefectClient) -> uuid.UUID:
        self._deployment = deploy(client, current(), pool=self._pool)
        return self._deployment


def ckan_dsn() -> str:
    """Return the URL of CKAN's database in the form that libpq reads."""
    return sa.make_url(config["sqlalchemy.url"]).set(drivername="postgresql").render_as_string(hide_password=False)


def _create_flow_run(client: SyncPrefectClient, deployment: uuid.UUID, waiting: Waiting) -> FlowRun:
    names = names_of(waiting.resource_id)
    return client.create_flow_run_from_deployment(
        deployment,
        name=names.title,
        tags=[f"cause:{waiting.cause}", *([f"organization:{names.organization}"] if names.organization else [])],
        work_queue_name=BULK if waiting.bulk else None,
        parameters={"run_id": waiting.run_id, "resource_id": waiting.resource_id},
        # the same for every dispatcher that reads this row, so together they create one flow run
        idempotency_key=f"{waiting.run_id}:{waiting.attempt}",
    )


def _flow_runs(client: SyncPrefectClient, lost: Sequence[Waiting]) -> dict[str, FlowRun]:
    ids = [uuid.UUID(one.flow_run_id) for one in lost]
    found = client.read_flow_runs(flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=ids)), limit=_PAGE)
    return {str(flow_run.id): flow_run for flow_run in found}


def _take_back(lost: Sequence[Waiting], known: Mapping[str, FlowRun], deployment: uuid.UUID) -> int:
    """Hand over again the runs whose flow run is unknown or over, and return their number.

    A run whose flow run somebody cancelled ends as cancelled instead; it is counted too.
    """
    over = [one for one in lost if (found := known.get(one.flow_run_id or "")) is None or _is_over(found)]
    for one in over:
        flow_run = known.get(one.flow_run_id or "")
        if flow_run is not None and _somebody_cancelled(flow_run, deployment):
            finish(one.run_id, State.CANCELLED, message=say("The request was cancelled in Prefect before it began."))
        else:
            queue.undispatch(one.run_id)
    return len(over)


def _somebody_cancelled(flow_run: FlowRun, deployment: uuid.UUID) -> bool:
    # a worker cancels the flow runs of a deleted deployment; that is not a person's wish
    return flow_run.state_type is StateType.CANCELLED and flow_run.deployment_id == deployment


def _is_over(flow_run: FlowRun) -> bool:
    """Return whether nothing will carry the flow run out any more."""
    state = flow_run.state
    if state is None or state.is_final():
        return True
    if not (state.is_pending() or state.is_running()):
        return False
    patience = waits.CLAIM_ONCE_TAKEN.get(current().prefect_work_pool_type, waits.CLAIM_ONCE_TAKEN_ELSEWHERE)
    # Prefect's clock may differ: a time in the future is as unreliable as one long past
    return abs(datetime.now(timezone.utc) - state.timestamp) > patience
