"""The checks of the self-test that call Prefect's API."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import prefect
from packaging.version import InvalidVersion, Version
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import WorkerStatus
from prefect.exceptions import ObjectNotFound
from prefect.settings import (
    PREFECT_API_AUTH_STRING,
    PREFECT_API_URL,
    PREFECT_CLIENT_MAX_RETRIES,
    temporary_settings,
)

from .. import waits
from ..core.safe_text import redacted
from ..prefect_server import exposure, login, server
from ..settings import current
from . import prefect_home, workers
from .checks import Check
from .finding import Verdict, fail, ok, together, warn
from .wording import reason, span

_DEPLOY = "Run: ckan datapusher_plus deploy (a worker does the same at its start)."
_START = "Start one: ckan datapusher_plus worker"


def address() -> str:
    """Return the URL of Prefect's API: the configured one, else that of the server that a worker here has started."""
    mark = None if configured() else _mark()
    return configured() or (mark.prefect_api_url if mark else f"http://{server.HOST}:{server.PORT}/api")


def configured() -> str:
    """Return the URL of the API in CKAN's configuration, else in Prefect's settings, else an empty string."""
    return current().prefect_api_url or PREFECT_API_URL.value() or ""


def _mark() -> workers.Mark | None:
    """Return the mark of a worker on this machine, preferably one whose Prefect server answers; None without marks."""
    with suppress(OSError):
        marks = [mark for mark in workers.seen() if mark.host == socket.gethostname() and mark.prefect_api_url]
        known = list({mark.prefect_api_url: mark for mark in reversed(marks)}.values())[::-1]
        # a worker's mark stays for some minutes after the worker has ended
        if known:
            return next((mark for mark in known if server.answers(mark.prefect_api_url)), known[0])
    return None


@contextmanager
def client() -> Iterator[SyncPrefectClient]:
    """Open a client of Prefect's API that does not retry requests."""
    where, auth = address(), {}
    if not configured() and (known := login.taken(where, _home())):
        auth = {PREFECT_API_AUTH_STRING: known}
    with (
        temporary_settings({PREFECT_API_URL: where, PREFECT_CLIENT_MAX_RETRIES: 0, **auth}),
        get_client({"timeout": waits.PREFECT_ANSWER}, sync_client=True) as opened,
    ):
        yield opened


def _home() -> Path:
    """Return the folder that holds the login of the Prefect server that a worker started."""
    mark = _mark()
    return Path(mark.prefect_home) if mark and mark.prefect_home else prefect_home.folder()


def reachable() -> Verdict:
    """Check that Prefect's server and its database answer, and that its version suits the one installed here."""
    where = redacted(address())
    try:
        with client() as asking:
            asking.request("GET", "/health")
            version = asking.request("GET", "/admin/version").json()
            asking.request("GET", "/ready")
    except httpx.HTTPStatusError as error:
        if error.request.url.path.endswith("/ready"):
            return _without_database(where)
        return fail(*_refused(where, error.response.status_code))
    except httpx.ReadTimeout as error:
        return _without_database(where) if error.request.url.path.endswith("/ready") else _silent(where, error)
    except (httpx.HTTPError, ValueError) as error:
        return _silent(where, error)
    return _compared(where, str(version))


def asks_for_login() -> Verdict:
    """Check that Prefect's server cannot be used from another machine without a login."""
    where = address()
    reached = exposure.openly(where)
    if reached is None:
        return ok(f"Nobody uses the Prefect server at {redacted(where)} from another machine without a login.")
    return warn(
        f"Whoever reaches {redacted(reached)} uses Prefect without a login, and can cancel and start loads.",
        "Set PREFECT_SERVER_API_AUTH_STRING where the server runs and PREFECT_API_AUTH_STRING where workers run, or "
        "have it listen on 127.0.0.1 alone.",
    )


def _silent(where: str, error: Exception) -> Verdict:
    if not urlsplit(where).path.rstrip("/").endswith("/api"):
        return _without_api(where)
    own = not configured()
    # a worker cannot start a server if the folder is not writable; then the advice of that check comes first
    start = prefect_home.writable().advice or f"{_START} (it brings a server of its own)"
    advice = start if own else "Start it, or correct prefect_api_url."
    return fail(f"The Prefect server at {where} does not answer: {reason(error)}.", advice)


def _without_api(where: str) -> Verdict:
    advice = f"Set prefect_api_url = {where.rstrip('/')}/api, or PREFECT_API_URL where that is used."
    return fail(f"At {where} is not Prefect's API, whose address ends with /api.", advice)


def _without_database(where: str) -> Verdict:
    return fail(
        f"The Prefect server at {where} answers, but its own database does not.",
        "Start that database, or correct PREFECT_API_DATABASE_CONNECTION_URL where the server runs; see its log.",
    )


def _refused(where: str, status: int) -> tuple[str, str]:
    if status in (401, 403):
        advice = "Set PREFECT_API_AUTH_STRING."
        if not configured():
            advice = f"Ask as the workers' user, who can read {_home() / login.FILE}."
        return f"The Prefect server at {where} wants other credentials.", advice
    if status == 404 and not urlsplit(where).path.rstrip("/").endswith("/api"):
        found = _without_api(where)
        return found.sentence, found.advice
    return f"The Prefect server at {where} answers with status {status}.", "See its log, or correct prefect_api_url."


def _compared(where: str, version: str) -> Verdict:
    try:
        there, here = Version(version), Version(prefect.__version__)
    except InvalidVersion:
        return warn(f"What answers at {where} does not say which Prefect it is.", "Correct prefect_api_url.")
    found = f"The Prefect server at {where} has version {there}"
    if there.major != here.major:
        return fail(f"{found}, which Prefect {here} here cannot talk to.", "Install one version on every machine.")
    if there < here:
        return warn(f"{found}, older than Prefect {here} here.", "Update the server first, then the workers.")
    return ok(f"{found}, {here} is here." if there != here else f"{found}, as here.")


def work_pool() -> Verdict:
    """Check that the work pool exists, has the configured type, and accepts runs."""
    name, kind = current().prefect_work_pool, current().prefect_work_pool_type
    try:
        with client() as asking:
            pool = asking.read_work_pool(name)
    except ObjectNotFound:
        return fail(f"Prefect has no work pool {name}.", _DEPLOY)
    troubles = []
    if pool.type != kind:
        advice = f"Name another pool in prefect_work_pool, or set prefect_work_pool_type = {pool.type}."
        troubles.append(fail(f"The work pool {name} has type {pool.type}, not {kind}.", advice))
    if pool.is_paused:
        advice = f"Run: prefect work-pool resume {name}"
        troubles.append(fail(f"The work pool {name} is paused, so no run begins.", advice))
    if pool.concurrency_limit == 0:
        advice = f"Run: prefect work-pool clear-concurrency-limit {name}"
        troubles.append(fail(f"The work pool {name} lets no run begin: its concurrency limit is 0.", advice))
    return together(troubles, f"The work pool {name} of type {kind} is open.")


def deployment() -> Verdict:
    """Check that the deployment exists, sends runs to the work pool, and is not paused."""
    name, pool = current().prefect_deployment_name, current().prefect_work_pool
    try:
        with client() as asking:
            found = asking.read_deployment_by_name(name)
    except ObjectNotFound:
        return fail(f"Prefect has no deployment {name}.", _DEPLOY)
    if found.work_pool_name != pool:
        return fail(f"The deployment {name} sends runs to work pool {found.work_pool_name}, not to {pool}.", _DEPLOY)
    if found.paused:
        return warn(f"The deployment {name} is paused.", "Resume it on Prefect's pages.")
    return ok(f"The deployment {name} sends runs to work pool {pool}.")


def alive() -> Verdict:
    """Check that a worker is online in the work pool."""
    online, last = _workers()
    if online:
        return ok(f"Online in the work pool: {', '.join(sorted(online))}.")
    ago = f"; the last one was heard of {span(last.total_seconds())} ago" if last else ""
    return fail(f"No worker is online in the work pool {current().prefect_work_pool}{ago}.", _START)


def stash_shared() -> Verdict:
    """Check that all workers keep Data Dictionaries in the same folder."""
    if current().prefect_work_pool_type != "ckan":
        kind = current().prefect_work_pool_type
        return ok(f"Not seen from here: runs of a {kind} pool must each have dictionary_stash_dir mounted.")
    return workers.shared(_workers()[0])


def _workers() -> tuple[list[str], timedelta | None]:
    """Return the names of the workers that are online, and the time since the last heartbeat (None if unknown)."""
    try:
        with client() as asking:
            known = asking.read_workers_for_work_pool(current().prefect_work_pool)
    except ObjectNotFound:
        return [], None
    heard = [each.last_heartbeat_time for each in known if each.last_heartbeat_time]
    ago = datetime.now(max(heard).tzinfo) - max(heard) if heard else None
    online = [each.name for each in known if each.status is WorkerStatus.ONLINE]
    return [name for name in online if not workers.has_ended(name)], ago


def clock() -> datetime:
    """Return the present time by the clock of Prefect's server, from its ``Date`` header.

    :raises OSError: when the server does not answer, or sends no valid date.
    """
    try:
        with client() as asking:
            reply = asking.request("GET", "/health")
        # the header has whole seconds, rounded down: add half a second
        return parsedate_to_datetime(reply.headers["date"]) + timedelta(seconds=0.5)
    except (httpx.HTTPError, KeyError, ValueError) as error:
        raise OSError("Prefect's server answers without its time") from error


CHECKS = (
    Check(name="prefect_home", ask=prefect_home.writable),
    Check(name="prefect", ask=reachable),
    Check(name="prefect_servers", ask=prefect_home.shared),
    Check(name="prefect_login", ask=asks_for_login, needs=("prefect",)),
    Check(name="work_pool", ask=work_pool, needs=("prefect",)),
    Check(name="deployment", ask=deployment, needs=("prefect",)),
    Check(name="workers", ask=alive, needs=("prefect",)),
    Check(name="stash_shared", ask=stash_shared, needs=("prefect",)),
)
