"""Make statistics that runs could not make or have left, and delete summaries of deleted resources."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator

from .. import portal, settings, waits
from ..core.errors import IngestError
from ..runs import queue
from ..statistics import store, summary
from ..statistics.make import Job, apart, make
from ..statistics.store import Loaded
from ..words import after_load

log = logging.getLogger(__name__)

#: Resources whose statistics one sweep makes while requests wait, and whose summary resource it deletes.
_MOST = 3
_DONE = "{}: the statistics of its table were missing and are made."


def catch_up(dry_run: bool) -> Iterator[str]:
    """Make missing statistics in processes with limits, and yield a message for each."""
    if dry_run:
        return
    for resource_id in portal.orphaned_summaries(_MOST) if settings.current().add_summary_stats_resource else ():
        portal.delete_summary(resource_id)
        yield f"{resource_id}: the resource is deleted, and so is its summary statistics resource now."
    if settings.current().statistics:
        yield from map(_DONE.format, _made_meanwhile())


def _made_meanwhile() -> Iterator[str]:
    """Make some statistics, and further ones while no request waits; yield their resources."""
    end = time.monotonic() + waits.CATCH_UP
    while missing := store.missing(_MOST):
        made = [loaded.resource_id for loaded in missing if _made(loaded)]
        yield from made
        # whatever failed is for a later sweep, for the reason may pass
        if len(made) < len(missing) or time.monotonic() > end or queue.has(1):
            return


def _made(loaded: Loaded) -> bool:
    job = Job(
        resource_id=loaded.resource_id,
        run_id=loaded.run_id,
        load_key=loaded.load_key,
        seconds=waits.SWEPT_STATISTICS,
    )
    try:
        made = make(job, apart)
        summary.update(made)
    except IngestError as error:
        log.warning("no statistics of resource %s could be made: %s", loaded.resource_id, error)
        return False
    if made is not None:
        after_load.draft_quietly(made)
    return made is not None
