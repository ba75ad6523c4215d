"""Check whether other machines can use a Prefect server without a login."""

from __future__ import annotations

import ipaddress
import socket
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

import httpx

from .. import waits

#: Addresses reserved for documentation: nothing is sent there, but the system shows which own address it would use.
_ELSEWHERE = ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1"))


def openly(api_url: str) -> str | None:
    """Return the URL at which other machines can use the server without a login; None when there is none."""
    parts = urlsplit(api_url)
    host = parts.hostname or ""
    if not _is_loopback(host):
        return _open(parts, host)
    # it may listen on more addresses than the loopback address used here
    return next((found for own in _own_addresses() if (found := _open(parts, own))), None)


def _open(parts: SplitResult, host: str) -> str | None:
    """Return the URL of the API at a host if it answers without a login, else None."""
    shown = f"[{host}]" if ":" in host else host
    url = f"{parts.scheme}://{shown}{f':{parts.port}' if parts.port else ''}{parts.path.rstrip('/')}"
    with suppress(httpx.HTTPError, httpx.InvalidURL, ValueError):
        reply = httpx.get(f"{url}/admin/version", timeout=waits.PREFECT_AT_ADDRESS)
        # a proxy's login page is not a version string
        if reply.status_code == 200 and isinstance(reply.json(), str):
            return url
    return None


def _is_loopback(host: str) -> bool:
    with suppress(OSError, UnicodeError):
        return all(ipaddress.ip_address(address).is_loopback for address in _resolved(host))
    return False


def _own_addresses() -> list[str]:
    """Return this machine's addresses that other machines can reach."""
    found = []
    with suppress(OSError):
        found += _resolved(socket.gethostname())
    for family, elsewhere in _ELSEWHERE:
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            found.append(probe.getsockname()[0])
    addresses = [ipaddress.ip_address(address) for address in dict.fromkeys(found)]
    return [str(each) for each in addresses if not (each.is_loopback or each.is_link_local)]


def _resolved(host: str) -> list[str]:
    # a link-local IPv6 address is followed by % and the name of its interface
    return [str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
