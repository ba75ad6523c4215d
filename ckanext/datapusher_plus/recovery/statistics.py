"""Make statistics that a run could not make, a few in each sweep, and delete summaries of deleted resources."""

from __future__ import annotations

import logging
from collections.abc import Iterator

from .. import portal, settings, waits
from ..core.errors import IngestError
from ..statistics import store, summary
from ..statistics.make import Job, apart, make
from ..statistics.store import Loaded
from ..words import after_load

log = logging.getLogger(__name__)

#: Resources whose statistics one sweep makes, and whose summary resource it deletes: other repairs wait meanwhile.
_MOST = 3


def catch_up(dry_run: bool) -> Iterator[str]:
    """Make missing statistics in processes with limits, and yield a message for each."""
    if dry_run:
        return
    for resource_id in portal.orphaned_summaries(_MOST) if settings.current().add_summary_stats_resource else ():
        portal.delete_summary(resource_id)
        yield f"{resource_id}: the resource is deleted, and so is its summary statistics resource now."
    for loaded in store.missing(_MOST) if settings.current().statistics else ():
        if _made(loaded):
            yield f"{loaded.resource_id}: the statistics of its table were missing and are made."


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
