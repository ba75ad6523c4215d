"""What a forked process does: run one flow run, obey its worker, and end when the worker is gone."""

from __future__ import annotations

import os
import signal
import threading
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

from prefect.context import SyncClientContext, refresh_global_settings_context
from prefect.engine import handle_engine_signals
from prefect.flow_engine import run_flow
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

from .. import settings
from . import memory, stopping
from .ingest import ingest


def run(flow_run_id: str, environment: dict[str, str], orders: Connection) -> None:
    """Carry out one flow run in this process."""
    # a session of its own: Ctrl-C in a terminal is for the worker, which then tells its runs
    os.setsid()
    signal.signal(signal.SIGTERM, _exit)
    threading.Thread(target=_obey, args=(orders,), daemon=True, name="orders").start()
    memory.limit_run(settings.current().run_memory_limit)
    os.environ.update(environment)
    refresh_global_settings_context()
    # The worker watches this process, so nobody needs heartbeats, and their thread takes a second to join.
    with (
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
        handle_engine_signals(UUID(flow_run_id)),
        # the flow's engine takes this client too; a second one would cost a connection and a look at all certificates
        SyncClientContext.get_or_create() as prefect,
    ):
        flow_run = prefect.client.read_flow_run(UUID(flow_run_id))
        # Prefect watches runs of deployments for being suspended, which costs a run two seconds and would end in a
        # rollback anyway: a load has no point where it could wait.
        run_flow(ingest, flow_run=flow_run.model_copy(update={"deployment_id": None}))


def _exit(*_: Any) -> None:
    """End where Prefect has no handler in place: before the flow's engine, and when that passes the signal on."""
    raise SystemExit(128 + signal.SIGTERM)


def _obey(orders: Connection) -> None:
    """Wait for the worker's word to stop; no word and a closed pipe mean that the worker is gone."""
    try:
        reason = stopping.Reason(orders.recv())
    except (EOFError, OSError):
        reason = stopping.Reason.ORPHANED
    stopping.note(reason)
    os.kill(os.getpid(), signal.SIGTERM)
