"""The kinds of faults: caused by an order that the run obeys, or from outside while runs are held."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psutil
import requests

from dev.stack import MAIN
from tests.faults.disks import Disk
from tests.faults.site import Setup, Site

if TYPE_CHECKING:
    from tests.faults.trial import Trial

Act = Callable[[Site, Sequence["Trial"]], None]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of fault."""

    name: str
    #: the order for the run itself
    order: str = ""
    #: function that causes the fault for all held runs from outside, and releases them
    act: Act | None = None
    setup: Setup = Setup()
    #: whether a run that dies of it is retried automatically, so that the newest file is in place at the end
    passes: bool = False
    #: whether the run may succeed in spite of it
    harmless: bool = False
    #: whether new tables must be on the small disk
    small_tables: bool = False

    @property
    def shared(self) -> bool:
        """Return whether one fault affects all held runs at once."""
        return self.act is not None and self.name not in APART


#: Kinds from outside that affect a single run.
APART = frozenset({"terminate-work", "terminate-lock", "cancelled"})


def release(trials: Sequence[Trial]) -> None:
    """Release the held runs."""
    for trial in trials:
        trial.orders.release()


# -- one run ----------------------------------------------------------------------------------------


def terminate(lock: bool) -> Act:
    """Return a function that terminates a run's PostgreSQL sessions: the one that holds its lock, or all others."""

    def act(site: Site, trials: Sequence[Trial]) -> None:
        for trial in trials:
            with contextlib.suppress(psutil.NoSuchProcess):
                found = psutil.Process(trial.pid).net_connections()
                ports = [connection.laddr.port for connection in found if connection.laddr]
                which = "=" if lock else "<>"
                site.query(
                    "postgres",
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port = ANY(%s)"  # type: ignore
                    f" AND application_name {which} 'datapusher_plus lock'",
                    ports,
                )
        release(trials)

    return act


def cancel(site: Site, trials: Sequence[Trial]) -> None:
    """Cancel the flow runs like Prefect's web page."""
    for trial in trials:
        ((flow_run,),) = site.query(
            MAIN.ckan_db,
            "SELECT flow_run_id FROM datapusher_plus_run WHERE resource_id = %s"
            " ORDER BY (state = 'running') DESC, requested_at DESC LIMIT 1",
            trial.resource.id,
        )
        url = f"{site.stack.prefect_url}/api/flow_runs/{flow_run}/set_state"
        requests.post(url, json={"state": {"type": "CANCELLING"}}, timeout=10).raise_for_status()
    _wait_for_ends(trials, 5)
    release(trials)


def time_out(site: Site, trials: Sequence[Trial]) -> None:
    """Hold the runs until ``flow_timeout`` has passed."""
    _wait_for_ends(trials, FLOW_TIMEOUT + 1)
    release(trials)


def _wait_for_ends(trials: Sequence[Trial], patience: float) -> None:
    """Wait up to ``patience`` seconds for the processes to end; one held in a thread ends only when it is released."""
    deadline = time.monotonic() + patience
    while any(psutil.pid_exists(trial.pid) for trial in trials) and time.monotonic() < deadline:
        time.sleep(0.05)


# -- workers ----------------------------------------------------------------------------------------


def kill_worker(site: Site, trials: Sequence[Trial]) -> None:
    """Kill the worker of the first run with all its runs, like the loss of its machine, and start it again."""
    victim = next((worker for worker in site.workers if worker.owns(trials[0].pid)), site.workers[0])
    victim.kill()
    release(trials)
    site.revive()


def stop_worker(site: Site, trials: Sequence[Trial]) -> None:
    """Send SIGTERM to the worker of the first run; its runs do not end within ``worker_grace``."""
    victim = next((worker for worker in site.workers if worker.owns(trials[0].pid)), site.workers[0])
    victim.terminate()
    _wait_for_ends(trials, 2.5)
    release(trials)
    victim.wait_end()
    site.revive()


# -- servers ----------------------------------------------------------------------------------------


def crash_postgres(site: Site, trials: Sequence[Trial]) -> None:
    """Crash PostgreSQL and start it again; the runs continue while it is down."""
    site.postgres.crash()
    release(trials)
    time.sleep(0.5)
    site.postgres.launch()
    site.postgres.wait()


def redis_down(site: Site, trials: Sequence[Trial]) -> None:
    """Stop Redis while the runs continue."""
    site.redis.stop()
    release(trials)
    _wait_for_ends(trials, 8)
    site.redis.launch()
    site.redis.wait()


def solr_down(site: Site, trials: Sequence[Trial]) -> None:
    """Stop Solr while the runs continue, for longer than they retry."""
    site.solr.stop()
    release(trials)
    _wait_for_ends(trials, 30)
    site.solr.launch()
    site.solr.wait()


def prefect_down(site: Site, trials: Sequence[Trial]) -> None:
    """Stop Prefect while the runs continue."""
    site.prefect.stop()
    release(trials)
    _wait_for_ends(trials, 5)
    site.prefect.launch()
    site.prefect.wait()


def prefect_restarted(site: Site, trials: Sequence[Trial]) -> None:
    """Restart Prefect while the runs are held."""
    site.prefect.stop()
    site.prefect.launch()
    site.prefect.wait()
    release(trials)


def prefect_wiped(site: Site, trials: Sequence[Trial]) -> None:
    """Restart Prefect with an empty database."""
    site.prefect.stop()
    site.prefect.wipe()
    site.prefect.launch()
    site.prefect.wait()
    release(trials)


# -- disks and clocks -------------------------------------------------------------------------------


def full(which: Callable[[Site], Disk]) -> Act:
    """Return a function that fills a disk while the runs continue, and frees it afterwards."""

    def act(site: Site, trials: Sequence[Trial]) -> None:
        with which(site).full():
            release(trials)
            _wait_for_ends(trials, 8)

    return act


def jump(seconds: int) -> Act:
    """Return a function that moves the worker's clock by ``seconds``, and later back."""

    def act(site: Site, trials: Sequence[Trial]) -> None:
        site.clock.jump(seconds)
        release(trials)
        _wait_for_ends(trials, 8)
        site.clock.jump(0)

    return act


#: Seconds; long enough for the next run, even on a busy machine.
FLOW_TIMEOUT = 20

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(name="raise", order="raise"),
        Kind(name="sigterm", order="sigterm", harmless=True),
        Kind(name="sigkill", order="sigkill", passes=True),
        Kind(name="validation-error", order="raise:ckan.logic:ValidationError"),
        Kind(name="forbidden", order="raise:ckan.logic:NotAuthorized"),
        Kind(name="action-timeout", order="raise:requests:Timeout"),
        Kind(name="terminate-work", act=terminate(lock=False), passes=True),
        Kind(name="terminate-lock", act=terminate(lock=True), passes=True),
        Kind(name="cancelled", act=cancel, harmless=True),
        Kind(name="run-timeout", act=time_out, setup=Setup(flow_timeout=FLOW_TIMEOUT)),
        Kind(name="sigkill-worker", act=kill_worker, passes=True),
        Kind(name="sigterm-worker", act=stop_worker, passes=True),
        Kind(name="postgres-crash", act=crash_postgres, passes=True),
        Kind(name="redis-down", act=redis_down, passes=True, harmless=True),
        Kind(name="solr-down", act=solr_down, passes=True, harmless=True),
        Kind(name="prefect-down", act=prefect_down, passes=True, harmless=True),
        Kind(name="prefect-restarted", act=prefect_restarted, passes=True, harmless=True),
        Kind(name="prefect-wiped", act=prefect_wiped, passes=True, harmless=True),
        Kind(name="full-work-disk", act=full(lambda site: site.work_disk), harmless=True),
        Kind(name="full-stash-disk", act=full(lambda site: site.stash_disk), harmless=True),
        Kind(name="full-table-disk", act=full(lambda site: site.table_disk), harmless=True, small_tables=True),
        Kind(name="clock-forward", act=jump(7200), setup=Setup(clock=True), passes=True, harmless=True),
        Kind(name="clock-back", act=jump(-7200), setup=Setup(clock=True), passes=True, harmless=True),
    )
}
