"""Servers that send without end, too slowly, or nonsense cost neither memory nor time, and end in a sentence."""

from __future__ import annotations

import gzip
import signal
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import chain

import pytest

from ckanext.datapusher_plus.core.errors import FetchInterrupted, FetchTooSlow, FileTooLarge
from ckanext.datapusher_plus.fetch.exchange import HEAD_LIMIT
from ckanext.datapusher_plus.fetch.guard import Guard
from tests.fix_hostile import BOUND, MB, Answer, Fetch, FetchApart, Hostile, drip, forever, megabytes

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PACKED = OK + b"Content-Encoding: gzip\r\n"
MOVED = b"HTTP/1.1 302 Found\r\nLocation: /there.csv\r\n"
FILE = OK + b"Content-Length: 4\r\n\r\na,b\n"


def zeros(megabytes: int) -> Iterator[bytes]:
    """Yield gzip that unpacks to many zeros."""
    member = gzip.compress(bytes(MB))
    for _ in range(megabytes):
        yield member


def deflated_zeros() -> Iterator[bytes]:
    """Yield deflate that unpacks to 1.5 GB of zeros."""
    machine = zlib.compressobj()
    for _ in range(1500):
        yield machine.compress(bytes(MB))


def after(head: bytes, rest: Callable[[], Iterator[bytes]]) -> Callable[[], Answer]:
    return lambda: chain([head], rest())


@pytest.mark.parametrize(
    ("first", "size"),
    [
        (after(MOVED + b"Content-Length: 524288000\r\n\r\n", lambda: megabytes(500)), 4),
        (after(MOVED + b"\r\n", lambda: forever(b"x")), 4),
        (after(MOVED + b"Content-Encoding: gzip\r\n\r\n", lambda: zeros(1500)), 4),
        (after(MOVED + b"Content-Encoding: deflate\r\n\r\n", deflated_zeros), 4),
        (after(MOVED + b"Transfer-Encoding: chunked\r\n\r\n5;", lambda: forever(b"x")), 4),
        (after(CHUNKED + b"4\r\na,b\n\r\n0\r\nX: ", lambda: forever(b"x")), 4),
        (after(CHUNKED + b"4\r\na,b\n\r\n0\r\n", lambda: forever(b"X: y\r\n")), 4),
        (lambda: chain([MOVED + b"\r\n"], drip(b"x" * 5000)), 4),
    ],
    ids=[
        "redirect",
        "endless redirect",
        "gzip redirect",
        "deflate redirect",
        "chunk line",
        "trailer line",
        "trailers",
        "slow redirect",
    ],
)
def test_what_is_not_the_file_is_never_read(
    first: Callable[[], Answer], size: int, hostile: Hostile, fetch_apart: FetchApart
) -> None:
    hostile.says(first, FILE)
    got = fetch_apart()
    assert (got["kind"], got.get("size")) == ("", size)
    assert got["took"] < BOUND


ENDLESS = {
    "chunk line": (CHUNKED + b"5;", b"x", "FetchInterrupted", "more than 4,096 bytes"),
    "chunk size": (CHUNKED, b"0", "FetchInterrupted", "more than 4,096 bytes"),
    "negative chunk": (CHUNKED + b"-1\r\n", b"x", "FetchInterrupted", "could not be understood"),
    "extensions": (CHUNKED, b"1;" + b"y" * 4000 + b"\r\nx\r\n", "FileTooLarge", "larger than allowed"),
    "header line": (OK + b"X: ", b"x", "FetchInterrupted", "more than 65,536 bytes"),
    "headers": (OK, b"X: y\r\n", "FetchInterrupted", "more than 65,536 bytes"),
    "status line": (b"HTTP/1.1 200 ", b"x", "FetchInterrupted", "more than 65,536 bytes"),
    "no line": (b"", b"\0", "FetchInterrupted", "more than 65,536 bytes"),
    "continue": (b"", b"HTTP/1.1 100 Continue\r\n\r\n", "FetchInterrupted", "more than 65,536 bytes"),
    "early hints": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", "FetchInterrupted", "more than 65,536"),
    "body": (OK + b"\r\n", b"x", "FileTooLarge", "larger than allowed"),
    "error page": (b"HTTP/1.1 404 Not Found\r\n\r\n", b"x", "NotFetched", "answered 404"),
    "preparing page": (b"HTTP/1.1 202 Accepted\r\nRetry-After: 9\r\n\r\n", b"x", "NotReady", "still answered 202"),
    "redirect to nowhere": (b"HTTP/1.1 302 Found\r\n\r\n", b"x", "NotFetched", "answered 302"),
    "failure page": (b"HTTP/1.1 503 Busy\r\n\r\n", b"x", "FetchInterrupted", "answered 503"),
    "blanks in a header": (OK + b"X:" + b" " * 60_000 + b"\0\r\n\r\n", b"x", "FileTooLarge", "larger than allowed"),
    "parts": (
        OK + b"Content-Type: multipart/x" + b';"' * 30_000 + b"\r\n\r\n",
        b"x",
        "FileTooLarge",
        "larger than allowed",
    ),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_bounded(name: str, hostile: Hostile, fetch_apart: FetchApart) -> None:
    head, piece, kind, said = ENDLESS[name]
    hostile.says(lambda: chain([head], forever(piece)))
    got = fetch_apart()
    assert (got["kind"], said in got["said"]) == (kind, True), got["said"]
    assert got["took"] < BOUND


@pytest.mark.parametrize(
    ("zeros_mb", "limit", "kind"),
    [(500, 50 * MB, "FileTooLarge"), (300, 1 << 40, "UnpacksTooLarge"), (100, 100 * MB, "")],
)
def test_what_unpacks_to_too_much_is_refused(
    zeros_mb: int, limit: int, kind: str, hostile: Hostile, fetch_apart: FetchApart
) -> None:
    hostile.says(after(PACKED + b"\r\n", lambda: zeros(zeros_mb)))
    got = fetch_apart(limit=limit, timeout=20, deadline=40)
    assert got["kind"] == kind
    assert got["took"] < BOUND


TABLE = b"a,b\n" + b"1,2\n" * 50_000
SQUEEZED = gzip.compress(TABLE)


@pytest.mark.parametrize("kept", [0, 1, 20, len(SQUEEZED) // 2, len(SQUEEZED) - 8, len(SQUEEZED) - 1])
@pytest.mark.parametrize("frame", ["until close", "chunked", "announced"])
def test_a_compressed_transfer_that_is_cut_is_interrupted(
    kept: int, frame: str, hostile: Hostile, fetch: Fetch
) -> None:
    cut = SQUEEZED[:kept]
    framed = {
        "until close": b"\r\n" + cut,
        "chunked": b"Transfer-Encoding: chunked\r\n\r\n" + (b"%x\r\n%s\r\n" % (kept, cut) if kept else b"") + b"0\r\n",
        "announced": b"Content-Length: %d\r\n\r\n" % kept + cut,
    }
    hostile.says(PACKED + framed[frame])
    with pytest.raises(FetchInterrupted, match="the transfer broke off"):
        fetch()


def bare_deflate() -> bytes:
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(TABLE) + machine.flush()


@pytest.mark.parametrize(
    ("encoding", "sent"),
    [
        ("gzip", SQUEEZED),
        ("X-GZIP", SQUEEZED),
        ("gzip", gzip.compress(TABLE[:99]) + gzip.compress(TABLE[99:])),
        ("gzip", SQUEEZED + bytes(500)),
        ("deflate", zlib.compress(TABLE)),
        ("deflate", bare_deflate()),
        ("identity", TABLE),
        ("utf-8", TABLE),
        ("", TABLE),
    ],
)
@pytest.mark.parametrize("piece", [1, 1000, MB])
def test_a_compressed_transfer_is_unpacked(
    encoding: str, sent: bytes, piece: int, hostile: Hostile, fetch: Fetch
) -> None:
    hostile.says(OK + b"Content-Encoding: %s\r\n\r\n" % encoding.encode() + sent)
    assert fetch(chunk_size=piece).path.read_bytes() == TABLE


@pytest.mark.parametrize(
    ("encoding", "sent", "why"),
    [
        ("br", b"...", "not asked for"),
        ("gzip, gzip", SQUEEZED, "not asked for"),
        ("zstd", b"...", "not asked for"),
        ("gzip", b"a,b\n1,2\n", "damaged"),
        ("gzip", SQUEEZED[:50] + b"\0" * 50 + SQUEEZED[100:], "damaged"),
        ("gzip", SQUEEZED + SQUEEZED[:30], "broke off"),
    ],
)
def test_a_transfer_that_cannot_be_unpacked_is_told(
    encoding: str, sent: bytes, why: str, hostile: Hostile, fetch: Fetch
) -> None:
    hostile.says(OK + b"Content-Encoding: %s\r\n\r\n" % encoding.encode() + sent)
    with pytest.raises(FetchInterrupted, match=why):
        fetch()


SLOW = {
    "head": (lambda: drip(OK + b"X: " + b"x" * 999), FetchInterrupted, "no answer within 0.3 seconds"),
    "continue": (lambda: drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 99), FetchInterrupted, "no answer within 0.3"),
    "head of a redirect": (lambda: drip(MOVED + b"X: " + b"x" * 999), FetchInterrupted, "no answer within 0.3"),
    "body": (lambda: chain([OK + b"\r\n"], drip(b"x" * 999)), FetchTooSlow, "less than 1,000 bytes a second"),
    "chunks": (lambda: chain([CHUNKED], drip(b"1\r\nx\r\n" * 99)), FetchTooSlow, "less than 1,000 bytes"),
    "chunk line": (lambda: chain([CHUNKED], drip(b"1;" + b"x" * 999)), FetchTooSlow, "less than 1,000 bytes"),
    "packed": (lambda: chain([PACKED + b"\r\n"], drip(SQUEEZED)), FetchTooSlow, "less than 1,000 bytes"),
    "silent body": (lambda: chain([OK + b"\r\nx"], silence()), FetchInterrupted, "no answer within 0.3 seconds"),
}


def silence() -> Iterator[bytes]:
    time.sleep(2)
    yield b"x"


@pytest.mark.parametrize("name", SLOW)
def test_a_server_that_is_too_slow_is_given_up(name: str, hostile: Hostile, fetch: Fetch) -> None:
    answer, kind, said = SLOW[name]
    hostile.says(answer)
    begun = time.monotonic()
    with pytest.raises(kind, match=said):
        fetch(least_rate=1000, timeout=0.3, deadline=60)
    # a generous bound: without limits these take 20 seconds each
    assert time.monotonic() - begun < 10


def test_a_rate_just_above_the_least_is_fine(hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(lambda: chain([OK + b"\r\n"], drip(b"x" * 60)))
    assert fetch(least_rate=10, timeout=0.3).size == 60


def test_one_deadline_holds_for_everything(hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(lambda: chain([OK + b"\r\n"], drip(b"x" * 999)))
    with pytest.raises(FetchTooSlow, match="given up because it took longer than 1 seconds"):
        fetch(least_rate=0, timeout=0.5, deadline=1)
    hostile.says(lambda: chain([MOVED], silence()))
    with pytest.raises((FetchTooSlow, FetchInterrupted)):
        fetch(timeout=0.5, deadline=0.9, retries=50)
    assert len(hostile.asked) <= 4


def test_no_pause_goes_beyond_the_deadline(hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(b"HTTP/1.1 503 Busy\r\n\r\n")
    with pytest.raises(FetchInterrupted, match="answered 503"):
        fetch(retries=1, backoff=6, deadline=5)
    assert len(hostile.asked) == 1


def test_a_connection_that_is_taken_by_nobody_is_given_up(fetch: Fetch) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        host, port = full.getsockname()
        crowd = [socket.socket() for _ in range(4)]
        for each in crowd:
            each.setblocking(False)
            each.connect_ex((host, port))
        with pytest.raises(FetchInterrupted, match="no connection could be made within 0.3 seconds"):
            fetch(f"http://{host}:{port}/", guard=Guard({host}), connect_timeout=0.3)
        for each in crowd:
            each.close()


def test_a_handshake_that_never_ends_is_given_up(hostile: Hostile, fetch: Fetch) -> None:
    """The answer begins as a record of TLS does, and goes on byte by byte."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        peers = []

        def trickle() -> None:
            peer, _ = listening.accept()
            peers.append(peer)
            with suppress(OSError):
                for each in drip(b"\x16\x03\x03\x3f\xff" + b"x" * 900):
                    peer.sendall(each)

        thread = threading.Thread(target=trickle)
        thread.start()
        with pytest.raises(FetchInterrupted, match="no connection could be made within 0.3 seconds"):
            fetch(f"https://127.0.0.1:{port}/", guard=Guard({"127.0.0.1"}), connect_timeout=0.3)
        thread.join()
        peers[0].close()


class OfTheRun(TimeoutError):
    """What a run's own deadline raises out of a signal."""


@pytest.mark.parametrize("answer", [silence, lambda: chain([OK + b"\r\nx"], silence())])
def test_a_signal_that_ends_the_run_is_no_silence(answer: Callable[[], Answer], hostile: Hostile, fetch: Fetch) -> None:
    def end(*_: object) -> None:
        raise OfTheRun

    hostile.says(answer)
    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, 0.3)
    try:
        with pytest.raises(OfTheRun):
            fetch(timeout=5, retries=3)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(hostile.asked) == 1


@pytest.mark.parametrize(("size", "fits"), [(HEAD_LIMIT, True), (HEAD_LIMIT + 1, False)])
def test_a_head_may_have_so_many_bytes(size: int, fits: bool, hostile: Hostile, fetch: Fetch) -> None:
    frame = OK + b"Content-Length: 4\r\n" + b"X: y\r\n" + b"Y: \r\n\r\n"
    hostile.says(frame[:-4] + b"y" * (size - len(frame)) + b"\r\n\r\na,b\n")
    if fits:
        assert fetch().size == 4
    else:
        with pytest.raises(FetchInterrupted, match="head of its answer has more than 65,536 bytes"):
            fetch()


@pytest.mark.parametrize(("size", "fits"), [(100, True), (101, False)])
@pytest.mark.parametrize("frame", [b"", b"Content-Length: %d\r\n", b"Content-Encoding: gzip\r\n"])
def test_a_file_may_have_so_many_bytes(size: int, fits: bool, frame: bytes, hostile: Hostile, fetch: Fetch) -> None:
    text = b"x" * size
    body = gzip.compress(text) if b"gzip" in frame else text
    hostile.says(OK + (frame % size if b"%" in frame else frame) + b"\r\n" + body)
    if fits:
        assert fetch(limit=100).size == size
    else:
        with pytest.raises(FileTooLarge, match="at most 100 bytes"):
            fetch(limit=100)
