"""The code of a forked process: run one flow run, obey the worker, and end when the worker is gone."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing.connection import Connection
from typing import Any, cast
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.objects import FlowRun, FlowRunPolicy, State
from prefect.context import SyncClientContext, refresh_global_settings_context
from prefect.engine import handle_engine_signals
from prefect.flow_engine import run_flow
from prefect.settings import (
    PREFECT_CLIENT_MAX_RETRIES,
    PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED,
    PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
    temporary_settings,
)

from .. import settings
from ..core import stop_reason
from ..flow import memory
from ..flow.ingest import ingest
from ..flow.job import Job, bare


def run(job: Job, retries: int, orders: Connection) -> None:
    """Carry out one run in this process; its environment is the one in which the operator started the worker."""
    # a session of its own: Ctrl-C in a terminal is for the worker, which then stops its runs
    os.setsid()
    signal.signal(signal.SIGTERM, _exit)
    threading.Thread(target=_obey, args=(orders,), daemon=True, name="orders").start()
    memory.limit_run(settings.current().run_memory_limit)
    # a run in its own process has no outer loop that would retry its requests to Prefect
    os.environ[PREFECT_CLIENT_MAX_RETRIES.name] = str(retries)
    # the worker uses the same server, and has checked its version
    os.environ[PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED.name] = "false"
    os.environ["PREFECT__FLOW_RUN_ID"] = job.flow_run_id
    refresh_global_settings_context()
    # The worker watches this process, so heartbeats are not needed, and joining their thread takes a second.
    with (
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        handle_engine_signals(UUID(job.flow_run_id)),
        # the flow's engine takes this client too; a second one would cost a connection and loading all certificates
        SyncClientContext.get_or_create() as prefect,
    ):
        state = _carry_out(job, _flow_run(prefect.client, job))
    if not state.is_final():
        # the worker then reports an end; otherwise Prefect would wait for one, or have the run repeated
        raise SystemExit(1)


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
