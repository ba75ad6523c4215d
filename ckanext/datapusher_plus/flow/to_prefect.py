"""Send events, artifacts and log lines of a run to Prefect by the connection that the flow has already.

Prefect's own functions open a connection for each artifact, another one for events and another one for the log, load
all certificates for each, and ask the server what an event is related to. For a small file, that is half of the load.
"""

from __future__ import annotations

import contextvars
import logging
import ssl
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import certifi
from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.context import FlowRunContext, SyncClientContext
from prefect.events.related import object_as_related_resource, tags_as_related_resources
from prefect.events.schemas.events import Event, RelatedResource
from prefect.logging.handlers import set_api_log_sink
from prefect.settings import PREFECT_API_SSL_CERT_FILE, PREFECT_API_TLS_INSECURE_SKIP_VERIFY

from .. import waits

log = logging.getLogger(__name__)

#: Lines of the log in one request.
_LINES = 500


class OneClient(SyncClientContext):
    """The client that the flow's engine, Prefect's other functions and our reports take in a run's process.

    Prefect's functions take a context's client only if it was made without settings. Otherwise each would load all
    certificates and connect, to ask for instance where results are kept, although a load has none.
    """

    def __init__(self) -> None:
        super().__init__(httpx_settings=tls())
        self._httpx_settings = None


@cache
def tls() -> dict[str, Any]:
    """Return the settings of a client with all certificates loaded, which takes longer than most steps of a run.

    The worker calls this once, so that its runs share the result.
    """
    if PREFECT_API_TLS_INSECURE_SKIP_VERIFY.value():
        return {}
    return {"verify": ssl.create_default_context(cafile=PREFECT_API_SSL_CERT_FILE.value() or certifi.where())}


def events(about: Sequence[tuple[str, Mapping[str, str], Mapping[str, Any]]]) -> None:
    """Send events: of each its name, its resource and its payload. They are related to the flow run."""
    context = _context()
    run = context.flow_run
    assert run is not None
    related = [
        object_as_related_resource(kind="flow-run", role="flow-run", object=run),
        RelatedResource({"prefect.resource.id": f"prefect.flow.{run.flow_id}", "prefect.resource.role": "flow"}),
        *tags_as_related_resources(set(run.tags)),
    ]
    made = [
        Event(event=name, resource=dict(resource), payload=dict(payload), related=related)  # pyright: ignore[reportArgumentType]
        for name, resource, payload in about
    ]
    if made:
        _post(_client(context), "/events", [event.model_dump(mode="json") for event in made])


def artifact(key: str, markdown: str, *, description: str | None = None) -> None:
    """Create an artifact of the flow run."""
    context = _context()
    assert context.flow_run is not None
    made = ArtifactCreate(
        key=key, type="markdown", description=description, flow_run_id=context.flow_run.id, data=markdown
    )
    _post(_client(context), "/artifacts/", made.model_dump(mode="json", exclude_unset=True))


@contextmanager
def log_lines(client: SyncPrefectClient) -> Iterator[None]:
    """Send the log of the block to Prefect: at its end, and while it goes on every ``waits.PREFECT_LOG`` seconds."""
    lines = _Lines()
    set_api_log_sink(lines.take)
    try:
        yield
    finally:
        set_api_log_sink(None)
        lines.end(client)


class _Lines:
    """Lines that Prefect does not have yet."""

    def __init__(self) -> None:
        self._waiting: list[dict[str, Any]] = []
        self._over = threading.Event()
        self._sender: threading.Thread | None = None

    def take(self, line: dict[str, Any]) -> None:
        self._waiting.append({name: value for name, value in line.items() if not name.startswith("__")})
        if self._sender is None:
            # Prefect's settings live in a context variable, which a new thread does not inherit
            work = contextvars.copy_context().run
            self._sender = threading.Thread(target=work, args=(self._send_on,), daemon=True, name="log lines")
            self._sender.start()

    def end(self, client: SyncPrefectClient) -> None:
        """Send what is left; if Prefect does not take it, it is lost, for nothing may change how a run ends."""
        self._over.set()
        if self._sender is not None:
            self._sender.join(waits.THREAD_END)
        self._send(client)

    def _send_on(self) -> None:
        if self._over.wait(waits.PREFECT_LOG):
            return
        # the flow's thread may use its client now
        with get_client(sync_client=True, httpx_settings=tls()) as client:
            while True:
                self._send(client)
                if self._over.wait(waits.PREFECT_LOG):
                    return

    def _send(self, client: SyncPrefectClient) -> None:
        # others append meanwhile
        now = self._waiting[:]
        del self._waiting[: len(now)]
        try:
            for first in range(0, len(now), _LINES):
                _post(client, "/logs/", now[first : first + _LINES])
        except Exception as error:  # noqa: BLE001 (CKAN has these lines, too)
            log.warning("Prefect did not take %s lines of the log: %s", len(now), type(error).__name__)


def _post(client: SyncPrefectClient, path: Any, body: object) -> None:
    client.request("POST", path, json=body)


def _context() -> FlowRunContext:
    context = FlowRunContext.get()
    if context is None:
        raise RuntimeError("only a flow can report to Prefect")
    return context


def _client(context: FlowRunContext) -> SyncPrefectClient:
    client = context.client
    assert isinstance(client, SyncPrefectClient)
    return client
