"""The command ``ckan datapusher_plus worker``: start what is missing, recover dead runs, hand over requests, work."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial

import anyio
import httpx
from prefect.client.orchestration import get_client
from prefect.context import refresh_global_settings_context
from prefect.settings import PREFECT_API_URL

from .. import waits
from ..flow.cancelled import was_cancelled
from ..health import prefect_home, workers
from ..health.checks import BEFORE_WORK, examine
from ..health.finding import CheckState
from ..portal import app
from ..prefect_server import login
from ..prefect_server.server import EmbeddedServer, ServerFailed
from ..recovery import sweep, upkeep
from ..runs.prune import prune
from ..settings import Settings
from . import fork_server
from .deployment import DeployFailed, deploy
from .dispatcher import Dispatcher
from .outage import Outage
from .prefect_worker import CkanWorker

log = logging.getLogger(__name__)

Tell = Callable[[str], None]


def work(settings: Settings, tell: Tell, *, limit: int | None = None, pool: str = "") -> None:
    """Work until stopped by SIGTERM or SIGINT, and return when all runs have ended."""
    pool = pool or settings.prefect_work_pool
    # the process that runs are forked from loads CKAN by this variable
    os.environ["CKAN_INI"] = app.ini()
    with prefect_server(settings, tell) as server:
        tell("Loading CKAN and Prefect once; runs are forked from that.")
        # before anything else, because later steps may start threads
        fork_server.begin()
        complain(tell)
        name = workers.name_here()
        worker = CkanWorker(work_pool_name=pool, name=name, limit=limit or settings.worker_limit)
        if worker.gate.is_open():
            heal(tell)
        deploy_if_possible(settings, pool, tell)
        marker = workers.Marker(name, *((server.api_url, str(prefect_home.folder())) if server else ("", "")))
        # before Prefect shows this worker as online
        marker.renew()
        anyio.run(_work, worker, Housekeeping(settings, server, pool, marker), tell)
        fork_server.end()
    tell("Stopped; no run is left behind.")


@contextlib.contextmanager
def prefect_server(settings: Settings, tell: Tell) -> Iterator[EmbeddedServer | None]:
    """Point this process to the configured Prefect server, or else to the one of this ``PREFECT_HOME``.

    :raises ServerFailed: when that one cannot be started.
    """
    url = api_url(settings)
    if url:
        _use(url)
        tell(f"Prefect server: {url}")
        yield None
        return
    found = prefect_home.writable()
    if found.state is CheckState.FAIL:
        raise ServerFailed(f"{found.sentence} {found.advice}")
    tell("No Prefect server is configured; using the one of this machine's workers, or starting it.")
    own = login.configured()
    with EmbeddedServer(prefect_home.folder()) as server:
        _use(server.api_url, server.login)
        how = "runs already" if server.joined else "started"
        tell(f"Prefect server: {server.api_url} (pages: {server.api_url.removesuffix('/api')}), {how}.")
        if server.login and not own:
            tell(f"Its pages ask for the line in {prefect_home.folder() / login.FILE}.")
        yield server


def api_url(settings: Settings) -> str:
    """Return the API address from CKAN's configuration, else from Prefect's own, else an empty string."""
    return settings.prefect_api_url or PREFECT_API_URL.value() or ""


def _use(url: str, auth: str = "") -> None:
    os.environ["PREFECT_API_URL"] = url
    if auth:
        os.environ["PREFECT_API_AUTH_STRING"] = auth
    os.environ.setdefault("DO_NOT_TRACK", "1")
    refresh_global_settings_context()


def deploy_once(settings: Settings, *, pool: str, kind: str) -> str:
    """Create work pool and deployment on the configured server, and return a message.

    :raises DeployFailed: when no server is configured, it does not answer, or the pool has another type.
    """
    url = api_url(settings)
    if not url:
        raise DeployFailed("No Prefect server is configured: set prefect_api_url, or the variable PREFECT_API_URL.")
    _use(url)
    try:
        with get_client(sync_client=True) as client:
            deploy(client, settings, pool=pool, kind=kind)
    except httpx.HTTPError as error:
        raise DeployFailed(f"The Prefect server at {url} does not answer ({error}).") from error
    pool = pool or settings.prefect_work_pool
    return f"Deployment {settings.prefect_deployment_name} is in work pool {pool} of {url}."


def complain(tell: Tell) -> None:
    """Print what is not in order on this machine and in the databases, and continue: much of it is temporary."""
    for found in examine(BEFORE_WORK):
        if found.state is not CheckState.OK:
            tell(f"{found.state.value.upper()} {found.check}: {' '.join(filter(None, [found.sentence, found.advice]))}")


def heal(tell: Tell) -> None:
    """Recover dead runs before anything else; if a database is away, the timed sweep does it later."""
    with Outage("the sweep").tolerated():
        for sentence in sweep.sweep(was_cancelled=was_cancelled):
            tell(sentence)


def deploy_if_possible(settings: Settings, pool: str, tell: Tell) -> None:
    """Create work pool and deployment; if Prefect is away, the dispatcher does it later."""
    try:
        with get_client(sync_client=True) as client:
            deploy(client, settings, pool=pool)
    except httpx.HTTPError as error:
        tell(f"Prefect does not answer yet ({error}); requests wait for it.")
    else:
        tell(f"Deployment {settings.prefect_deployment_name} is in work pool {pool}.")


class Housekeeping:
    """Two threads beside the worker: one hands over requests, one sweeps on a timer."""

    def __init__(self, settings: Settings, server: EmbeddedServer | None, pool: str, marker: workers.Marker) -> None:
        self._settings = settings
        self._server = server
        self._pool = pool
        self._marker = marker
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self, worker: CkanWorker, wake: Callable[[], None], stop: Callable[[str], bool]) -> None:
        """Start the threads; ``wake`` is called when there are new flow runs, ``stop`` to cancel a run."""
        # the free places of workers of another type are not known here
        room = worker.room if self._settings.prefect_work_pool_type == worker.type else None
        dispatcher = Dispatcher(pool=self._pool, wake=wake, may_begin=worker.gate.is_open, room=room, stop=stop)
        self._start("dispatcher", lambda: dispatcher.serve(self._stop))
        self._start("sweep", lambda: self._sweep(worker, dispatcher))

    def stop(self) -> None:
        """End both threads; each finishes its present piece of work first."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=waits.THREAD_END)

    def _start(self, name: str, work: Callable[[], None]) -> None:
        # Prefect's settings live in a context variable, which a new thread does not inherit
        context = contextvars.copy_context()
        thread = threading.Thread(target=context.run, args=(work,), name=name, daemon=True)
        thread.start()
        self._threads.append(thread)

    def _sweep(self, worker: CkanWorker, dispatcher: Dispatcher) -> None:
        tables, requests, rest = Outage("the sweep"), Outage("the search for lost requests"), Outage("the tidying up")
        lost, pruned, rounds = frozenset[str](), "", upkeep.Rounds()
        while not self._stop.is_set():
            if self._server is not None:
                self._server.revive()
            self._marker.renew()
            with tables.tolerated():
                # a free lock proves that a run is dead only while locks work (see ``gate``)
                for sentence in _sweep(worker, rounds) if worker.gate.is_open() else ():
                    log.info("%s", sentence)
            with requests.tolerated():
                dispatcher.reconcile()
            with rest.tolerated():
                lost = self._give_up(worker, lost) if worker.gate.is_open() else lost
                pruned = prune(self._settings.keep_runs, after=pruned)
            self._stop.wait(self._settings.sweep_interval)

    def _give_up(self, worker: CkanWorker, lost: frozenset[str]) -> frozenset[str]:
        """Kill runs that are overdue, or without their lock now and in the last round; return those without it now."""
        now = sweep.unprotected(worker.watched)
        for run_id in (now & lost) | worker.overdue:
            worker.give_up(run_id)
        return now


def _sweep(worker: CkanWorker, rounds: upkeep.Rounds) -> list[str]:
    return sweep.sweep(besides=worker.watched, rounds=rounds, was_cancelled=was_cancelled)


async def _work(worker: CkanWorker, housekeeping: Housekeeping, tell: Tell) -> None:
    async with anyio.create_task_group() as group:
        group.start_soon(_obey_signals, worker, housekeeping, tell)
        loop = asyncio.get_running_loop()
        housekeeping.start(worker, partial(_poke, loop, worker), partial(_cancel, loop, worker))
        await worker.start(printer=tell)
        group.cancel_scope.cancel()


def _poke(loop: asyncio.AbstractEventLoop, worker: CkanWorker) -> None:
    loop.call_soon_threadsafe(worker.poke)


def _cancel(loop: asyncio.AbstractEventLoop, worker: CkanWorker, run_id: str) -> bool:
    """Have the worker cancel a run; return whether it carries that run out."""
    is_here = run_id in worker.watched
    if is_here:
        loop.call_soon_threadsafe(worker.cancel, run_id)
    return is_here


async def _obey_signals(worker: CkanWorker, housekeeping: Housekeeping, tell: Tell) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            tell("Stopping: no new runs; waiting for those going on. Again to stop them at once.")
            worker.drain()
            await anyio.to_thread.run_sync(housekeeping.stop)
