"""What a worker takes from Prefect: the id of a flow run, and the id of a run that is in CKAN's own table.

Anybody who reaches Prefect can write anything into deployments, work pools and flow runs. So a job's environment,
command, working directory, labels, name and all else have no effect here; the worker's log has what was ignored.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, WorkPool
from prefect.client.schemas.responses import DeploymentResponse
from prefect.exceptions import ObjectNotFound
from prefect.workers.base import BaseJobConfiguration
from pydantic import PrivateAttr

from ..runs import database, records
from ..waits import BEGIN_WITHOUT_DATABASE, SAME_DEPLOYMENT

log = logging.getLogger(__name__)

#: Most names in one line of the log, and the pattern of names that may be shown there.
MOST_NAMES = 10
_SHOWABLE = re.compile(r"[A-Za-z0-9_.-]{1,80}")
_PARAMETERS = ("run_id", "resource_id")
#: Where the flow is. A deployment that names another one has no effect; the log says so.
ENTRYPOINT = "ckanext.datapusher_plus.flow.ingest.ingest"
#: The deployment that was read last, and when.
_read: tuple[DeploymentResponse | None, float] = (None, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A flow run, and the run in CKAN's database that it belongs to."""

    flow_run_id: str
    run_id: str
    resource_id: str


class Refused(Exception):
    """The flow run belongs to no run that CKAN has; the message contains only well-formed ids."""


def job_of(flow_run: FlowRun) -> Job:
    """Return the job of a flow run.

    :raises Refused: when its parameters do not name a run of CKAN and that run's resource.
    :raises sqlalchemy.exc.OperationalError: when CKAN's database does not answer.
    """
    run_id, resource_id = known(flow_run.parameters)
    return Job(flow_run_id=str(flow_run.id), run_id=run_id, resource_id=resource_id)


def known(parameters: Mapping[str, object]) -> tuple[str, str]:
    """Return the ids of the run and of its resource from CKAN's table.

    :raises Refused: when the parameters do not name both.
    """
    run_id, resource_id = (parameters.get(name) for name in _PARAMETERS)
    if not isinstance(run_id, str) or not _is_uuid(run_id) or not isinstance(resource_id, str):
        raise Refused("The parameters of this flow run are not the ids of a run and a resource of CKAN.")
    found = database.patiently(partial(records.get, run_id), BEGIN_WITHOUT_DATABASE)
    if found is None:
        raise Refused(f"CKAN no longer has run {run_id}. Ask for a new load in CKAN, on the resource's DataStore tab.")
    if found.resource_id != resource_id:
        raise Refused(f"Run {run_id} is not one of the resource that this flow run names.")
    return found.id, found.resource_id


def _is_uuid(text: str) -> bool:
    # the constructor accepts braces and other forms too, and its time grows with the length of the text
    try:
        return len(text) == 36 and str(uuid.UUID(text)) == text
    except ValueError:
        return False


def bare(flow_run: FlowRun) -> FlowRun:
    """Return the flow run without texts of others that Prefect's own worker would log or pass on."""
    return flow_run.model_copy(update={"name": str(flow_run.id), "tags": [], "labels": {}})


class CkanJob(BaseJobConfiguration):
    """A job's configuration, which is empty."""

    _ignored: tuple[str, ...] = PrivateAttr(())

    @classmethod
    async def resolve_for_flow_run(
        cls,
        flow_run: FlowRun,
        *,
        client: PrefectClient,
        work_pool: WorkPool,
        worker_name: str,
        worker_id: uuid.UUID | None = None,
        deployment: DeploymentResponse | None = None,
    ) -> CkanJob:
        """Return an empty configuration that only lists what is ignored: fill in no template and read no block."""
        del worker_name, worker_id
        if deployment is None and flow_run.deployment_id:
            deployment = await _deployment(client, flow_run.deployment_id)
        job = cls(name=str(flow_run.id))
        job._related_objects = {"flow-run": bare(flow_run)}
        job._ignored = tuple(dict.fromkeys(_ignored(flow_run, deployment, work_pool)))
        return job

    @property
    def ignored(self) -> tuple[str, ...]:
        """Return the names of settings that have no effect."""
        return self._ignored


async def _deployment(client: PrefectClient, its_id: uuid.UUID) -> DeploymentResponse | None:
    """Return a deployment as it was at most ``waits.SAME_DEPLOYMENT`` seconds ago: it is needed only for the log."""
    global _read  # noqa: PLW0603 (a worker has one deployment)
    before, at = _read
    if before is not None and before.id == its_id and time.monotonic() - at < SAME_DEPLOYMENT:
        return before
    with suppress(ObjectNotFound, httpx.HTTPError):
        _read = await client.read_deployment(its_id), time.monotonic()
        return _read[0]
    return None


def tell_ignored(flow_run: FlowRun, job: CkanJob) -> None:
    """Log the names of settings that have no effect, not their values, which may be secret."""
    if job.ignored:
        names = [name if _SHOWABLE.fullmatch(name) else "(an odd name)" for name in job.ignored[:MOST_NAMES]]
        more = len(job.ignored) - len(names)
        log.warning(
            "flow run %s: Prefect's settings for its job are ignored: %s%s",
            flow_run.id,
            ", ".join(dict.fromkeys(names)),
            f", and {more} more" if more else "",
        )


def _ignored(flow_run: FlowRun, deployment: DeploymentResponse | None, pool: WorkPool) -> Iterator[str]:
    """Return the names of settings that somebody has set."""
    yield from _names(flow_run.job_variables)
    yield from (f"parameters.{name}" for name in flow_run.parameters if name not in _PARAMETERS)
    if deployment is not None:
        yield from _names(deployment.job_variables)
        yield from ["pull_steps"] if deployment.pull_steps else []
        yield from ["entrypoint"] if deployment.entrypoint not in (None, ENTRYPOINT) else []
    template = pool.base_job_template
    # a value that only refers to a variable sets nothing
    configured = {name: value for name, value in _mapping(template, "job_configuration").items() if not _refers(value)}
    yield from _names(configured)
    variables = _mapping(_mapping(template, "variables"), "properties")
    yield from _names({name: _mapping(variables, name).get("default") for name in variables})


def _names(variables: Mapping[str, Any] | None) -> Iterator[str]:
    for name, value in (variables or {}).items():
        if isinstance(value, Mapping):
            yield from (f"{name}.{inner}" for inner in value)
        elif value is not None:
            yield name


def _mapping(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = holder.get(name)
    return found if isinstance(found, Mapping) else {}


def _refers(value: object) -> bool:
    return isinstance(value, str) and value.startswith("{{") and value.endswith("}}")
