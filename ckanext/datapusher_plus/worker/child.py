"""The code of a forked process: carry out runs, obey the worker, and end when the worker is gone."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import suppress
from functools import cache
from multiprocessing.connection import Connection
from queue import SimpleQueue
from typing import Any, cast
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, FlowRunPolicy, State
from prefect.context import SettingsContext, get_settings_context
from prefect.engine import handle_engine_signals
from prefect.flow_engine import run_flow
from prefect.settings import (
    PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    Settings,
    get_current_settings,
)

from .. import settings
from ..core import stop_reason
from ..datastore import idle
from ..flow import memory, to_prefect
from ..flow.ingest import ingest
from ..flow.job import Job, bare
from ..formats.sandbox.limited_fork import writable

#: Most runs of one process, and the bytes that it may have kept of them: what a library leaves behind must not grow.
MOST_RUNS = 50
MOST_LEFT = 256 << 20
#: What a process says when its run has ended and it can take another one.
FREE = b"free"


def work(worker: Connection) -> None:
    """Carry out the runs that the worker sends; its environment is the one in which the operator started the worker."""
    # a session of its own: Ctrl-C in a terminal is for the worker, which then stops its runs
    os.setsid()
    signal.signal(signal.SIGTERM, _exit)
    jobs: SimpleQueue[Job] = SimpleQueue()
    threading.Thread(target=_obey, args=(worker, jobs), daemon=True, name="orders").start()
    nice, memory_before = os.nice(0), writable()
    with (
        SettingsContext(profile=get_settings_context().profile, settings=settings_of_runs()),
        to_prefect.OneClient() as prefect,
        idle.reused(),
    ):
        for _ in range(MOST_RUNS - 1):
            _run(jobs.get(), prefect.client)
            # a process that has made statistics cannot get its priority back
            if os.nice(0) != nice or writable() > memory_before + MOST_LEFT:
                return
            worker.send_bytes(FREE)
        _run(jobs.get(), prefect.client)


def _run(job: Job, client: SyncPrefectClient) -> None:
    _forget_end()
    memory.limit_run(settings.current().run_memory_limit)
    os.environ["PREFECT__FLOW_RUN_ID"] = job.flow_run_id
    with handle_engine_signals(UUID(job.flow_run_id)), to_prefect.log_lines(client):
        state = _carry_out(job, _flow_run(client, job))
    memory.lift()
    if not state.is_final():
        # the worker then reports an end; otherwise Prefect would wait for one, or have the run repeated
        raise SystemExit(1)
    if not state.is_completed():
        # nothing of a run that failed may have an effect on another one
        raise SystemExit(0)


def _forget_end() -> None:
    """Have Prefect forget the end of the process's run before: it expects one run, and has no public way for another.

    It would end the process after an error as if the end of this run were reported already.
    """
    with suppress(ImportError):
        from prefect._internal import control_listener

        control_listener._engine_outcome_handled = False  # pyright: ignore[reportPrivateUsage]


@cache
def settings_of_runs() -> Settings:
    """Return Prefect's settings for all runs, made once by the worker: to make them takes longer than most steps.

    The number of retries is the operator's: a run has no outer loop that would retry its requests to Prefect.
    """
    changes: dict[Any, Any] = {
        # the worker uses the same server, and has checked its version
        PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False,
        # the worker watches this process, so heartbeats are not needed, and joining their thread takes a second
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
    }
    return get_current_settings().copy_with_update(updates=changes)


def _flow_run(client: SyncPrefectClient, job: Job) -> FlowRun:
    """Return the flow run without anything that Prefect's engine would obey."""
    changes = {
        # Prefect checks whether runs of deployments are suspended, which costs a run two seconds and would end in a
        # rollback anyway: a load has no point where it could wait.
        "deployment_id": None,
        "parameters": {},
        "job_variables": None,
        # the engine writes this back, so that a number of retries set in Prefect has no effect
        "empirical_policy": FlowRunPolicy(),
    }
    return bare(client.read_flow_run(UUID(job.flow_run_id))).model_copy(update=changes)


def _carry_out(job: Job, flow_run: FlowRun) -> State[Any]:
    # A result would be read from where the server's state says, and unpickled; only the state is needed.
    parameters = {"run_id": job.run_id, "resource_id": job.resource_id}
    return cast("State[Any]", run_flow(ingest, flow_run=flow_run, parameters=parameters, return_type="state"))


def _exit(*_: Any) -> None:
    """Exit where Prefect has no handler installed: before the flow's engine, and when that passes the signal on."""
    raise SystemExit(128 + signal.SIGTERM)


def _obey(worker: Connection, jobs: SimpleQueue[Job]) -> None:
    """Pass on what to do until the worker orders to stop; if the pipe is closed without an order, the worker is gone.

    The worker also closes the pipe of a process that it needs no more.
    """
    try:
        while isinstance(order := worker.recv(), Job):
            jobs.put(order)
        reason = stop_reason.Reason(order)
    except (EOFError, OSError):
        reason = stop_reason.Reason.ORPHANED
    stop_reason.note(reason)
    os.kill(os.getpid(), signal.SIGTERM)
