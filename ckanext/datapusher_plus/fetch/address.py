"""The only parser of web addresses: its result is what is checked, connected to and passed to a proxy.

If two parsers disagree about where a host ends, an address can pass the check and still lead into the private network.
So no code after this module parses an address again. A host is a name of letters, digits, hyphens and underscores
(other letters are encoded by IDNA) or an IP address in its canonical form. Everything else is refused, including what
other programs would take for an IP address (``0x7f.1``, ``1%36``).
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from urllib.parse import quote, urljoin, urlsplit

import idna

from ..core.message import say

IP = ipaddress.IPv4Address | ipaddress.IPv6Address

PORTS = {"http": 80, "https": 443}
_AUTHORITY = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]{0,5}))?")
#: underscores are not in the standard, but some servers' names have them
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
#: a name whose last part matches is an IPv4 address to some programs (https://url.spec.whatwg.org/#ends-in-a-number-checker)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_SAFE = "!#$%&'()*+,/:;=?@[]~"

_NO_ADDRESS = say("it is not a valid address")
_NO_HOST = say("its host is neither a plain name nor a plain IP address")


class Malformed(ValueError):
    """The text is not an address that can be fetched; ``str()`` completes "was not fetched because …"."""


@dataclass(frozen=True, slots=True)
class Address:
    """A web address in its canonical form."""

    scheme: str
    #: a name in ASCII and lower case, or an IP address without brackets
    host: str
    port: int
    #: path and query as they are sent
    target: str

    @property
    def ip(self) -> IP | None:
        """The host, if it is an IP address."""
        return _ip(self.host)

    @property
    def bracketed(self) -> str:
        """The host as it is written in addresses: IPv6 addresses in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def host_and_port(self) -> str:
        """Host and port, always with the port."""
        return f"{self.bracketed}:{self.port}"

    @property
    def netloc(self) -> str:
        """Host and port, without the scheme's default port."""
        return self.bracketed if self.port == PORTS[self.scheme] else self.host_and_port

    @property
    def path(self) -> str:
        """The path, percent-encoded."""
        return self.target.partition("?")[0]

    def __str__(self) -> str:
        return f"{self.scheme}://{self.netloc}{self.target}"


def parse(text: str) -> Address:
    """Parse an address; user name, password and fragment are left out.

    :raises Malformed: when it is not a valid http or https address.
    """
    try:
        parts = urlsplit(text.strip())
    except ValueError:
        # the standard library's message quotes the address, which may hold a password
        raise Malformed(_NO_ADDRESS) from None
    if parts.scheme not in PORTS:
        raise Malformed(say("only http and https addresses are fetched"))
    if not parts.netloc:
        raise Malformed(say("it names no host"))
    authority = _AUTHORITY.fullmatch(parts.netloc.rpartition("@")[2])
    if not authority or "\\" in parts.netloc:
        raise Malformed(_NO_ADDRESS)
    if not authority[1]:
        raise Malformed(say("it names no host"))
    port = int(authority[2]) if authority[2] else PORTS[parts.scheme]
    if not 0 < port < 1 << 16:
        raise Malformed(_NO_ADDRESS)
    return Address(parts.scheme, _host(authority[1]), port, _target(parts.path, parts.query))


def joined(here: Address, onwards: str) -> str:
    """Return the address that a redirect leads to.

    :raises Malformed: when it is not a valid address.
    """
    try:
        return urljoin(str(here), onwards.strip())
    except ValueError:
        raise Malformed(_NO_ADDRESS) from None


def has_credentials(text: str) -> bool:
    """Return whether an address has a user name or a password."""
    try:
        return "@" in urlsplit(text.strip()).netloc
    except ValueError:
        return False


def _host(written: str) -> str:
    if written.startswith("["):
        found = _ip(written[1:-1])
        if not isinstance(found, ipaddress.IPv6Address):
            raise Malformed(_NO_HOST)
        return str(found)
    name = _ascii(written)
    if _NUMBER.fullmatch(name.rstrip(".").rpartition(".")[2]):
        found = _ip(name)
        if found is None or str(found) != name:
            raise Malformed(_NO_HOST)
        return name
    name = name.removesuffix(".")
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise Malformed(_NO_HOST)
    return name


def _ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    try:
        # no name is longer than 1,000 characters, and IDNA's tables take time
        return idna.encode(name[:1000], uts46=True).decode("ascii").lower()
    except UnicodeError:
        raise Malformed(_NO_HOST) from None


def _target(path: str, query: str) -> str:
    try:
        return _quoted(_without_dots(path)) + (f"?{_quoted(query)}" if query else "")
    except UnicodeError:
        # a lone surrogate, which JSON can write and UTF-8 cannot
        raise Malformed(_NO_ADDRESS) from None


def _quoted(text: str) -> str:
    """Percent-encode characters that an address may not have; existing percent-encoding is kept."""
    return quote(_STRAY_PERCENT.sub("%25", text), safe=_SAFE)


def _without_dots(path: str) -> str:
    """Resolve ``.`` and ``..`` as in RFC 3986 (5.2.4), so that no program after this one reads another path."""
    kept = [""]
    segments = path.split("/")[1:]
    plain = [segment.lower().replace("%2e", ".") for segment in segments]
    for segment, dots in zip(segments, plain, strict=True):
        if dots == "..":
            del kept[max(1, len(kept) - 1) :]
        elif dots != ".":
            kept.append(segment)
    if not segments or plain[-1] in (".", ".."):
        kept.append("")
    return "/".join(kept)


def _ip(text: str) -> IP | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
