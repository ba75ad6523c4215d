"""The code of a forked process: run one flow run, obey the worker, and end when the worker is gone."""

from __future__ import annotations

import os
import signal
import threading
from functools import cache
from multiprocessing.connection import Connection
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
from ..flow import memory, to_prefect
from ..flow.ingest import ingest
from ..flow.job import Job, bare


def run(job: Job, orders: Connection) -> None:
    """Carry out one run in this process; its environment is the one in which the operator started the worker."""
    # a session of its own: Ctrl-C in a terminal is for the worker, which then stops its runs
    os.setsid()
    signal.signal(signal.SIGTERM, _exit)
    threading.Thread(target=_obey, args=(orders,), daemon=True, name="orders").start()
    memory.limit_run(settings.current().run_memory_limit)
    os.environ["PREFECT__FLOW_RUN_ID"] = job.flow_run_id
    with (
        SettingsContext(profile=get_settings_context().profile, settings=settings_of_runs()),
        handle_engine_signals(UUID(job.flow_run_id)),
        to_prefect.OneClient() as prefect,
        to_prefect.log_lines(prefect.client),
    ):
        state = _carry_out(job, _flow_run(prefect.client, job))
    if not state.is_final():
        # the worker then reports an end; otherwise Prefect would wait for one, or have the run repeated
        raise SystemExit(1)


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


def _obey(orders: Connection) -> None:
    """Wait for the worker's order to stop; if the pipe is closed without an order, the worker is gone."""
    try:
        reason = stop_reason.Reason(orders.recv())
    except (EOFError, OSError):
        reason = stop_reason.Reason.ORPHANED
    stop_reason.note(reason)
    os.kill(os.getpid(), signal.SIGTERM)
