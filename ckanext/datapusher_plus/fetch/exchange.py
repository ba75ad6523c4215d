"""One request and the head of its answer, of which no more than `HEAD_LIMIT` is kept; the body is left where it is."""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, parse_headers
from typing import Any

from .address import Address
from .connection import Proxy, Tls, Wire, connect
from .guard import Guard
from .meter import Meter, Passing, Unusable

#: Bytes of an answer before its body, interim answers such as ``100 Continue`` included. Servers and programs commonly
#: allow 8 to 64 KiB.
HEAD_LIMIT = 1 << 16
_BUFFER = 1 << 16
_STATUS = re.compile(rb"HTTP/1\.[01][ \t]+([1-9][0-9]{2})(?:[ \t][^\r\n]*)?\r?\n")
#: what was asked for is the file as it is; a server that compresses anyway is understood too
_HEADERS = {
    "User-Agent": "ckanext-datapusher-plus",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
UNCLEAR = "the server's answer could not be understood"


@dataclass(frozen=True, slots=True)
class Reply:
    """The head of an answer, and where its body can be read."""

    where: Address
    status: int
    headers: HTTPMessage
    stream: io.BufferedReader[Wire]

    def first(self, name: str) -> str:
        """Return a header's value where nothing depends on it, "" without one."""
        return (self.headers.get_all(name) or [""])[0].strip()

    def header(self, name: str) -> str:
        """Return a header's value, "" without one.

        :raises Unusable: when there are several that differ.
        """
        values = {value.strip() for value in self.headers.get_all(name, [])}
        if len(values) > 1:
            raise Unusable(UNCLEAR)
        return next(iter(values), "")


@dataclass(frozen=True, slots=True)
class Roads:
    """How servers are reached from here."""

    guard: Guard
    tls: Tls
    proxy: Proxy | None = None
    #: whether the proxy may be asked for names that cannot be resolved here
    proxy_resolves: bool = False


@contextmanager
def asked(where: Address, roads: Roads, meter: Meter) -> Iterator[Reply]:
    """Ask for a file; the connection is closed at the end, whatever of the answer has not been read.

    :raises AddressRefused: when the host is on a private network.
    :raises Passing: when there is no answer.
    :raises Unusable: when it makes no sense.
    """
    meter.connecting()
    addresses = _judged(where, roads)
    sock: Any = _through(roads.proxy, where, roads.tls, meter) if roads.proxy else connect(addresses, where.port, meter)
    try:
        if where.scheme == "https":
            sock = roads.tls.wrap(sock, where.host, meter)
        # TLS within TLS is metered below already
        wire = Wire(sock, meter, counted=isinstance(sock, socket.socket))
        forwarded = roads.proxy if where.scheme == "http" else None
        meter.waiting()
        wire.sendall(_request(where, forwarded))
        stream = io.BufferedReader(wire, _BUFFER)
        status, headers = _head(stream)
        yield Reply(where, status, headers, stream)
    finally:
        sock.close()


def _judged(where: Address, roads: Roads) -> list[str]:
    try:
        return roads.guard.resolve(where)
    except OSError as error:
        if isinstance(error, TimeoutError):
            raise
        if roads.proxy and (roads.proxy_resolves or roads.guard.names(where)):
            return []
        here = " on this machine, and this site does not leave that to its proxy" if roads.proxy else ""
        raise Passing(f"its name could not be resolved{here}") from error


def _through(proxy: Proxy, where: Address, tls: Tls, meter: Meter) -> Any:
    """Return a connection to the proxy, for https on to the server."""
    sock: Any = connect([proxy.address.host], proxy.address.port, meter)
    with ExitStack() as unless_ready:
        unless_ready.callback(lambda: sock.close())  # noqa: PLW0108 (the one that is there by then)
        if proxy.address.scheme == "https":
            sock = tls.wrap(sock, proxy.address.host, meter)
        if where.scheme == "https":
            _tunnel(sock, proxy, where, meter)
        unless_ready.pop_all()
    return sock


def _tunnel(sock: Any, proxy: Proxy, where: Address, meter: Meter) -> None:
    target = where.host_and_port
    headers = {"Host": target, **_authorization(proxy)}
    wire = Wire(sock, meter, owned=False)
    wire.sendall(_message(f"CONNECT {target}", headers))
    # without a buffer: what comes after the head belongs to TLS
    status, _ = _head(io.BufferedReader(wire, 1))
    if not 200 <= status < 300:
        raise Passing(f"the proxy answered {status}")


def _request(where: Address, proxy: Proxy | None) -> bytes:
    target = str(where) if proxy else where.target
    headers = {"Host": where.netloc, **_HEADERS, **(_authorization(proxy) if proxy else {})}
    return _message(f"GET {target}", headers)


def _authorization(proxy: Proxy) -> dict[str, str]:
    return {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}


def _message(request: str, headers: dict[str, str]) -> bytes:
    lines = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii")


def _head(stream: io.BufferedReader[Wire]) -> tuple[int, HTTPMessage]:
    """Read heads until the final one; its status and headers are returned."""
    left = HEAD_LIMIT
    while True:
        lines = _lines(stream, left)
        left -= sum(map(len, lines))
        status = _STATUS.fullmatch(lines[0])
        if not status:
            raise Unusable(UNCLEAR)
        # 101 would go on in another protocol, which nobody has asked for
        if not 100 <= int(status[1]) < 200 or status[1] == b"101":
            return int(status[1]), _headers(lines[1:])


def _lines(stream: io.BufferedReader[Wire], most: int) -> list[bytes]:
    """Return the lines up to an empty one, which is the last."""
    lines: list[bytes] = []
    while not lines or lines[-1] not in (b"\r\n", b"\n"):
        line = stream.readline(most + 1)
        most -= len(line)
        if most < 0:
            raise Unusable(f"the head of its answer has more than {HEAD_LIMIT:,} bytes")
        if not line.endswith(b"\n"):
            raise Passing(
                "the server closed the connection without an answer" if not lines else "the transfer broke off"
            )
        lines.append(line)
    return lines


def _headers(lines: list[bytes]) -> HTTPMessage:
    try:
        return parse_headers(io.BytesIO(b"".join(lines)))
    except HTTPException as error:
        # 100 or more; no line is too long any more
        raise Unusable("its answer has too many headers") from error
