"""Make the statistics of a table when its run is complete and its lock is free: nobody waits for them."""

from __future__ import annotations

import logging
import os

from .. import settings, waits
from ..core.outcome import Outcome
from ..core.states import LOADED
from ..runs import queue
from ..statistics import summary
from ..statistics.make import NICEST, Job, make
from ..words import after_load
from .run import Run

log = logging.getLogger(__name__)

#: Rows times columns of a table up to which its statistics may wait for the sweep, which has less time for each table.
SMALL = 100_000


def make_statistics(run: Run, end: Outcome) -> None:
    """Make the statistics of the run's table, and drafts from them; leave those of a small one to the sweep in a crowd.

    A failure changes nothing about the run, and the sweep tries again.
    """
    if run.swapped is None or end.state not in LOADED or not settings.current().statistics:
        return
    plan = run.swapped.plan
    job = Job(resource_id=run.resource_id, run_id=run.claimed.run_id, load_key=plan.load_key, seconds=waits.STATISTICS)
    try:
        if run.swapped.rows * len(plan.columns) <= SMALL and queue.has(queue.CROWD):
            return
        os.nice(NICEST)
        made = make(job)
        summary.update(made)
        if made is not None:
            after_load.draft_quietly(made)
    except BaseException:
        # signals too: the run has ended well, and so should its process
        log.warning("no statistics of resource %s were made; that will be tried again", run.resource_id, exc_info=True)
