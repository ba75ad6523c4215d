"""Find out whether somebody cancelled a run in Prefect, and cancel it there."""

from __future__ import annotations

import logging
from uuid import UUID

import httpx
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.exceptions import ObjectNotFound
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_MAX_RETRIES, temporary_settings
from prefect.states import Cancelling

log = logging.getLogger(__name__)


def cancel(client: SyncPrefectClient, flow_run_id: str) -> None:
    """Cancel a flow run, unless that is done already or Prefect does not know it; its worker then stops the process."""
    try:
        state = client.read_flow_run(UUID(flow_run_id)).state
        if state is None or not (state.is_final() or state.is_cancelling()):
            client.set_flow_run_state(UUID(flow_run_id), Cancelling(message="Cancelled in CKAN."), force=True)
    except (ObjectNotFound, ValueError):
        return
    except httpx.HTTPStatusError as error:
        # it is tried again soon; other runs must not wait for this one
        log.warning("flow run %s could not be cancelled in Prefect: %s", flow_run_id, error)


def was_cancelled(flow_run_id: str | None) -> bool:
    """Return whether the flow run is cancelled in Prefect; False also if Prefect does not answer or know it."""
    # without an API URL Prefect's client would start a server
    if not flow_run_id or not PREFECT_API_URL.value():
        return False
    try:
        with temporary_settings({PREFECT_CLIENT_MAX_RETRIES: 0}), get_client(sync_client=True) as client:
            state = client.read_flow_run(UUID(flow_run_id)).state
    except (httpx.HTTPError, ObjectNotFound, ValueError):
        return False
    return state is not None and (state.is_cancelling() or state.is_cancelled())
