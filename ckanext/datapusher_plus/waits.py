"""Every wait of the plugin, with who waits for what and why it has this length; and the one retry loop.

Plain numbers are seconds. Waits that a site may want to change are settings instead. ``core.retries`` has the pauses
between two tries of a load.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from itertools import repeat
from typing import TypeVar

T = TypeVar("T")

# -- servers that restart: PostgreSQL is back in a few seconds, or after minutes of recovery

#: Pause between two tries while a server does not answer: a restart is noticed at once, and a try costs nothing.
SERVER_PAUSE = 1.0
#: Seconds for the download of the site's patterns of personal data, which are a few kilobytes.
PATTERNS_DEADLINE = 60
#: A run that begins waits for CKAN's database: longer than a restart takes; after that its request is queued again.
BEGIN_WITHOUT_DATABASE = 20.0
#: A load that can still be rolled back waits for CKAN's database before its commit, and holds its lock meanwhile.
COMMIT_WITHOUT_DATABASE = 20.0
#: The end of a run waits for CKAN's database: a load that is in place must not be taken for a dead run.
END_WITHOUT_DATABASE = 60.0
#: A rollback waits for servers before it is left to the sweep: Prefect may kill a run that takes much longer to end.
ROLLBACK_WITHOUT_SERVERS = 20.0
#: The watcher of a run that died waits for servers before the run is left to the sweep, which repeats everything.
WATCHER_WITHOUT_SERVERS = 30.0
#: A worker waits for a flow run's last state to be set, and for its threads to finish their current work.
THREAD_END = 10.0

#: A connection that was idle for longer is not used again: if its network is gone, only a new one finds that out soon.
#: It must answer within this time, too.
IDLE_CONNECTION = 5.0

# -- locks

#: A run waits for its resource's lock: only a run that is just ending, or a short repair, can hold it.
RESOURCE_LOCK = 20.0
#: A rollback waits for the lock that was lost with its connection: PostgreSQL notices a dead session by then.
LOST_LOCK = 10.0
#: Recovery waits for the lock of a run whose process has just died: its database session ends within moments.
DEAD_RUNS_LOCK = 5.0
#: The first try to lock a live table. While it waits, new readers wait behind it. And when CKAN's search counts a
#: table's rows, it holds a lock on one connection and requests one on another: that ends only when this try gives up.
FIRST_TABLE_LOCK = 0.1
#: A load that makes room waits for a table that is kept for an undo; a backup may be reading it for hours.
KEPT_TABLE_LOCK = 2
#: A change of a row in CKAN's database waits for a web request that changes the same row.
CKAN_ROW_LOCK = 10
#: wait of a refresh of the registry of columns for another one of the same resource, or for an edit of its dataset
REGISTRY_LOCK = 3
#: age at which a mark of an edited table shows that the edit has ended without a refresh
REGISTRY_MARK = 60.0

#: Who asks for a picture by an action or a command waits for a place: a picture takes seconds, a slow server 30.
THUMBNAIL_PLACE = 60.0

# -- the queue and Prefect

#: The dispatcher checks the queue this often without a notification, which may be lost with its connection.
QUEUE_POLL = 3.0
#: A worker asks Prefect for new runs this often when the dispatcher does not wake it.
PREFECT_POLL = 1.0
#: A worker asks this often whether a run was cancelled in Prefect: a person waits for it.
CANCEL_POLL = 2.0
#: What a worker says in its log of a deployment's settings, it may say of a deployment that was read so long ago.
SAME_DEPLOYMENT = 10.0
#: Lines of a small file's log in a crowd are written together about this often.
LOG_TOGETHER = 0.5
#: A run's log is sent to Prefect this often, for people who watch it there.
PREFECT_LOG = 2.0
#: A worker checks its run processes this often, so that the end of a run is noticed at once.
RUN_EXIT_POLL = 0.05
#: A process whose run has ended waits this long for another one.
SPARE_PROCESS = 5.0
#: A worker that is stopping checks this often whether its runs have ended.
DRAIN_POLL = 0.2
#: A run that was handed to Prefect must be claimed within this time; after that it does not count as one of its
#: organization's runs any more, and Prefect is asked about it.
CLAIM = timedelta(seconds=20)
#: A flow run that a worker took must be claimed within this time, by type of work pool: a fork starts at once, a
#: container does not. If the flow run begins later, it finds nothing to do.
CLAIM_ONCE_TAKEN = {"ckan": timedelta(seconds=30)}
CLAIM_ONCE_TAKEN_ELSEWHERE = timedelta(minutes=15)
#: A run whose process ended before the run began is held back by the first value times the number of its attempts, and
#: at most by the second.
RESTART_PAUSE, LONGEST_RESTART_PAUSE = 2, 20
#: No queued run is held back longer: a later start time was written by a wrong clock.
LONGEST_HOLD = timedelta(minutes=2)
#: A run whose publish failed is published again after this time: CKAN, or its search, has to come back first.
PUBLISH_PAUSE = 30
#: A sweep spends at most this long on late publishing, because other repairs wait.
LATE_PUBLISH = 10.0
#: If no dispatcher hands a request over within this time, no worker is running: the tab and the checks say so.
UNSEEN_REQUEST = 120
#: A run that exceeds its ``flow_timeout`` by this much is killed: it did not stop itself and may be frozen.
FROZEN_RUN = 600

#: A run's process makes the statistics of its table within this time, or not at all: its place in the worker is needed.
STATISTICS = 300.0
#: The sweep makes missing statistics of one table within this time, because other repairs wait.
SWEPT_STATISTICS = 60.0
#: A run that ended longer ago than this without beginning statistics has left them to the sweep.
STATISTICS_LEFT = timedelta(seconds=5)
#: While no request waits, a sweep goes on making missing statistics for this time.
CATCH_UP = 10.0
#: The command that makes statistics anew takes as long as they need.
ASKED_STATISTICS = 86_400.0

# -- CKAN, and statements that are stopped

#: CKAN drops the table of a deleted resource itself, after it has committed the deletion, and fails if the table is
#: already gone; so the plugin gives CKAN this time, and checks this often whether the table is dropped.
CKAN_DROPS_TABLE, CKAN_DROPS_TABLE_POLL = 2.0, 0.1
#: Pause between two tries to cancel a statement: a cancel that arrives between two statements has no effect.
CANCEL_PAUSE = 0.05
#: PostgreSQL must confirm within this time that it has received a request to cancel.
CANCEL_TAKEN = 5
#: Pause between two writes of a run's progress: people watch it, but each write is a transaction.
PROGRESS_PAUSE = 0.5

# -- qsv, if a site uses it

#: It must print its version within this time, also in a check.
QSV_VERSION = 4
#: A process may take this many times the processor time that it may have: other processes want the cores, too.
QSV_SLOWNESS = 4
#: A process that takes longer gets this time to end after SIGTERM; then its group is killed.
QSV_END = 2.0

# -- the Prefect server that workers start

#: It must answer within this time; its first start creates a database.
PREFECT_START, PREFECT_START_POLL = 120.0, 0.25
#: It gets this time to end after SIGTERM, and again after SIGKILL.
PREFECT_STOP, PREFECT_STOP_POLL = 15.0, 0.1
#: A Prefect server must answer within this time, or it counts as not working.
PREFECT_ANSWER = 3.0
#: The check whether a Prefect server answers without a login waits this long at each address of this machine; most of
#: them do not answer.
PREFECT_AT_ADDRESS = 2.0

# -- checks: each must end well before CHECK, so that it can itself report what did not answer

#: One check may take this long; then it is reported as unanswered.
CHECK = 6.0
#: CKAN may take this long to load before any check.
CHECK_CKAN_LOADS = 10.0
#: A check waits for a connection to a database, and for one statement.
CHECK_DATABASE = 3
#: A check waits for a connection to a web server, and for each piece of its answer.
CHECK_WEB = (3, 5)
#: The check of all tables examines no more resources after this time, so that a large site gets an answer, too.
CHECK_TABLES = 4.0
#: A worker checks this often whether database sessions last: the first value while they do, the second while not.
SESSIONS_SOUND, SESSIONS_UNSOUND = 60.0, 5.0


def retry_until(
    act: Callable[[], T],
    seconds: float,
    *,
    errors: tuple[type[Exception], ...],
    passes: Callable[[Exception], bool] = lambda error: True,
    pauses: Iterable[float] = repeat(SERVER_PAUSE),
) -> T:
    """Call ``act``, which must be safe to repeat, until it succeeds; at least once.

    The error of a call is raised when it is not one of ``errors``, when ``passes`` says that it is permanent, or when
    the time is over.

    :param seconds: after this time a failed call is not repeated.
    :param errors: the kinds of errors after which ``act`` may be repeated.
    :param passes: returns whether an error may be temporary.
    :param pauses: seconds before each repetition; the call after the last of them is the last one.
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
