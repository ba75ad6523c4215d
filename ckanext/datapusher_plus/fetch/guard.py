"""Which addresses may be fetched from. Any editor can set a resource's link, and the worker stands inside the network.

Every name is resolved here, each of its addresses is judged, and the connection is made to the very address that was
judged: a name that answers differently the second time gains nothing. `adapter` puts this below requests.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import connection as sockets

from ..core.errors import AddressRefused
from .redact import redacted

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Guard:
    """The judge of addresses."""

    #: hosts, or host:port, that may be on a private network
    allowed_hosts: Collection[str] = frozenset()

    def check_url(self, url: str) -> None:
        """Refuse an address by how it is written.

        :raises AddressRefused: when it is not http or https, has no host, or names a private address.
        """
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError as error:
            raise AddressRefused(redacted(url), "it is not a valid address") from error
        if parts.scheme not in ("http", "https"):
            raise AddressRefused(redacted(url), "only http and https addresses are fetched")
        if not host:
            raise AddressRefused(redacted(url), "it names no host")
        literal = _literal(host)
        if literal and not self.allows(host, port, literal):
            raise AddressRefused(redacted(url), "it is an address on a private network")

    def resolve(self, host: str, port: int) -> list[str]:
        """Return the addresses of a host, every one of them judged.

        :raises AddressRefused: when one of them is not public.
        :raises OSError: when the name cannot be resolved.
        """
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        for address in addresses:
            if not self.allows(host, port, ipaddress.ip_address(address)):
                raise AddressRefused(host, "it is on a private network")
        return addresses

    def allows(self, host: str, port: int, address: Address) -> bool:
        """Tell whether a host that has this address may be fetched from."""
        name = host.lower().rstrip(".")
        written = f"[{name}]" if ":" in name else name
        return not {name, f"{written}:{port}"}.isdisjoint(self.allowed_hosts) or is_public(address)


def is_public(address: Address) -> bool:
    """Tell whether an address is one of the open internet; addresses wrapped into IPv6 are unwrapped first."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_public(inner)
        if address.is_site_local:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def adapter(guard: Guard) -> HTTPAdapter:
    """Return a transport for requests that connects to judged addresses only."""

    class Guarded:
        """Connects where the guard says; mixed into urllib3's connections, whose hook for this is `_new_conn`."""

        def _new_conn(self: Any) -> socket.socket:
            try:
                addresses = guard.resolve(self.host, self.port)
            except OSError as error:
                raise NameResolutionError(self.host, self, error) from error  # type: ignore[arg-type]
            return _connected(self, addresses)

    class Http(Guarded, HTTPConnection):
        pass

    class Https(Guarded, HTTPSConnection):
        pass

    class HttpPool(HTTPConnectionPool):
        ConnectionCls: Any = Http

    class HttpsPool(HTTPSConnectionPool):
        ConnectionCls: Any = Https

    transport = HTTPAdapter()
    transport.poolmanager.pool_classes_by_scheme = {"http": HttpPool, "https": HttpsPool}
    return transport


def _connected(connection: Any, addresses: list[str]) -> socket.socket:
    """Return a socket to the first of the addresses that answers."""
    failure: OSError | None = None
    for address in addresses:
        answer = _tried(connection, address)
        if isinstance(answer, socket.socket):
            return answer
        failure = answer
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "no answer in time") from failure
    raise NewConnectionError(connection, "no connection") from failure


def _tried(connection: Any, address: str) -> socket.socket | OSError:
    try:
        return sockets.create_connection(
            (address, connection.port), connection.timeout, socket_options=connection.socket_options
        )
    except OSError as error:
        return error
