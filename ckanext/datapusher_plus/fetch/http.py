"""Downloads: redirects by hand, retries by name, nothing secret sent or shown."""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

import requests
from requests import exceptions as failures
from urllib3.exceptions import InsecureRequestWarning, NameResolutionError

from ..core.errors import AddressRefused, FetchInterrupted, NotFetched, NotReady, TooManyRedirects
from ..core.values import Log, Source
from .guard import Guard, adapter
from .receive import receive
from .redact import redacted, without_credentials

#: besides all of 5xx
_PASSING_STATUSES = frozenset({408, 425, 429})
_PASSING_FAILURES = (
    failures.ConnectionError,
    failures.Timeout,
    failures.ChunkedEncodingError,
    failures.ContentDecodingError,
)
_CONNECT_SECONDS = 30
#: seconds between two questions for a file that is being prepared
_SHORTEST_PAUSE, _LONGEST_PAUSE = 0.1, 60.0
#: what was asked for is the file as it is; a server that compresses anyway is understood too
_HEADERS = {"User-Agent": "ckanext-datapusher-plus", "Accept": "*/*", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpRules:
    """How files are downloaded at this site."""

    guard: Guard = field(default_factory=Guard)
    #: largest file in bytes
    limit: int
    #: seconds of silence
    timeout: float = 300
    retries: int = 3
    #: seconds before the first retry, doubled before each further one; tests set 0
    backoff: float = 1.0
    #: seconds until a server must have prepared a file for which it answers 202
    patience: float = 1800
    redirects: int = 10
    proxy: str = ""
    verify: bool = True
    chunk_size: int = 1 << 20
    algorithm: str = "sha256"


class _TryAgain(Exception):
    """One try failed for a reason that may pass; the text completes "could not be fetched: …"."""


class _Preparing(Exception):
    """The server answered 202: it has begun to make the file."""

    def __init__(self, pause: float | None) -> None:
        super().__init__()
        #: seconds after which the server wants to be asked again, None when it does not say
        self.pause = pause


class _Waiting:
    """The time that goes by until a server has prepared a file, over all tries of one download."""

    def __init__(self, url: str, rules: HttpRules) -> None:
        self._url, self._rules = url, rules
        self._since = 0.0
        self._times = 0

    def wait(self, pause: float | None, log: Log) -> None:
        """Wait for as long as the server says, else each time longer, but not beyond ``patience``.

        :raises NotReady: when that is over.
        """
        now = time.monotonic()
        self._since = self._since or now
        left = self._since + self._rules.patience - now
        if left <= 0:
            raise NotReady(redacted(self._url), now - self._since)
        growing = min(self._rules.backoff * 2**self._times, _LONGEST_PAUSE)
        # a pause of 0 would ask without end; whoever asks for more time than is left is asked once more at its end
        seconds = min(max(pause or growing, _SHORTEST_PAUSE), left)
        self._times = min(self._times + 1, 16)
        log.info(f"The server is preparing the file (it answered 202). Asking again in {seconds:,.0f} s.")
        time.sleep(seconds)


def download(url: str, target: Path, rules: HttpRules, log: Log) -> Source:
    """Fetch the file at an address.

    :raises AddressRefused: when it, or one that it redirects to, is not on the open internet.
    :raises NotFetched: when the server says that there is no such file.
    :raises TooManyRedirects: when it leads on and on.
    :raises FileTooLarge: when there are more than ``rules.limit`` bytes.
    :raises NotReady: when the server goes on preparing it.
    :raises FetchInterrupted: when every try failed for a passing reason.
    """
    if without_credentials(url) != url:
        log.warning("The user name and password in the link were not used: they would be visible to every reader.")
    waiting = _Waiting(url, rules)
    for retry in range(rules.retries):
        got = _attempt(url, target, rules, log, waiting)
        if isinstance(got, Source):
            return got
        log.warning(f"Download failed ({got}), trying again: {retry + 1} of {rules.retries}.")
        time.sleep(rules.backoff * 2**retry)
    got = _attempt(url, target, rules, log, waiting)
    if isinstance(got, Source):
        return got
    raise FetchInterrupted(redacted(url), str(got)) from got


def _attempt(url: str, target: Path, rules: HttpRules, log: Log, waiting: _Waiting) -> Source | _TryAgain:
    """Return the file as soon as it is prepared, or the passing reason why there is none."""
    while True:
        try:
            return _once(without_credentials(url), target, rules, log)
        except _Preparing as answer:
            waiting.wait(answer.pause, log)
        except _TryAgain as reason:
            return reason


def _once(url: str, target: Path, rules: HttpRules, log: Log) -> Source:
    try:
        with _session(rules) as session, _final_response(session, url, rules) as response:
            _check_status(response)
            return _received(response, target, rules, log)
    except failures.SSLError as error:
        # a certificate does not become right by asking again
        raise FetchInterrupted(redacted(url), "its certificate could not be verified") from error
    except _PASSING_FAILURES as error:
        raise _TryAgain(_reason(error, rules)) from error
    except (failures.InvalidURL, failures.InvalidSchema, UnicodeError) as error:
        raise AddressRefused(redacted(url), "it is not a valid address") from error
    except failures.RequestException as error:
        raise FetchInterrupted(redacted(url), "the server's answer could not be understood") from error


def _session(rules: HttpRules) -> requests.Session:
    session = requests.Session()
    # neither the worker's netrc nor its proxy variables are meant for addresses that editors type
    session.trust_env = False
    session.headers.clear()
    session.headers.update(_HEADERS)
    session.proxies = {"http": rules.proxy, "https": rules.proxy} if rules.proxy else {}
    session.verify = rules.verify and (os.environ.get("REQUESTS_CA_BUNDLE") or True)
    transport = adapter(rules.guard)
    session.mount("http://", transport)
    session.mount("https://", transport)
    return session


def _final_response(session: requests.Session, url: str, rules: HttpRules) -> requests.Response:
    """Follow redirects; every address on the way is judged like the first."""
    here = url
    for _ in range(rules.redirects + 1):
        _check(here, rules)
        response = _asked(session, here, rules)
        onwards = session.get_redirect_target(response)
        if not onwards:
            return response
        response.close()
        here = without_credentials(urljoin(here, onwards))
    raise TooManyRedirects(redacted(url), rules.redirects)


def _asked(session: requests.Session, url: str, rules: HttpRules) -> requests.Response:
    timeout = (min(rules.timeout, _CONNECT_SECONDS), rules.timeout)
    with warnings.catch_warnings():
        # a site that turned the check off knows
        warnings.simplefilter("ignore", InsecureRequestWarning)
        return session.get(url, stream=True, allow_redirects=False, timeout=timeout)


def _check(url: str, rules: HttpRules) -> None:
    rules.guard.check_url(url)
    if rules.proxy:
        # the proxy makes the connection, so this is all that can be judged; it may know names that we do not
        parts = urlsplit(url)
        with suppress(OSError):
            rules.guard.resolve(parts.hostname or "", parts.port or 0)


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status == HTTPStatus.ACCEPTED:
        raise _Preparing(_retry_after(response.headers.get("Retry-After", "")))
    if status in _PASSING_STATUSES or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _TryAgain(f"the server answered {status}")
    if status != HTTPStatus.OK:
        raise NotFetched(redacted(response.url), status)


def _retry_after(text: str) -> float | None:
    """Return the seconds of a ``Retry-After``, which is a number of them or a moment."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, moment.timestamp() - time.time()) if moment.tzinfo else None


def _received(response: requests.Response, target: Path, rules: HttpRules, log: Log) -> Source:
    total = _announced_size(response.headers)
    chunks = response.iter_content(rules.chunk_size)
    got = receive(chunks, target, limit=rules.limit, algorithm=rules.algorithm, total=total, log=log)
    if total is not None and got.size != total:
        raise _TryAgain("the transfer broke off")
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return Source(
        path=got.path, filename=_filename(response), size=got.size, hash=got.hash, content_type=media_type or None
    )


def _announced_size(headers: Mapping[str, str]) -> int | None:
    """Return the file's size as the server has it; the size of a compressed transfer says nothing."""
    if headers.get("Content-Encoding", "identity").lower() != "identity":
        return None
    length = headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() and len(length) < 19 else None


def _filename(response: requests.Response) -> str:
    """Return the name the server gives to the file, else the last part of its address."""
    message = Message()
    message["Content-Disposition"] = response.headers.get("Content-Disposition", "inline")
    given = message.get_filename() or unquote(urlsplit(response.url).path)
    return PurePosixPath(given.replace("\\", "/")).name


def _reason(error: requests.RequestException, rules: HttpRules) -> str:
    if isinstance(error, failures.Timeout) or "Read timed out" in str(error):
        return f"there was no answer within {rules.timeout:g} seconds"
    if isinstance(error, failures.ChunkedEncodingError | failures.ContentDecodingError):
        return "the transfer broke off"
    if any(isinstance(getattr(cause, "reason", None), NameResolutionError) for cause in error.args):
        return "its name could not be resolved"
    return "no connection could be made"
