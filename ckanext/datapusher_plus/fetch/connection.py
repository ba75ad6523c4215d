"""Connect to checked addresses, directly or through a proxy; every read and write counts towards the limits."""

from __future__ import annotations

import base64
import io
import os
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import certifi
from urllib3.util.ssltransport import SSLTransport

from ..core.message import say
from .address import Address, Malformed, parse
from .meter import Meter, Passing, Unusable

#: IP addresses of a name that are tried at most
_MOST_ADDRESSES = 8


class Wire(io.RawIOBase):
    """A socket within the limits of a meter.

    :param counted: bytes read count towards the meter's limits.
    :param owned: the socket is closed together with this object.
    """

    def __init__(self, sock: Any, meter: Meter, *, counted: bool = True, owned: bool = True) -> None:
        super().__init__()
        self._sock, self._meter, self._counted, self._owned = sock, meter, counted, owned

    def readable(self) -> bool:
        """Return True."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read at least one byte into the buffer; 0 means that the other side has closed the connection."""
        return self._count(self._do(self._sock.recv_into, buffer))

    def recv(self, size: int) -> bytes:
        """Return the bytes that have arrived; called by TLS within TLS."""
        data = self._do(self._sock.recv, size)
        self._count(len(data))
        return data

    def sendall(self, data: bytes) -> None:
        """Send all bytes."""
        self._do(self._sock.sendall, data)

    def settimeout(self, seconds: float | None) -> None:
        """Ignore timeouts that TLS within TLS sets: the meter sets them."""

    def close(self) -> None:
        """Close the socket too."""
        if not self.closed and self._owned:
            self._sock.close()
        super().close()

    def _do(self, act: Callable[[Any], Any], argument: Any) -> Any:
        try:
            self._sock.settimeout(self._meter.seconds())
            return act(argument)
        except OSError as error:
            raise _lost(error, self._meter, say("the transfer broke off")) from error

    def _count(self, size: int) -> int:
        if self._counted:
            self._meter.received(size)
        return size


def _lost(error: OSError, meter: Meter, what: str) -> Exception:
    """Return the exception to raise for a socket's error."""
    if type(error) is TimeoutError:
        return meter.too_late()
    # a subclass of TimeoutError is the run's own deadline, raised by a signal handler
    return error if isinstance(error, TimeoutError) else Passing(what)


@dataclass(frozen=True, slots=True)
class Proxy:
    """The site's proxy."""

    address: Address
    #: the value of ``Proxy-Authorization``; empty when there is none
    authorization: str

    @classmethod
    def of(cls, url: str) -> Proxy:
        """Read the setting.

        :raises Unusable: when it is not the address of an http or https proxy.
        """
        full = url if "://" in url else f"http://{url}"
        try:
            address, parts = parse(full), urlsplit(full)
        except Malformed as error:
            raise Unusable(say("this site's download_proxy is not the address of an http or https proxy")) from error
        if not parts.username:
            return cls(address, "")
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return cls(address, f"Basic {base64.b64encode(pair.encode()).decode()}")


@dataclass(frozen=True, slots=True)
class Tls:
    """How the certificates of servers are verified."""

    verify: bool = True
    #: file or folder of CA certificates; if empty, ``REQUESTS_CA_BUNDLE`` from the environment, else those of certifi
    ca_bundle: str = ""

    def wrap(self, sock: Any, host: str, meter: Meter) -> Any:
        """Return the socket wrapped in TLS.

        :raises Unusable: when the certificate cannot be verified, or the TLS handshake fails.
        :raises Passing: when the connection breaks off or times out.
        """
        context = self._context()
        try:
            if isinstance(sock, ssl.SSLSocket):
                return SSLTransport(Wire(sock, meter), context, host)  # type: ignore[arg-type]
            sock.settimeout(meter.seconds())
            return context.wrap_socket(sock, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise Unusable(say("its certificate could not be verified")) from error
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise Passing(say("no connection could be made")) from error
        except ssl.SSLError as error:
            raise Unusable(say("no secure connection (TLS) could be made")) from error
        except OSError as error:
            raise _lost(error, meter, say("no connection could be made")) from error

    def _context(self) -> ssl.SSLContext:
        bundle = self.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()
        try:
            return _context(self.verify, bundle)
        except OSError as error:
            raise Unusable(
                say("the certificates in {bundle} (ssl_ca_bundle) cannot be read on this machine", bundle=bundle)
            ) from error


@lru_cache(maxsize=4)
def _context(verify: bool, bundle: str) -> ssl.SSLContext:
    if verify:
        folder = Path(bundle).is_dir()
        return ssl.create_default_context(cafile=None if folder else bundle, capath=bundle if folder else None)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def connect(addresses: list[str], port: int, meter: Meter) -> socket.socket:
    """Return a socket connected to the first of the addresses that accepts.

    :raises Passing: when none does.
    """
    tried = addresses[:_MOST_ADDRESSES]
    failure: OSError | None = None
    for place, address in enumerate(tried):
        try:
            sock = socket.create_connection((address, port), meter.seconds() / (len(tried) - place))
        except OSError as error:
            if isinstance(error, TimeoutError) and type(error) is not TimeoutError:
                raise
            failure = error
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    if type(failure) is TimeoutError:
        # raises if the deadline is over; the network's own timeout (ETIMEDOUT) may come earlier, and is reported below
        meter.seconds()
    raise Passing(say("no connection could be made")) from failure
