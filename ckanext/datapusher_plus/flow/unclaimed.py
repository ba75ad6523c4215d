"""Flow runs whose run waits no longer."""

from __future__ import annotations

from functools import partial

from prefect.client.schemas.objects import State as PrefectState
from prefect.runtime import flow_run
from prefect.states import Completed, Failed

from ..core.states import OPEN
from ..runs import database
from ..runs.records import get
from ..waits import BEGIN_WITHOUT_DATABASE
from .shown import end


def unclaimed(run_id: str, resource_id: str) -> PrefectState[None]:
    """Return the state of a flow run whose run is not queued.

    A Retry in Prefect ends as the run did, so that a failure stays visible there. If there are two flow runs of one
    run, the second has nothing to do.
    """
    run = database.patiently(partial(get, run_id), BEGIN_WITHOUT_DATABASE)
    if run is not None and run.resource_id != resource_id:
        return Failed(message=f"Run {run_id} is not one of the resource that this flow run names.")
    repeated = flow_run.run_count > 1
    if run is None and repeated:
        return Failed(message=f"CKAN no longer has run {run_id}. {_ask(resource_id)}")
    if run is None or run.state in OPEN or not (repeated or run.flow_run_id == str(flow_run.get_id())):
        return Completed(name="NothingToDo", message=f"Run {run_id} is not waiting any more. {_ask(resource_id)}")
    besides = f"Prefect cannot repeat a load. {_ask(resource_id)}"
    return end(run.state, (run.error or {}).get("kind"), run_id=run_id, resource_id=resource_id, besides=besides)


def _ask(resource_id: str) -> str:
    return f"Ask for a new load in CKAN, on the DataStore tab of resource {resource_id}."
