"""Send one request and read the head of its response, at most `HEAD_LIMIT` bytes; the body is left to be read."""

from __future__ import annotations

import io
import re
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, parse_headers
from typing import Any

from ..core.message import say
from .address import Address
from .connection import Proxy, Tls, Wire, connect
from .guard import Guard
from .meter import Meter, Passing, Unusable

#: Bytes of a response before its body, including interim responses such as ``100 Continue``. Servers and clients
#: commonly allow 8 to 64 KiB.
HEAD_LIMIT = 1 << 16
_BUFFER = 1 << 16
_STATUS = re.compile(rb"HTTP/1\.[01][ \t]+([1-9][0-9]{2})(?:[ \t][^\r\n]*)?\r?\n")
#: asks for the file uncompressed; a server that compresses anyway is understood too
_HEADERS = {
    "User-Agent": "ckanext-datapusher-plus",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
UNCLEAR = say("the server's answer could not be understood")


@dataclass(frozen=True, slots=True)
class Reply:
    """The head of a response, and the stream from which its body is read."""

    where: Address
    status: int
    headers: HTTPMessage
    stream: io.BufferedReader[Wire]

    def first(self, name: str) -> str:
        """Return the first value of a header on which nothing depends; empty when it is missing."""
        return (self.headers.get_all(name) or [""])[0].strip()

    def header(self, name: str) -> str:
        """Return a header's value; empty when it is missing.

        :raises Unusable: when it has several different values.
        """
        values = {value.strip() for value in self.headers.get_all(name, [])}
        if len(values) > 1:
            raise Unusable(UNCLEAR)
        return next(iter(values), "")


@dataclass(frozen=True, slots=True)
class Roads:
    """How servers are reached from this site."""

    guard: Guard
    tls: Tls
    proxy: Proxy | None = None
    #: whether the proxy may resolve names that cannot be resolved here
    proxy_resolves: bool = False


@dataclass(frozen=True, slots=True)
class Posted:
    """What a POST request sends."""

    body: bytes
    #: in addition to those of every request; all ASCII
    headers: Mapping[str, str]


@contextmanager
def asked(where: Address, roads: Roads, meter: Meter, posted: Posted | None = None) -> Iterator[Reply]:
    """Request a file; the connection is closed at the end, even if the response was not read completely.

    :param posted: what to send with a POST request; None for a GET request.
    :raises AddressRefused: when the host is on a private network.
    :raises Passing: when the name is not resolved, no connection is made, or no response arrives.
    :raises Unusable: when the response or the TLS connection is not valid.
    """
    meter.connecting()
    addresses = _judged(where, roads)
    sock: Any = _through(roads.proxy, where, roads.tls, meter) if roads.proxy else connect(addresses, where.port, meter)
    try:
        if where.scheme == "https":
            sock = roads.tls.wrap(sock, where.host, meter)
        # with TLS within TLS, the ``Wire`` of the outer TLS already counts the bytes
        wire = Wire(sock, meter, counted=isinstance(sock, socket.socket))
        forwarded = roads.proxy if where.scheme == "http" else None
        meter.waiting()
        wire.sendall(_request(where, forwarded, posted))
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
        if roads.proxy:
            why = say("its name could not be resolved on this machine, and this site does not leave that to its proxy")
        else:
            why = say("its name could not be resolved")
        raise Passing(why) from error


def _through(proxy: Proxy, where: Address, tls: Tls, meter: Meter) -> Any:
    """Return a connection to the proxy; for https with a tunnel to the server."""
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
    # unbuffered: bytes after the head belong to TLS
    status, _ = _head(io.BufferedReader(wire, 1))
    if not 200 <= status < 300:
        raise Passing(say("the proxy answered {status}", status=status))


def _request(where: Address, proxy: Proxy | None, posted: Posted | None) -> bytes:
    target = str(where) if proxy else where.target
    headers = {"Host": where.netloc, **_HEADERS, **(_authorization(proxy) if proxy else {})}
    if posted is None:
        return _message(f"GET {target}", headers)
    sent = {**headers, **posted.headers, "Content-Length": str(len(posted.body))}
    return _message(f"POST {target}", sent) + posted.body


def _authorization(proxy: Proxy) -> dict[str, str]:
    return {"Proxy-Authorization": proxy.authorization} if proxy.authorization else {}


def _message(request: str, headers: dict[str, str]) -> bytes:
    lines = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii")


def _head(stream: io.BufferedReader[Wire]) -> tuple[int, HTTPMessage]:
    """Read heads until the final one, and return its status and headers."""
    left = HEAD_LIMIT
    while True:
        lines = _lines(stream, left)
        left -= sum(map(len, lines))
        status = _STATUS.fullmatch(lines[0])
        if not status:
            raise Unusable(UNCLEAR)
        # 101 would continue in another protocol, which was not requested
        if not 100 <= int(status[1]) < 200 or status[1] == b"101":
            return int(status[1]), _headers(lines[1:])


def _lines(stream: io.BufferedReader[Wire], most: int) -> list[bytes]:
    """Return the lines up to and including an empty one."""
    lines: list[bytes] = []
    while not lines or lines[-1] not in (b"\r\n", b"\n"):
        line = stream.readline(most + 1)
        most -= len(line)
        if most < 0:
            raise Unusable(say("the head of its answer has more than {most} bytes", most=HEAD_LIMIT))
        if not line.endswith(b"\n"):
            raise Passing(
                say("the server closed the connection without an answer")
                if not lines
                else say("the transfer broke off")
            )
        lines.append(line)
    return lines


def _headers(lines: list[bytes]) -> HTTPMessage:
    try:
        return parse_headers(io.BytesIO(b"".join(lines)))
    except HTTPException as error:
        # it has more than 100 headers; lines that are too long were refused before
        raise Unusable(say("its answer has too many headers")) from error
