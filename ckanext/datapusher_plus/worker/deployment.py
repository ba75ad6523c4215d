"""The work pool and the deployment that runs are created from."""

from __future__ import annotations

import logging
import uuid
from contextlib import suppress
from typing import Any, cast

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound
from prefect.types.entrypoint import EntrypointType
from prefect.workers.base import BaseWorker

from ..flow.ingest import NAME, ingest
from ..portal import app
from ..settings import Settings
from .prefect_worker import CkanWorker

log = logging.getLogger(__name__)


#: Prefect's work queue for requests made by commands; a pool's own queue, ``default``, has priority over it.
BULK = "bulk"


class DeployFailed(RuntimeError):
    """The deployment cannot be created as configured."""


def deploy(client: SyncPrefectClient, settings: Settings, *, pool: str = "", kind: str = "") -> uuid.UUID:
    """Create the work pool if it is missing, create or update the deployment, and return the deployment's id.

    :raises DeployFailed: when the pool has another type, or the type is unknown here.
    """
    pool = pool or settings.prefect_work_pool
    kind = kind or settings.prefect_work_pool_type
    _ensure_pool(client, pool, kind)
    _ensure_queue(client, pool)
    deployment = RunnerDeployment.from_flow(
        ingest,
        deployment_name(settings),
        work_pool_name=pool,
        entrypoint_type=EntrypointType.MODULE_PATH,
        description="Loads one resource's file into CKAN's DataStore.",
        tags=["ckan"],
        # a worker of type ckan has CKAN loaded; runs of other types start with only their environment
        job_variables={} if kind == CkanWorker.type else {"env": {"CKAN_INI": app.ini()}},
    )
    return cast(uuid.UUID, deployment.apply())


def deployment_name(settings: Settings) -> str:
    """Return the deployment's own name, the part after the slash.

    :raises DeployFailed: when the setting names another flow.
    """
    flow, _, name = settings.prefect_deployment_name.partition("/")
    if flow != NAME or not name:
        raise DeployFailed(
            f"prefect_deployment_name is {settings.prefect_deployment_name}; it must begin with {NAME}/."
        )
    return name


def _ensure_pool(client: SyncPrefectClient, pool: str, kind: str) -> None:
    try:
        found = client.read_work_pool(pool).type
    except ObjectNotFound:
        found = _create_pool(client, pool, kind)
    if found != kind:
        raise DeployFailed(
            f"The work pool {pool} has type {found}, not {kind}. "
            f"Name another pool, or set prefect_work_pool_type = {found}."
        )


def _ensure_queue(client: SyncPrefectClient, pool: str) -> None:
    try:
        client.read_work_queue_by_name(BULK, work_pool_name=pool)
    except ObjectNotFound:
        first = client.read_work_queue(client.read_work_pool(pool).default_queue_id).priority or 1
        # another worker may create it first
        with suppress(ObjectAlreadyExists):
            client.create_work_queue(
                BULK, work_pool_name=pool, priority=first + 1, description="Asked for by commands."
            )


def _create_pool(client: SyncPrefectClient, pool: str, kind: str) -> str:
    template = _job_template(kind)
    try:
        client.create_work_pool(WorkPoolCreate(name=pool, type=kind, base_job_template=template))
    except ObjectAlreadyExists:
        # another worker has created it first
        return client.read_work_pool(pool).type
    return kind


def _job_template(kind: str) -> dict[str, Any]:
    worker = CkanWorker if kind == CkanWorker.type else BaseWorker.get_worker_class_from_type(kind)
    if worker is None:
        known = ", ".join(sorted(BaseWorker.get_all_available_worker_types()))
        raise DeployFailed(f"No work pool of type {kind} can be made here, only {known}. Install its Prefect package.")
    return worker.get_default_base_job_template()
