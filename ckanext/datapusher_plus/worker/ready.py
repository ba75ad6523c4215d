"""Prepare a process for forking runs: load CKAN, Prefect and the flow, and close connections.

Loading takes seconds, forking milliseconds; so a run starts at once and still has a process of its own.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import logging
import os
import uuid
from contextlib import suppress

from ckan import model
from pydantic import BaseModel
from pydantic.errors import PydanticUndefinedAnnotation

from .. import portal
from ..core.types.notations import DAYS, NUMBERS
from ..flow import to_prefect
from ..portal import app
from ..portal.pages import anybody_may_read
from ..portal.resource import shown
from ..runs import records, task_status
from ..runs.claim import claim
from ..runs.log import RunLog
from ..words import annotate
from . import child

__all__ = ["child", "make_ready", "nothing"]

log = logging.getLogger(__name__)

#: Modules that Prefect and its HTTP client import on first use, which would otherwise be in every run.
_LATE = (
    "anyio._backends._asyncio",
    "prefect.concurrency.services",
    "prefect.task_engine",
    "prefect.utilities.visualization",
)
#: DuckDB imports this on first use if it is installed.
_NUMPY = "numpy"
#: Modules of Prefect whose models a run uses.
_MODELS = ("prefect.client.schemas", "prefect.events", "prefect.context", "prefect.results", "prefect.states")


def make_ready() -> None:
    """Load everything, and do once what is slow only the first time."""
    for module in _LATE:
        importlib.import_module(module)
    if importlib.util.find_spec(_NUMPY):
        # without threads of its own: this process will be forked
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        importlib.import_module(_NUMPY)
    app.load()
    child.settings_of_runs()
    to_prefect.tls()
    _complete_models()
    _rehearse()
    app.before_fork()
    # freeze what is loaded now: no run needs to collect it or copy its memory pages for that
    gc.collect()
    gc.freeze()


def _complete_models() -> None:
    """Build the schemas of Prefect's models, which are otherwise built at their first use, in every run."""
    waiting = [BaseModel]
    while waiting:
        model_class = waiting.pop()
        waiting += model_class.__subclasses__()
        if model_class.__module__.startswith(_MODELS) and not model_class.__pydantic_complete__:
            with suppress(PydanticUndefinedAnnotation):
                model_class.model_rebuild()


def nothing() -> None:
    """Do nothing; a worker runs this once at its start to check that it can fork runs."""


def _rehearse() -> None:
    """Use the patterns, CKAN's queries and its schemas once, so that they are compiled."""
    for notation in (*NUMBERS, *DAYS):
        for form in notation.forms:
            form.takes("")
    try:
        with app.context():
            resource = model.Session.query(model.Resource.id).first()
            if resource:
                shown(resource.id)
                anybody_may_read(resource.id)
                _ask_of_no_run(resource.id)
    except Exception as error:  # noqa: BLE001 (not essential: a database may be away, any plugin's hook may fail)
        log.warning(
            "A first look at a resource failed (%s: %s). The worker continues; runs take longer to begin.",
            type(error).__name__,
            error,
        )


def _ask_of_no_run(resource_id: str) -> None:
    """Execute the statements of every run for a run that does not exist."""
    nobody = str(uuid.uuid4())
    records.get(nobody)
    records.last_good_load_key(resource_id)
    records.last_load(resource_id)
    records.undone_key(resource_id, nobody)
    records.has_loaded_before(resource_id, besides=nobody)
    portal.standings([nobody])
    annotate.keep(nobody, None, "", (), columns=())
    with model.ensure_engine().begin() as connection:
        task_status.show(connection, nobody)
    claim(nobody, flow_run_id=None, worker="", resource_id=resource_id)
    log_of_nobody = RunLog(nobody)
    log_of_nobody.progress("fetch", 0, None)
    log_of_nobody.progress("fetch", 0, 1)
    log_of_nobody.file("")
