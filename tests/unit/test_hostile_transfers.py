"""Lengths that lie, transfers that are cut or cost more than they bring, and links with line ends or passwords."""

from __future__ import annotations

import gzip
import socket
import ssl
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from ckanext.datapusher_plus.core.errors import FetchInterrupted, FetchTooSlow, IngestError, NotReady, TooManyRedirects
from ckanext.datapusher_plus.fetch.guard import Guard
from tests.fix_hostile import MB, Fetch, FetchApart, Hostile, drip, forever
from tests.fix_web import Web

OK = b"HTTP/1.1 200 OK\r\n"
FILE = OK + b"Content-Length: 4\r\n\r\na,b\n"
TABLE = b"a,b\n" + b"1,2\n" * 50_000


def bare(text: bytes) -> bytes:
    """Compress as some servers do when they say deflate."""
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(text) + machine.flush()


@pytest.mark.parametrize("share", [0.01, 0.5, 0.99])
@pytest.mark.parametrize("frame", ["until close", "chunked", "announced"])
@pytest.mark.parametrize("squeezed", [zlib.compress(TABLE), bare(TABLE)], ids=["framed", "bare"])
def test_deflate_that_is_cut_is_interrupted(
    squeezed: bytes, frame: str, share: float, hostile: Hostile, fetch: Fetch
) -> None:
    cut = squeezed[: int(len(squeezed) * share)]
    framed = {
        "until close": b"\r\n" + cut,
        "chunked": b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n" % (len(cut), cut),
        "announced": b"Content-Length: %d\r\n\r\n" % len(cut) + cut,
    }
    hostile.says(OK + b"Content-Encoding: deflate\r\n" + framed[frame])
    with pytest.raises(FetchInterrupted, match="the transfer broke off"):
        fetch()


@pytest.mark.parametrize(
    ("headers", "body", "size"),
    [
        (b"Content-Length: 4\r\n", b"a,b\n1,2\n", 4),
        (b"Content-Length: 4\r\nContent-Length: 4\r\n", b"a,b\n", 4),
        (b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n", b"4\r\na,b\n\r\n0\r\n\r\n", 4),
        (b"Content-Length: -9\r\nTransfer-Encoding: chunked\r\n", b"4\r\na,b\n\r\n0\r\n\r\n", 4),
        (b"Content-Length: 0\r\n", b"a,b\n", 0),
    ],
)
def test_a_length_counts_unless_there_are_chunks(
    headers: bytes, body: bytes, size: int, hostile: Hostile, fetch: Fetch
) -> None:
    hostile.says(OK + headers + b"\r\n" + body)
    assert fetch().size == size


def test_a_length_beyond_the_limit_is_refused_before_a_byte_is_read(hostile: Hostile, fetch_apart: FetchApart) -> None:
    hostile.says(OK + b"Content-Length: 999999999999\r\n\r\n")
    assert fetch_apart()["kind"] == "FileTooLarge"


def seconds_to_unpack(hostile: Hostile, fetch: Fetch, members: bytes) -> float:
    hostile.says(OK + b"Content-Encoding: gzip\r\n\r\n" + members)
    begun = time.process_time()
    assert fetch(chunk_size=8 * MB, limit=64 * MB).size == 0
    return time.process_time() - begun


def test_empty_members_of_gzip_take_time_in_proportion(hostile: Hostile, fetch: Fetch) -> None:
    """What zlib leaves over is copied for each member, which squares the time unless it is little."""
    member = gzip.compress(b"")
    short = seconds_to_unpack(hostile, fetch, member * 10_000)
    assert seconds_to_unpack(hostile, fetch, member * 80_000) < 24 * short


@pytest.mark.parametrize(("length", "fits"), [(4096, True), (4097, False)])
def test_the_line_of_a_chunk_may_have_so_many_bytes(length: int, fits: bool, hostile: Hostile, fetch: Fetch) -> None:
    line = b"4;" + b"x" * (length - 4) + b"\r\n"
    hostile.says(OK + b"Transfer-Encoding: chunked\r\n\r\n" + line + b"a,b\n\r\n0\r\n\r\n")
    if fits:
        assert fetch().size == 4
    else:
        with pytest.raises(FetchInterrupted, match="a line of its answer has more than 4,096 bytes"):
            fetch()


@pytest.mark.parametrize(("count", "fits"), [(99, True), (100, False)])
def test_an_answer_may_have_so_many_headers(count: int, fits: bool, hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(OK + b"X: y\r\n" * count + b"\r\na,b\n")
    if fits:
        assert fetch().size == 4
    else:
        with pytest.raises(FetchInterrupted, match="its answer has too many headers"):
            fetch()


def test_a_redirect_to_itself_ends(hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(b"HTTP/1.1 302 Found\r\nLocation: " + hostile.url().encode() + b"\r\n\r\n")
    with pytest.raises(TooManyRedirects, match="redirected 3 times"):
        fetch(redirects=3)
    assert len(hostile.asked) == 4


LINES = [
    "/a\r\nX-Evil: 1\r\n\r\n",
    "/a%0d%0aX-Evil:%201",
    "/a?b=\nX-Evil: 1",
    "/a\rX-Evil: 1",
    "/\u560d\u560aX-Evil: 1",
]


@pytest.mark.parametrize("path", LINES)
@pytest.mark.parametrize("by_proxy", [False, True])
def test_a_line_end_in_a_link_begins_no_line(path: str, by_proxy: bool, hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(FILE)
    proxy = {"proxy": f"http://{hostile.host}"} if by_proxy else {}
    assert fetch(f"http://{'8.8.8.8' if by_proxy else hostile.host}{path}", **proxy).size == 4
    lines = hostile.asked[0].replace(b"\r\n", b"\n").split(b"\n")
    assert not any(line.startswith(b"X-Evil") for line in lines)
    assert b"\r" not in b"".join(lines)


@pytest.mark.parametrize("host", ["8.8.8.8\r\nX-Evil: 1", "8.8.8.8%0d%0aX-Evil", "8.8.8.8\r\n.x"])
def test_a_line_end_in_a_host_is_refused_or_no_part_of_it(host: str, hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(FILE)
    for scheme in ("http", "https"):
        with pytest.raises(IngestError):
            fetch(f"{scheme}://{host}/", proxy=f"http://{hostile.host}")
    assert hostile.asked == []


def test_a_password_in_a_redirect_is_neither_sent_nor_shown(hostile: Hostile, fetch: Fetch) -> None:
    there = f"http://ada:s3cret@{hostile.host}/b.csv?sig=s3cret"
    hostile.says(b"HTTP/1.1 302 x\r\nLocation: " + there.encode() + b"\r\n\r\n", b"HTTP/1.1 404 x\r\n\r\n")
    with pytest.raises(IngestError) as error:
        fetch()
    assert "s3cret" not in str(error.value)
    assert b"Authorization" not in hostile.asked[-1]
    assert b"ada" not in hostile.asked[-1]


MOMENTS = [
    "Fri, 31 Dec 99999999999999999999 23:59:59 GMT",
    "Fri, 31 Dec 9999 23:59:59 -9999",
    "Fri, 31 Dec 2010 23:59:59 +99999999999999",
    "Fri, 31 Dec 0001 00:00:00 +2359",
    "1" * 5000,
    "x" * 60_000,
    "\xb2",
    "inf",
    "1e9",
    "-1",
]


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_pause_that_makes_no_sense_is_none_or_too_long(moment: str, hostile: Hostile, fetch: Fetch) -> None:
    preparing = b"HTTP/1.1 202 Accepted\r\nRetry-After: " + moment.encode("latin-1") + b"\r\n\r\n"
    hostile.says(preparing, FILE)
    assert fetch(patience=0.2).size == 4
    hostile.asked.clear()
    hostile.says(preparing)
    with pytest.raises(NotReady):
        fetch(patience=0.2)


def test_no_wait_for_a_file_goes_beyond_the_deadline(hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(b"HTTP/1.1 202 Accepted\r\nRetry-After: 6\r\n\r\n")
    with pytest.raises(NotReady, match="after 0 seconds"):
        fetch(patience=8, deadline=5)
    assert len(hostile.asked) == 1


def test_a_file_that_is_being_prepared_and_a_server_that_fails_are_counted_apart(
    hostile: Hostile, fetch: Fetch
) -> None:
    preparing, busy = b"HTTP/1.1 202 Accepted\r\n\r\n", b"HTTP/1.1 503 Busy\r\n\r\n"
    hostile.says(preparing, busy, preparing, preparing, FILE)
    assert fetch(retries=1).size == 4
    hostile.asked.clear()
    hostile.says(preparing, busy, preparing, busy, FILE)
    with pytest.raises(FetchInterrupted, match="answered 503"):
        fetch(retries=1)


def test_a_connection_that_is_reset_ends_in_a_sentence(hostile: Hostile, fetch: Fetch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def reset() -> None:
            peer, _ = listening.accept()
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()

        thread = threading.Thread(target=reset)
        thread.start()
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(FetchInterrupted, match=r"broke off|without an answer|no connection"):
            fetch(f"http://{host}/", guard=Guard({host}))
        thread.join()


def over_tls(web: Web, answer: Iterator[bytes], listening: socket.socket) -> threading.Thread:
    """Answer one question over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = Path(web.speak_https())
    context.load_cert_chain(certificate, certificate.with_name("key.pem"))

    def serve() -> None:
        with suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True) as peer:
            peer.recv(1 << 16)
            for piece in answer:
                peer.sendall(piece)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread


def late(text: bytes) -> Iterator[bytes]:
    yield text
    yield from drip(b"x" * 200)


@pytest.mark.parametrize(
    ("answer", "kind", "why"),
    [
        (lambda: drip(OK + b"X: " + b"x" * 200), FetchInterrupted, "no answer within 0.3"),
        (lambda: late(OK + b"\r\n"), FetchTooSlow, "less than 1,000 bytes a second"),
        (lambda: forever(b"x"), FetchInterrupted, "more than 65,536 bytes"),
    ],
    ids=["head", "body", "endless line"],
)
def test_limits_hold_over_tls(
    answer: Callable[[], Iterator[bytes]], kind: type[Exception], why: str, web: Web, fetch: Fetch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = over_tls(web, answer(), listening)
        host = f"127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(kind, match=why):
            fetch(f"https://{host}/", guard=Guard({host}), verify=False, timeout=0.3)
        thread.join()
