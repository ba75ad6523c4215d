"""Every wait of the plugin: who waits for what, and why so long. And the one loop that tries again.

Waits that a site may want to change are settings instead. ``core.retries`` has the pauses between two tries of a load.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import repeat
from typing import TypeVar

T = TypeVar("T")

# -- servers that restart: PostgreSQL is back in a few seconds, or after minutes of recovery

#: Between two tries while a server does not answer: a restart is noticed at once, and a try costs nothing.
SERVER_PAUSE = 1.0
#: A run that begins waits for CKAN's database: longer than a restart; after that its request is simply queued again.
BEGIN_WITHOUT_DATABASE = 20.0
#: A load that could still be undone waits for CKAN's database before its commit, and holds the lock meanwhile.
COMMIT_WITHOUT_DATABASE = 20.0
#: The end of a run waits for CKAN's database: a load that is in place must not be taken for a dead run.
END_WITHOUT_DATABASE = 60.0
#: A rollback waits for servers before it is left to the sweep: Prefect may kill a run that takes much longer to end.
ROLLBACK_WITHOUT_SERVERS = 20.0
#: The watcher of a run that died waits for servers before the run is left to the sweep, which repeats all.
WATCHER_WITHOUT_SERVERS = 30.0
#: A worker waits for a flow run's last state to be set, and for its threads to end their present piece of work.
THREAD_END = 10.0

# -- locks

#: A run waits for its resource's lock: only a run that just ends, or a short repair, may hold it.
RESOURCE_LOCK = 20.0
#: A rollback waits for the lock that was lost with its connection: PostgreSQL notices a dead session by then.
LOST_LOCK = 10.0
#: Recovery waits for the lock of a run whose process just died: the session ends within moments.
DEAD_RUNS_LOCK = 5.0
#: The first try to lock a live table. While it waits, new readers wait behind it; and CKAN's search, when it counts a
#: table, holds it on one connection and asks for it on another, which ends only when we give up.
FIRST_TABLE_LOCK = 0.1
#: A change of a row of CKAN waits for whoever else changes that row, in a web request.
CKAN_ROW_LOCK = 10

# -- the queue and Prefect

#: The dispatcher looks at the queue so often without a notification; one may be lost with its connection.
QUEUE_POLL = 3.0
#: A worker asks Prefect for new runs so often when the dispatcher did not wake it.
PREFECT_POLL = 1.0
#: A worker asks so often whether a run was cancelled in Prefect: a person waits for it.
CANCEL_POLL = 2.0
#: A worker looks at its run processes so often, so a run's end is noticed at once.
RUN_EXIT_POLL = 0.05
#: A worker that stops looks so often whether its runs have ended.
DRAIN_POLL = 0.2
#: A run that was handed to Prefect must be claimed by then; else it takes no place, and Prefect is asked about it.
CLAIM = timedelta(seconds=20)
#: A flow run that a worker took must be claimed by then, by type of work pool: a fork takes no time, containers do.
#: Should it begin later all the same, it finds nothing to do.
CLAIM_ONCE_TAKEN = {"ckan": timedelta(seconds=30)}
CLAIM_ONCE_TAKEN_ELSEWHERE = timedelta(minutes=15)
#: A run whose process ended before it began is held back by this, more each time, and by the second at most.
RESTART_PAUSE, LONGEST_RESTART_PAUSE = 2, 20
#: No queued run is held back longer; a later time was written by a clock that was wrong.
LONGEST_HOLD = timedelta(minutes=2)
#: A run whose publish failed is published again after this: CKAN, or its search, has to come back first.
PUBLISH_PAUSE = 30
#: A sweep spends so long on late publishing, because other repairs wait.
LATE_PUBLISH = 10.0
#: A request that no dispatcher has handed over by then means that no worker runs: the tab and the checks say so.
UNSEEN_REQUEST = 120
#: A run that is over its ``flow_timeout`` by so much is killed: it did not stop itself and may be frozen.
FROZEN_RUN = 600

# -- CKAN, and statements that are stopped

#: CKAN drops the table of a deleted resource itself, after it has committed the deletion, and fails if the table is
#: gone by then; so it gets this time, and we look so often.
CKAN_DROPS_TABLE, CKAN_DROPS_TABLE_POLL = 2.0, 0.1
#: Between two tries to cancel a statement: a cancel that arrives between two statements has no effect.
CANCEL_PAUSE = 0.05
#: PostgreSQL confirms that it has taken a request to cancel.
CANCEL_TAKEN = 5
#: A run's progress is written so often: people watch it, and each note is a transaction.
PROGRESS_PAUSE = 0.5

# -- the Prefect server that workers start

#: It must answer by then; its first start builds a database.
PREFECT_START, PREFECT_START_POLL = 120.0, 0.25
#: It gets this time to end after SIGTERM, and again after SIGKILL.
PREFECT_STOP, PREFECT_STOP_POLL = 15.0, 0.1
#: A Prefect server on this machine answers within this time, or does not work.
PREFECT_ANSWER = 3.0
#: A Prefect server is asked at each address of this machine whether it is open there; most of them answer nothing.
PREFECT_AT_ADDRESS = 2.0

# -- checks: each must end well before CHECK, and say itself what did not answer

#: One check may take so long; then it is reported as unanswered.
CHECK = 6.0
#: CKAN may take so long to load before any check.
CHECK_CKAN_LOADS = 10.0
#: A check waits for a connection to a database, and for one statement.
CHECK_DATABASE = 3
#: A check waits for a connection to a web server, and for each piece of its answer.
CHECK_WEB = (3, 5)
#: The check of all tables looks at no more resources after this, so that a large site gets an answer, too.
CHECK_TABLES = 4.0
#: The check for qsv waits for it to print its version.
CHECK_QSV = 4
#: The gate of a worker asks again whether database sessions last, while they do and while they do not.
SESSIONS_SOUND, SESSIONS_UNSOUND = 60.0, 5.0


def retry_until(
    act: Callable[[], T],
    seconds: float,
    *,
    errors: tuple[type[Exception], ...],
    passes: Callable[[Exception], bool] = lambda error: True,
    pauses: Iterable[float] = repeat(SERVER_PAUSE),
) -> T:
    """Call ``act``, which may be done twice, until it succeeds; for so many seconds, once at least.

    An error is raised when it is none of ``errors``, when ``passes`` says that it stays, or when the time is over.
    """
    deadline = time.monotonic() + seconds
    for pause in pauses:
        try:
            return act()
        except errors as error:
            if not passes(error) or time.monotonic() > deadline:
                raise
        time.sleep(pause)
    return act()


def doubling(first: float, most: float) -> Iterator[float]:
    """Yield seconds that double from ``first`` and stay at ``most``."""
    pause = first
    while True:
        yield pause
        pause = min(2 * pause, most)
