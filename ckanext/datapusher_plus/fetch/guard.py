"""Which addresses may be fetched from. Any editor can set a resource's link, and the worker stands inside the network.

Every name is resolved here, each of its addresses is judged, and the connection is made to the very address that was
judged: a name that answers differently the second time gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote

from ..core.errors import AddressRefused
from ..core.safe_text import redacted
from .address import IP, Address, Malformed, parse

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: not of the internet, which the standard library of Python 3.10 does not know: local NAT64 (RFC 8215),
#: documentation (RFC 9637), segment routing (RFC 9602)
_LOCAL = [ipaddress.ip_network(each) for each in ("64:ff9b:1::/48", "3fff::/20", "5f00::/16")]
#: of the site itself: uploads of resources, of groups and users, and of CKAN's own file storages
_FILES = re.compile(
    r"(?:/(?!api/)[\w-]+/[^/]+/resource/[^/]+/download(?:/[^/]+)?|/uploads/.+|/file/(?:public-)?download/.+)"
)
#: what a server behind this one might read as another path
_AMBIGUOUS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)|//|\\|;|%(?:2e|2f|5c|25)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Guard:
    """The judge of addresses."""

    #: hosts, or host:port, that may be on a private network
    allowed_hosts: Collection[str] = frozenset()
    #: the site's own address; its files may be fetched, wherever it is
    own_site: Address | None = None
    #: paths below which the site's pages are, without a slash at the end
    own_roots: tuple[str, ...] = ("",)

    def check_url(self, url: str) -> Address:
        """Return an address in its canonical form.

        :raises AddressRefused: when it is not http or https, has no plain host, or names a private address.
        """
        try:
            where = parse(url)
        except Malformed as error:
            raise AddressRefused(redacted(url), str(error)) from error
        if where.ip and not self.allows(where, where.ip):
            raise self._refused(where)
        return where

    def resolve(self, where: Address) -> list[str]:
        """Return the IP addresses of a host, every one of them judged.

        :raises AddressRefused: when one of them is not public.
        :raises OSError: when the name cannot be resolved.
        """
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        for address in addresses:
            if not self.allows(where, ipaddress.ip_address(address)):
                raise self._refused(where)
        return addresses

    def allows(self, where: Address, address: IP) -> bool:
        """Tell whether an address on a host with this IP address may be fetched."""
        return is_public(address) or self.names(where) or (self._is_own(where) and self._is_file(where))

    def names(self, where: Address) -> bool:
        """Tell whether the site's settings allow a host by name."""
        return not {where.host, where.bracketed, where.host_and_port}.isdisjoint(self.allowed_hosts)

    def _is_own(self, where: Address) -> bool:
        return bool(self.own_site) and where.host_and_port == self.own_site.host_and_port

    def _is_file(self, where: Address) -> bool:
        path = unquote(where.path)
        if _AMBIGUOUS.search(path):
            return False
        roots = [root for root in self.own_roots if path.startswith(f"{root}/")]
        return any(_FILES.fullmatch(path.removeprefix(root)) for root in roots)

    def _refused(self, where: Address) -> AddressRefused:
        own = "it is a page of this site; of the site itself only uploaded files are fetched"
        return AddressRefused(
            redacted(str(where)), own if self._is_own(where) else "it is an address on a private network"
        )


def is_public(address: IP) -> bool:
    """Tell whether an address is one of the open internet; addresses wrapped into IPv6 are unwrapped first."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_public(inner)
        if address.is_site_local or address.scope_id or any(address in each for each in _LOCAL):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
