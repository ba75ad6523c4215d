"""Connections to judged addresses, direct or through a proxy, every read and write of which is metered."""

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

from .address import Address, Malformed, parse
from .meter import Meter, Passing, Unusable

#: a name with more IP addresses is not tried at each of them
_MOST_ADDRESSES = 8


class Wire(io.RawIOBase):
    """A socket within the limits of a meter."""

    def __init__(self, sock: Any, meter: Meter, *, counted: bool = True, owned: bool = True) -> None:
        super().__init__()
        self._sock, self._meter, self._counted, self._owned = sock, meter, counted, owned

    def readable(self) -> bool:
        """Tell that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come, at least a byte; 0 means that the other side has closed."""
        return self._count(self._do(self._sock.recv_into, buffer))

    def recv(self, size: int) -> bytes:
        """Return what has come, for TLS within TLS."""
        data = self._do(self._sock.recv, size)
        self._count(len(data))
        return data

    def sendall(self, data: bytes) -> None:
        """Send all."""
        self._do(self._sock.sendall, data)

    def settimeout(self, seconds: float | None) -> None:
        """Leave waits to the meter, whatever TLS within TLS asks for."""

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
            raise _lost(error, self._meter, "the transfer broke off") from error

    def _count(self, size: int) -> int:
        if self._counted:
            self._meter.received(size)
        return size


def _lost(error: OSError, meter: Meter, what: str) -> Exception:
    """Return what an error of a socket means."""
    if type(error) is TimeoutError:
        return meter.too_late()
    # a subclass is the deadline of the run, which a signal brought
    return error if isinstance(error, TimeoutError) else Passing(what)


@dataclass(frozen=True, slots=True)
class Proxy:
    """The site's proxy."""

    address: Address
    #: "" or the value of ``Proxy-Authorization``
    authorization: str

    @classmethod
    def of(cls, url: str) -> Proxy:
        """Read the setting.

        :raises Unusable: when it is no address of an http or https proxy.
        """
        full = url if "://" in url else f"http://{url}"
        try:
            address, parts = parse(full), urlsplit(full)
        except Malformed as error:
            raise Unusable("this site's download_proxy is not the address of an http or https proxy") from error
        if not parts.username:
            return cls(address, "")
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        return cls(address, f"Basic {base64.b64encode(pair.encode()).decode()}")


@dataclass(frozen=True, slots=True)
class Tls:
    """Whom to trust."""

    verify: bool = True
    #: file or folder with the certificates of authorities; "" means ``REQUESTS_CA_BUNDLE``, else those of certifi
    ca_bundle: str = ""

    def wrap(self, sock: Any, host: str, meter: Meter) -> Any:
        """Return a socket that speaks TLS.

        :raises Unusable: when the certificate cannot be verified, or no way to speak is found.
        """
        context = self._context()
        try:
            if isinstance(sock, ssl.SSLSocket):
                return SSLTransport(Wire(sock, meter), context, host)  # type: ignore[arg-type]
            sock.settimeout(meter.seconds())
            return context.wrap_socket(sock, server_hostname=host)
        except ssl.SSLCertVerificationError as error:
            raise Unusable("its certificate could not be verified") from error
        except (ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise Passing("no connection could be made") from error
        except ssl.SSLError as error:
            raise Unusable("no secure connection (TLS) could be made") from error
        except OSError as error:
            raise _lost(error, meter, "no connection could be made") from error

    def _context(self) -> ssl.SSLContext:
        bundle = self.ca_bundle or os.environ.get("REQUESTS_CA_BUNDLE") or certifi.where()
        try:
            return _context(self.verify, bundle)
        except OSError as error:
            raise Unusable(f"the certificates in {bundle} (ssl_ca_bundle) cannot be read on this machine") from error


@lru_cache(maxsize=4)
def _context(verify: bool, bundle: str) -> ssl.SSLContext:
    if verify:
        folder = Path(bundle).is_dir()
        return ssl.create_default_context(cafile=None if folder else bundle, capath=bundle if folder else None)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def connect(addresses: list[str], port: int, meter: Meter) -> socket.socket:
    """Return a socket to the first of the addresses that answers.

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
        # raises what is due when the time is over; a refusal by the network may come before
        meter.seconds()
    raise Passing("no connection could be made") from failure
