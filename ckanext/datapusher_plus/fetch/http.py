"""Download files by HTTP: redirects are checked, temporary failures are retried, and one deadline covers it all.

User names and passwords in links are neither sent nor shown.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path
from urllib.parse import unquote

from ..core.errors import AddressRefused, FetchInterrupted, FetchTooSlow, NotFetched, NotReady, TooManyRedirects
from ..core.message import say
from ..core.safe_text import file_name, redacted, shortened
from ..core.values import Log, Source
from .address import Address, Malformed, has_credentials, joined
from .body import announced_size, contents
from .connection import Proxy, Tls
from .exchange import Reply, Roads, asked
from .guard import Guard
from .meter import Exhausted, Meter, Passing, Unusable
from .receive import receive

#: responses after which the download is retried, besides all of 5xx
_PASSING_STATUSES = frozenset({408, 425, 429})
#: seconds between two requests for a file that the server is preparing
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 60.0
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: characters of a header that are read; a longer value is not a file name or a media type
_LONGEST_DISPOSITION = 2000
_LONGEST_MEDIA_TYPE = 100
#: characters of a date that are read, more than any date has
_LONGEST_MOMENT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRules:
    """Rules and limits of downloads at this site."""

    guard: Guard = field(default_factory=Guard)
    #: largest file, in bytes
    limit: int
    #: seconds until a connection is made
    connect_timeout: float = 30
    #: seconds until the head of a response has arrived, and of silence after it
    timeout: float = 300
    #: seconds for the whole download, including redirects, retries and pauses
    deadline: float = 3600
    #: bytes per second; the rate may be lower for ``timeout`` seconds
    least_rate: float = 1000
    retries: int = 3
    #: seconds before the first retry, doubled before each further one; tests set 0
    backoff: float = 1.0
    #: seconds within which a server must prepare a file for which it answers 202
    patience: float = 1800
    redirects: int = 10
    proxy: str = ""
    #: whether the proxy resolves names that cannot be resolved here
    proxy_resolves: bool = False
    verify: bool = True
    ca_bundle: str = ""
    chunk_size: int = 1 << 20
    algorithm: str = "sha256"


class _Preparing(Exception):
    """The server answered 202: it has begun to prepare the file."""

    def __init__(self, pause: float | None) -> None:
        super().__init__()
        #: seconds after which the server wants to be asked again; None when it does not say
        self.pause = pause


class _Waiting:
    """The time spent waiting for a server to prepare a file, over all tries of one download."""

    def __init__(self, where: Address, rules: HttpRules, meter: Meter) -> None:
        self._where, self._rules, self._meter = where, rules, meter
        self._since = 0.0
        self._times = 0

    def wait(self, pause: float | None, log: Log) -> None:
        """Wait as long as the server says, else each time longer, but not beyond ``patience`` or the deadline.

        :raises NotReady: when ``patience`` or the deadline does not allow another request.
        """
        now = time.monotonic()
        self._since = self._since or now
        left = self._since + self._rules.patience - now
        growing = min(self._rules.backoff * 2**self._times, _LONGEST_PAUSE)
        # a pause of 0 would repeat without end; a pause beyond ``patience`` is cut to its end, for one last request
        seconds = min(max(pause or growing, _SHORTEST_PAUSE), left)
        if left <= 0 or seconds >= self._meter.left():
            raise NotReady(redacted(str(self._where)), now - self._since)
        self._times = min(self._times + 1, 16)
        log.info(
            say(
                "The server is preparing the file (it answered 202). Asking again in {seconds} s.",
                seconds=round(seconds),
            )
        )
        time.sleep(seconds)


def download(url: str, target: Path, rules: HttpRules, log: Log) -> Source:
    """Download the file at an address.

    :raises AddressRefused: when the address, or one that it redirects to, is malformed or not on the public internet.
    :raises NotFetched: when the server answers that there is no such file.
    :raises TooManyRedirects: when there are more than ``rules.redirects`` redirects.
    :raises FileTooLarge: when the file has more than ``rules.limit`` bytes.
    :raises NotReady: when the server does not finish preparing the file in time.
    :raises UnpacksTooLarge: when compressed data unpack to too many bytes.
    :raises FetchTooSlow: when it exceeds ``rules.deadline``, or data arrive more slowly than ``rules.least_rate``.
    :raises FetchInterrupted: when every try failed for a temporary reason, or the response is not valid.
    """
    if has_credentials(url):
        log.warning(say("The user name and password in the link were not used: they would be visible to every reader."))
    try:
        return _tries(rules.guard.check_url(url), target, rules, log)
    except Unusable as reason:
        raise FetchInterrupted(redacted(url), reason.args[0]) from reason
    except Exhausted as reason:
        raise FetchTooSlow(redacted(url), reason.args[0]) from reason


def _tries(where: Address, target: Path, rules: HttpRules, log: Log) -> Source:
    meter = Meter(
        connect=min(rules.connect_timeout, rules.timeout),
        silence=rules.timeout,
        total=rules.deadline,
        least_rate=rules.least_rate,
        limit=rules.limit,
    )
    roads = Roads(
        guard=rules.guard,
        tls=Tls(rules.verify, rules.ca_bundle),
        proxy=Proxy.of(rules.proxy) if rules.proxy else None,
        proxy_resolves=rules.proxy_resolves,
    )
    waiting = _Waiting(where, rules, meter)
    retry = 0
    while True:
        try:
            return _once(where, target, rules, roads, meter, log)
        except _Preparing as answer:
            # not a failure, so not counted as a retry
            waiting.wait(answer.pause, log)
            continue
        except Passing as reason:
            pause = rules.backoff * 2**retry
            retry += 1
            if retry > rules.retries or pause >= meter.left():
                raise FetchInterrupted(redacted(str(where)), reason.args[0]) from reason
            log.warning(
                say(
                    "Download failed ({reason}), trying again: {retry} of {retries}.",
                    reason=reason.args[0],
                    retry=retry,
                    retries=rules.retries,
                )
            )
        time.sleep(pause)


def _once(where: Address, target: Path, rules: HttpRules, roads: Roads, meter: Meter, log: Log) -> Source:
    """Follow redirects to the file; every address on the way is checked like the first."""
    here = where
    for _ in range(rules.redirects + 1):
        with asked(here, roads, meter) as reply:
            onwards = reply.first("Location") if reply.status in _REDIRECTS else ""
            if not onwards:
                _check_status(reply)
                return _received(reply, target, rules, meter, log)
        here = _next(here, onwards, rules.guard)
    raise TooManyRedirects(redacted(str(where)), rules.redirects)


def _next(here: Address, location: str, guard: Guard) -> Address:
    raw = location.encode("latin-1")
    try:
        onwards = raw.decode()
    except UnicodeDecodeError:
        onwards = location
    try:
        return guard.check_url(joined(here, onwards))
    except Malformed as error:
        raise AddressRefused(
            say("The address that {address} redirects to", address=redacted(str(here))), error.args[0]
        ) from error


def _check_status(reply: Reply) -> None:
    """Raise unless the response has the file.

    :raises _Preparing: for 202.
    :raises Passing: for a status after which the download is retried.
    :raises NotFetched: for any other status than 200.
    """
    if reply.status == HTTPStatus.ACCEPTED:
        raise _Preparing(_retry_after(reply.first("Retry-After")))
    if reply.status in _PASSING_STATUSES or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise Passing(say("the server answered {status}", status=reply.status))
    if reply.status != HTTPStatus.OK:
        raise NotFetched(redacted(str(reply.where)), reply.status)


def _retry_after(text: str) -> float | None:
    """Return the seconds of a ``Retry-After`` header, which is a number of seconds or a date; None if it is neither."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text[:_LONGEST_MOMENT])
    except (ValueError, OverflowError):
        return None
    return max(0.0, moment.timestamp() - time.time()) if moment.tzinfo else None


def _received(reply: Reply, target: Path, rules: HttpRules, meter: Meter, log: Log) -> Source:
    total = announced_size(reply)
    pieces = contents(reply, rules.chunk_size)
    meter.receiving()
    got = receive(pieces, target, limit=rules.limit, algorithm=rules.algorithm, total=total, log=log)
    media_type = shortened(reply.first("Content-Type").partition(";")[0].strip().lower(), _LONGEST_MEDIA_TYPE)
    return Source(
        path=got.path, filename=_filename(reply), size=got.size, hash=got.hash, content_type=media_type or None
    )


def _filename(reply: Reply) -> str:
    """Return the file's name from ``Content-Disposition``, else the last part of its address."""
    message = Message()
    message["Content-Disposition"] = reply.first("Content-Disposition")[:_LONGEST_DISPOSITION] or "inline"
    try:
        given = message.get_filename()
    except (ValueError, LookupError):
        # an invalid charset, or an invalid number of a continued parameter (RFC 2231)
        given = None
    return file_name(given or unquote(reply.where.path))
