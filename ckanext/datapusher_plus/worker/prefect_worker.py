"""A Prefect worker: it polls a work pool as any Prefect worker does, and forks each run."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable
from contextlib import closing
from functools import partial
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
import anyio.to_thread
import httpx
from prefect.client.schemas.objects import FlowRun, State
from prefect.client.schemas.responses import WorkerFlowRunResponse
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Cancelled, Failed
from prefect.workers.base import BaseJobConfiguration, BaseVariables, BaseWorker, BaseWorkerResult
from sqlalchemy.exc import SQLAlchemyError

from .. import waits
from ..core import stop_reason
from ..flow.job import CkanJob, Job, Refused, bare, job_of, tell_ignored
from ..health.sessions import Gate
from ..recovery import dead_runs
from ..runs import request
from ..runs.turns import Room
from ..settings import current
from .outage import Outage
from .run_process import ForkedRun
from .spare_processes import SpareProcesses

log = logging.getLogger(__name__)

#: Retries of Prefect's client: few, because the loops here retry for ever.
RETRIES = 2


class CkanWorkerResult(BaseWorkerResult):
    """How a forked run ended."""


class CkanWorker(BaseWorker[CkanJob, BaseVariables, CkanWorkerResult]):
    """Carries out CKAN's runs in processes that are forked from one with CKAN and Prefect loaded."""

    type = "ckan"
    job_configuration = CkanJob
    job_configuration_variables = BaseVariables
    _description = "Forks each flow run from a process that has CKAN and Prefect loaded."
    _display_name = "CKAN"

    def __init__(self, *args: Any, limit: int, **kwargs: Any) -> None:
        self._places, self._extra = limit, current().worker_extra
        super().__init__(*args, limit=limit + self._extra, **kwargs)
        #: asked before a run is taken
        self.gate = Gate()
        self._runs: dict[uuid.UUID, ForkedRun] = {}
        self._spare = SpareProcesses()
        self._draining = anyio.Event()
        self._poke = anyio.Event()

    async def start(
        self, run_once: bool = False, with_healthcheck: bool = False, printer: Callable[..., None] = print
    ) -> None:
        """Work until ``drain`` is called, however often Prefect goes away and comes back."""
        del with_healthcheck  # the sweep and the heartbeat show more
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: RETRIES}), closing(self._spare):
            await self._work(run_once, printer)

    async def _work(self, run_once: bool, printer: Callable[..., None]) -> None:
        async with self:
            pool = self._work_pool_name
            printer(f"Worker {self.name} takes up to {self._places} runs at once from work pool {pool}.")
            if run_once:
                await self.sync_with_backend()
                await self.get_and_submit_flow_runs()
                return
            async with anyio.create_task_group() as loops:
                loops.start_soon(self._loop, self.get_and_submit_flow_runs, self._poked)
                loops.start_soon(self._loop, self.sync_with_backend, self._heartbeat)
                loops.start_soon(self._spare.close_idle)
                await self._draining.wait()
                loops.cancel_scope.cancel()
            # leaving the context waits for the runs in progress

    async def get_and_submit_flow_runs(self) -> list[FlowRun]:
        """Take queued runs, unless loads may not begin now."""
        if await anyio.to_thread.run_sync(self.gate.is_open):
            return await super().get_and_submit_flow_runs()
        return []

    async def _get_scheduled_flow_runs(self) -> list[WorkerFlowRunResponse]:
        scheduled = await super()._get_scheduled_flow_runs()
        return [one.model_copy(update={"flow_run": bare(one.flow_run)}) for one in scheduled]

    async def _submit_run(self, flow_run: FlowRun) -> None:
        try:
            await super()._submit_run(flow_run)
        except Exception:
            # all flow runs share one task group: one that cannot be submitted must not end the others
            log.exception("flow run %s could not be taken", flow_run.id)
            self._submitting_flow_run_ids.discard(flow_run.id)
            self._release_limit_slot(flow_run.id)

    # Prefect's workers also send these to its server. A run that begins within a second does not need them, and they
    # cost the server as much as the run's own states. If Prefect renames these methods, it sends them again.

    async def _propose_submitting_state(self, flow_run: FlowRun) -> None:
        """Leave out the state between pending and running."""

    async def _give_worker_labels_to_flow_run(self, flow_run_id: UUID) -> None:
        """Leave out the labels: CKAN's row of the run has its worker."""

    def _emit_flow_run_submitted_event(self, configuration: BaseJobConfiguration) -> None:
        """Leave out this event, and with it the one at the end."""

    def poke(self) -> None:
        """Look for new runs now."""
        self._poke.set()

    @property
    def watched(self) -> frozenset[str]:
        """Return the ids of the runs that this worker watches and recovers."""
        return frozenset(run.job.run_id for run in self._runs.copy().values())

    def cancel(self, run_id: str) -> None:
        """Stop a run that somebody asked to cancel in CKAN, once."""
        for forked in self._runs.values():
            if forked.job.run_id == run_id and not forked.is_cancelled and self._runs_task_group is not None:
                forked.is_cancelled = True
                self._runs_task_group.start_soon(self._end, forked, stop_reason.Reason.ASKED)

    def room(self) -> Room:
        """Return how many places this worker has, how many are taken, and by which runs."""
        taken = int(self._limiter.borrowed_tokens) if self._limiter else 0
        return Room(places=self._places, extra=self._extra, taken=taken, ids=self.watched)

    def _release_limit_slot(self, flow_run_id: UUID) -> None:
        """Free a place, and wake the dispatcher to fill it."""
        super()._release_limit_slot(flow_run_id)
        asyncio.get_running_loop().run_in_executor(None, request.wake)

    @property
    def overdue(self) -> frozenset[str]:
        """Return the ids of the runs that should have timed out long ago."""
        return frozenset(
            run.job.run_id for run in self._runs.copy().values() if run.age > current().flow_timeout + waits.FROZEN_RUN
        )

    def give_up(self, run_id: str) -> None:
        """Kill a run that can no longer end successfully; it is then recovered like any dead run."""
        for forked in self._runs.copy().values():
            if forked.job.run_id == run_id:
                log.warning("run %s in process %s is given up and killed", run_id, forked.pid)
                forked.given_up = True
                forked.kill()

    def drain(self) -> None:
        """Take no new runs; stop those in progress after ``worker_grace`` at most. Second call: stop them now."""
        if self._draining.is_set():
            self._stop_all()
            return
        self._draining.set()
        if self._runs_task_group is not None:
            self._runs_task_group.start_soon(self._lose_patience)

    async def run(
        self, flow_run: FlowRun, configuration: CkanJob, task_status: anyio.abc.TaskStatus[int] | None = None
    ) -> CkanWorkerResult:
        """Fork the run, watch it until it ends, and recover it if it died."""
        tell_ignored(flow_run, configuration)
        try:
            job = await self._job(flow_run)
        except Refused as refused:
            return await self._refuse(flow_run, refused, task_status)
        try:
            forked = await self._fork(job)
        except Exception:
            await self._see_to(job.run_id, None)
            raise
        self._runs[flow_run.id] = forked
        if task_status is not None:
            task_status.started(forked.pid)
        try:
            code, cancelled = await self._watch(flow_run, forked)
            # a process is free only after Prefect has the end of its run
            if not (cancelled or forked.has_left_free):
                cancelled = await self._is_cancelled(flow_run)
            await self._see_to(job.run_id, None if forked.given_up else code, cancelled=cancelled)
        finally:
            self._runs.pop(flow_run.id, None)
            self._spare.keep(forked)
        if cancelled:
            await self._report(flow_run, Cancelled(message="Stopped and undone."))
            code = 0
        return CkanWorkerResult(identifier=str(forked.pid), status_code=code)

    async def _job(self, flow_run: FlowRun) -> Job:
        try:
            return await anyio.to_thread.run_sync(job_of, flow_run)
        except SQLAlchemyError:
            log.warning("flow run %s is left, for CKAN's database does not answer", flow_run.id, exc_info=True)
        # Prefect stores the text of this exception, so it has no details
        raise RuntimeError("CKAN's database does not answer.")

    async def _refuse(
        self, flow_run: FlowRun, refused: Refused, task_status: anyio.abc.TaskStatus[int] | None
    ) -> CkanWorkerResult:
        """End a flow run that belongs to no run of CKAN; forced, so that no policy of Prefect retries it."""
        log.warning("flow run %s is refused: %s", flow_run.id, refused)
        await self._report(flow_run, Failed(message=str(refused)))
        if task_status is not None:
            # no process was started
            task_status.started(0)
        return CkanWorkerResult(identifier="", status_code=0)

    async def _fork(self, job: Job) -> ForkedRun:
        if self._draining.is_set():
            raise RuntimeError("This worker is stopping; the run is for the next one.")
        return await anyio.to_thread.run_sync(self._spare.begin, job)

    async def _see_to(self, run_id: str, code: int | None, *, cancelled: bool = False) -> None:
        """Recover a run if it died, and hand it over again if it never began."""
        await anyio.to_thread.run_sync(
            partial(dead_runs.recover_after_death, run_id, code, was_cancelled=lambda _: cancelled)
        )

    async def _watch(self, flow_run: FlowRun, forked: ForkedRun) -> tuple[int, bool]:
        """Return the exit status, and whether the run was stopped because somebody cancelled it."""
        cancelled, code = False, 0
        async with anyio.create_task_group() as watchers:

            async def obey_cancel() -> None:
                nonlocal cancelled
                # most runs are over before the first look
                await anyio.sleep(waits.CANCEL_POLL)
                while not await self._is_cancelled(flow_run):
                    await anyio.sleep(waits.CANCEL_POLL)
                cancelled = True
                await self._end(forked, stop_reason.Reason.CANCEL)

            watchers.start_soon(obey_cancel)
            code = await forked.wait()
            watchers.cancel_scope.cancel()
        return code, cancelled or forked.is_cancelled

    async def _is_cancelled(self, flow_run: FlowRun) -> bool:
        try:
            state = (await self.client.read_flow_run(flow_run.id)).state
        except (ObjectNotFound, httpx.HTTPError):
            # a server that lost its database knows no flow run any more; that is no reason to stop the loads
            return False
        return state is not None and (state.is_cancelling() or state.is_cancelled())

    async def _report(self, flow_run: FlowRun, state: State) -> None:
        try:
            await self.client.set_flow_run_state(flow_run.id, state, force=True)
        except (ObjectNotFound, httpx.HTTPError) as error:
            log.info("flow run %s is not shown as %s in Prefect: %s", flow_run.id, state.name, error)

    async def _lose_patience(self) -> None:
        with anyio.move_on_after(current().worker_grace):
            while self._runs:
                await anyio.sleep(waits.DRAIN_POLL)
        self._stop_all()

    def _stop_all(self) -> None:
        for forked in self._runs.values():
            if self._runs_task_group is not None:
                self._runs_task_group.start_soon(self._end, forked, stop_reason.Reason.DRAIN)

    async def _end(self, forked: ForkedRun, reason: stop_reason.Reason) -> None:
        """Stop a run, and kill it if it has not rolled back within ``worker_grace``; a rollback takes milliseconds."""
        forked.stop(reason)
        with anyio.move_on_after(current().worker_grace):
            await forked.wait()
            return
        log.warning("process %s did not end within %s s and is killed", forked.pid, current().worker_grace)
        forked.kill()

    async def _poked(self) -> None:
        with anyio.move_on_after(waits.PREFECT_POLL):
            await self._poke.wait()
        self._poke = anyio.Event()

    async def _heartbeat(self) -> None:
        await anyio.sleep(self.heartbeat_interval_seconds if self._has_successfully_synced else waits.PREFECT_POLL)

    async def _loop(self, work: Callable[[], Awaitable[Any]], pause: Callable[[], Awaitable[None]]) -> None:
        outage = Outage(f"the worker ({getattr(work, '__name__', work)})")
        while True:
            # Prefect's own loop gives up after some tries
            with outage.tolerated():
                await work()
            await pause()
