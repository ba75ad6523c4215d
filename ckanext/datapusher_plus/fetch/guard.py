"""Which addresses may be fetched. Any editor can set a resource's link, and the worker is inside the private network.

Every name is resolved here, each of its IP addresses is checked, and the connection is made to the checked address: a
name that resolves differently the second time (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import unquote

from ..core.errors import AddressRefused
from ..core.message import say
from ..core.safe_text import redacted
from .address import IP, Address, Malformed, parse

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: not global, though Python 3.10's ``ipaddress`` does not know it: local NAT64 (RFC 8215), documentation (RFC 9637),
#: segment routing (RFC 9602)
_LOCAL = [ipaddress.ip_network(each) for each in ("64:ff9b:1::/48", "3fff::/20", "5f00::/16")]
#: paths of the site's own files: uploads of resources, of groups and users, and of CKAN's file storages
_FILES = re.compile(
    r"(?:/(?!api/)[\w-]+/[^/]+/resource/[^/]+/download(?:/[^/]+)?|/uploads/.+|/file/(?:public-)?download/.+)"
)
#: parts of a path that a server behind this one might read differently
_AMBIGUOUS = re.compile(r"(?:^|/)\.{1,2}(?:/|$)|//|\\|;|%(?:2e|2f|5c|25)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Guard:
    """Decides which addresses may be fetched."""

    #: hosts, or host:port, that may be on a private network
    allowed_hosts: Collection[str] = frozenset()
    #: the site's own address; its files may be fetched even if it is on a private network
    own_site: Address | None = None
    #: root paths of the site's pages, without a slash at the end
    own_roots: tuple[str, ...] = ("",)

    def check_url(self, url: str) -> Address:
        """Return an address in its canonical form.

        :raises AddressRefused: when it is not http or https, its host is not valid, or it is a private IP address.
        """
        try:
            where = parse(url)
        except Malformed as error:
            raise AddressRefused(redacted(url), error.args[0]) from error
        if where.ip and not self.allows(where, where.ip):
            raise self._refused(where)
        return where

    def resolve(self, where: Address) -> list[str]:
        """Return the IP addresses of a host, after each was checked.

        :raises AddressRefused: when one of them is not public and the address is not allowed.
        :raises OSError: when the name cannot be resolved.
        """
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(info[4][0]) for info in found))
        for address in addresses:
            if not self.allows(where, ipaddress.ip_address(address)):
                raise self._refused(where)
        return addresses

    def allows(self, where: Address, address: IP) -> bool:
        """Return whether an address may be fetched from a host with this IP address."""
        return is_public(address) or self.names(where) or (self._is_own(where) and self._is_file(where))

    def names(self, where: Address) -> bool:
        """Return whether the site's settings allow this host by name."""
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
        own = say("it is a page of this site; of the site itself only uploaded files are fetched")
        return AddressRefused(
            redacted(str(where)), own if self._is_own(where) else say("it is an address on a private network")
        )


def is_public(address: IP) -> bool:
    """Return whether an IP address is on the public internet; an IPv4 address embedded in IPv6 is checked instead."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return is_public(inner)
        if address.is_site_local or address.scope_id or any(address in each for each in _LOCAL):
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved
