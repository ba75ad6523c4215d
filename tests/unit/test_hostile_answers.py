"""Answers that make no sense, redirects that lead nowhere and proxies that are to fetch what is private."""

from __future__ import annotations

import random
from itertools import chain

import pytest

from ckanext.datapusher_plus.core.errors import AddressRefused, FetchInterrupted, IngestError
from ckanext.datapusher_plus.fetch.guard import Guard
from tests.fix_hostile import BOUND, Fetch, FetchApart, Hostile, drip, forever

OK = b"HTTP/1.1 200 OK\r\n"
#: the same hosts as programs other than this one might write them
PRIVATE = [
    "http://1%36%39.254.169.254/",
    "http://169.254.169.254\\.example.org/",
    "http://169.254.169.254./",
    "http://10.1.2.3\\.x/",
    "http://2852039166/",
    "http://0xa9.0xfe.0xa9.0xfe/",
    "http://0251.0376.0251.0376/",
    "http://１６９.254.169.254/",
    "http://[::ffff:10.1.2.3]/",
    "http://localhost/",
    "http://10.1.2.3/",
]


def moved(location: str) -> bytes:
    return b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + location.encode() + b"\r\n\r\n"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("private", PRIVATE)
def test_a_proxy_is_never_asked_for_a_private_address(
    private: str, scheme: str, hostile: Hostile, fetch: Fetch
) -> None:
    hostile.says(OK + b"\r\nsecret")
    for proxy_resolves in (False, True):
        how = {"proxy": f"http://{hostile.host}", "proxy_resolves": proxy_resolves, "guard": Guard()}
        with pytest.raises(AddressRefused):
            fetch(private.replace("http", scheme), **how)
    assert hostile.asked == []


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("private", PRIVATE)
def test_a_redirect_is_no_way_to_a_private_address(private: str, scheme: str, hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(moved(private.replace("http", scheme)), OK + b"\r\nsecret")
    for proxy in ("", f"http://{hostile.host}"):
        hostile.asked.clear()
        with pytest.raises(AddressRefused):
            fetch("http://8.8.8.8/" if proxy else "", proxy=proxy, proxy_resolves=True)
        assert len(hostile.asked) == 1


def test_a_proxy_is_handed_the_address_that_was_judged(hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(OK + b"\r\na,b\n")
    assert fetch("HTTP://ada:x@8.8.8.8:80/b/../a?c#d", proxy=f"bob:s%40cret@{hostile.host}").size == 4
    lines = hostile.asked[0].decode().split("\r\n")
    assert lines[:2] == ["GET http://8.8.8.8/a?c HTTP/1.1", "Host: 8.8.8.8"]
    assert "Proxy-Authorization: Basic Ym9iOnNAY3JldA==" in lines
    assert not any(line.startswith("Authorization") for line in lines)


def test_a_tunnel_goes_to_the_address_that_was_judged(hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(b"HTTP/1.1 403 Forbidden\r\n\r\n")
    for url, target in (
        ("https://8.8.8.8/a", b"8.8.8.8:443"),
        ("https://[2606:2800:21f::1]/", b"[2606:2800:21f::1]:443"),
    ):
        with pytest.raises(FetchInterrupted, match="the proxy answered 403"):
            fetch(url, proxy=f"http://{hostile.host}")
        assert hostile.asked[-1].startswith(b"CONNECT " + target + b" HTTP/1.1\r\nHost: " + target)


def test_a_name_that_cannot_be_resolved_here_is_left_to_the_proxy_only_if_the_site_says_so(
    hostile: Hostile, fetch: Fetch
) -> None:
    hostile.says(OK + b"\r\na,b\n")
    url, proxy = "http://inside.invalid/a.csv", f"http://{hostile.host}"
    with pytest.raises(FetchInterrupted, match="this site does not leave that to its proxy"):
        fetch(url, proxy=proxy)
    assert hostile.asked == []
    assert fetch(url, proxy=proxy, proxy_resolves=True).size == 4
    assert fetch(url, proxy=proxy, guard=Guard({"inside.invalid"})).size == 4


@pytest.mark.parametrize("proxy", ["socks5://127.0.0.1:1", "http://[", "http://", "http://1%36.2.3.4/"])
def test_a_proxy_that_is_none_is_told(proxy: str, fetch: Fetch) -> None:
    with pytest.raises(FetchInterrupted, match="download_proxy is not the address"):
        fetch("http://8.8.8.8/", proxy=proxy)


@pytest.mark.parametrize(
    ("head", "piece", "why"),
    [
        (b"HTTP/1.1 200 ", b"x", "more than 65,536 bytes"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", "more than 65,536 bytes"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b"x", "no secure connection"),
        (b"HTTP/1.1 407 No\r\n\r\n", b"x", "the proxy answered 407"),
    ],
)
def test_a_proxy_that_never_ends_is_bounded(
    head: bytes, piece: bytes, why: str, hostile: Hostile, fetch_apart: FetchApart
) -> None:
    hostile.says(lambda: chain([head], forever(piece)))
    got = fetch_apart("https://8.8.8.8/", proxy=f"http://{hostile.host}", timeout=20, deadline=40)
    assert (got["kind"], why in got["said"]) == ("FetchInterrupted", True), got["said"]
    assert got["took"] < BOUND


def test_a_proxy_that_is_too_slow_is_given_up(hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(lambda: drip(OK * 99))
    with pytest.raises(FetchInterrupted, match="no connection could be made within 0.3 seconds"):
        fetch("https://8.8.8.8/", proxy=f"http://{hostile.host}", connect_timeout=0.3)


@pytest.mark.parametrize(
    "location",
    [
        "http://[",
        "http://]/",
        "http://[::1",
        "//[",
        "file:///etc/passwd",
        "gopher://8.8.8.8/",
        "http://",
        "http:///x",
        "http://example.org:x/",
        "http://exa mple.org/",
        "http://\u2100.org/",
        "http://\x1b[31mexample.org/",
        "javascript:alert(1)",
        "data:text/csv,a",
        "\\\\10.1.2.3\\share",
        "http://" + "a" * 60_000 + "/",
    ],
)
def test_a_redirect_to_what_is_no_address_is_told(location: str, hostile: Hostile, fetch: Fetch) -> None:
    # a backslash is a letter of a path here, so that leads to the same server
    hostile.says(moved(location), b"HTTP/1.1 503 Busy\r\n\r\n")
    with pytest.raises((AddressRefused, FetchInterrupted)) as error:
        fetch()
    assert str(error.value).isprintable()
    assert len(str(error.value)) < 700


@pytest.mark.parametrize("location", ["http://8.8.8.8/größe.csv", "http://8.8.8.8/gr%C3%B6%C3%9Fe.csv"])
@pytest.mark.parametrize("charset", ["utf-8", "latin-1"])
def test_a_redirect_may_have_letters_of_any_language(
    location: str, charset: str, hostile: Hostile, fetch: Fetch
) -> None:
    hostile.says(b"HTTP/1.1 307 x\r\nLocation: " + location.encode(charset) + b"\r\n\r\n", OK + b"\r\na\n")
    got = fetch("http://8.8.4.4/", proxy=f"http://{hostile.host}")
    assert got.filename == "größe.csv"
    assert hostile.asked[-1].startswith(b"GET http://8.8.8.8/gr%C3%B6%C3%9Fe.csv HTTP")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"a,b\n1,2\n",
        b"a,b\n1,2\n\n",
        b"<html>HTTP/0.9</html>",
        b"\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 -20 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"HTTP/1.1 \xd9\xa2\xd9\xa0\xd9\xa0 OK\r\n\r\n",
        b"HTTP/1.1 500 \x1b[2J\x1b]0;title\x07\r\n\r\n",
        b"HTTP/1.1 302 x\r\n\r\n",
        b"HTTP/1.1 304 x\r\n\r\n",
        b"HTTP/1.1 101 x\r\nUpgrade: x\r\n\r\n",
        OK,
        OK + b"Content-Length: 4\r\n",
        OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\na,b\n1",
        OK + b"Content-Length: +4\r\n\r\na,b\n",
        OK + b"Content-Length: 1_0\r\n\r\n0123456789",
        OK + b"Content-Length: -1\r\n\r\na,b\n",
        OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\na,b\n",
        OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n4\r\na,b\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n0x4\r\na,b\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n+4\r\na,b\n\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\na,b\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\na,b\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\na,",
        OK + b"Transfer-Encoding: chunked\r\n\r\nffffffffffffffffffff\r\na,b\n",
        OK + b"Content-Length: four\r\n\r\na,b\n",
        OK + b"Content-Length: 4, 5\r\n\r\na,b\n1",
        OK + b"Content-Length: 5\r\n\r\na,b\n",
        OK + b"X:y\r\n" * 9000 + b"\r\n",
        OK + b"X: y\r\n" * 101 + b"\r\n",
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
    ],
)
def test_an_answer_that_makes_no_sense_ends_in_a_sentence(head: bytes, hostile: Hostile, fetch: Fetch) -> None:
    hostile.says(head)
    with pytest.raises(IngestError) as error:
        fetch()
    assert str(error.value).isprintable()


@pytest.mark.parametrize(
    ("header", "filename", "media_type"),
    [
        (b'Content-Disposition: attachment; filename="..\\..\\b.csv"', "b.csv", None),
        (b"Content-Disposition: attachment; filename*=utf-8''gr%C3%B6%C3%9Fe.csv", "größe.csv", None),
        (b"Content-Disposition: attachment; filename*=bogus''b%FF.csv", "bÿ.csv", None),
        (b"Content-Disposition: attachment; filename*=undefined''%ff", "a.csv", None),
        (b"Content-Disposition: attachment; filename*=raw_unicode_escape''b%5Cud800.csv", "b.csv", None),
        (b"Content-Disposition: attachment; filename*" + b"9" * 9999 + b"*=x", "a.csv", None),
        (b"Content-Disposition: " + b';"' * 20_000, "a.csv", None),
        (b'Content-Disposition: inline; filename="\x1b[31mb\x00.csv"', "[31mb.csv", None),
        (b"Content-Type: TEXT/CSV; charset=x", "a.csv", "text/csv"),
        (b"Content-Type: \x1b[31m" + b"x" * 999, "a.csv", "[31m" + "x" * 96 + "…"),
        (b"X: a\r\n b\r\nno header at all", "a.csv", None),
    ],
)
def test_what_headers_say_of_a_file_can_be_shown(
    header: bytes, filename: str, media_type: str | None, hostile: Hostile, fetch: Fetch
) -> None:
    hostile.says(OK + header + b"\r\n\r\na,b\n")
    got = fetch()
    assert (got.size, got.filename, got.content_type) == (4, filename, media_type)


SEEDS = [
    OK
    + b"Content-Length: 8\r\nContent-Type: text/csv\r\nContent-Disposition: inline; filename=b.csv\r\n\r\na,b\n1,2\n",
    OK + b"Transfer-Encoding: chunked\r\n\r\n4;x=y\r\na,b\n\r\n4\r\n1,2\n\r\n0\r\nX: y\r\n\r\n",
    OK + b"Content-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xffKT\xd1I\xe2\x02\x00",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 302 x\r\nLocation: http://8.8.8.8:80/a/../b?c#d\r\n\r\n",
]


def test_whatever_an_answer_is_it_ends_in_a_file_or_a_sentence(hostile: Hostile, fetch: Fetch) -> None:
    chance = random.Random(13)
    spice = [
        b"\r\n",
        b"\n",
        b"\0",
        b":",
        b";",
        b"[",
        b"%",
        b"\xff",
        b"9" * 30,
        b"-",
        b"http://[",
        b"\x1b",
        b" " * 99,
        b'"',
    ]
    for _ in range(400):
        text = bytearray(chance.choice(SEEDS))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(text))
            text[place : place + chance.randint(0, 3)] = chance.choice(spice)
        hostile.says(bytes(text))
        sentence = ""
        try:
            fetch("http://8.8.4.4/", proxy=f"http://{hostile.host}", redirects=2)
        except IngestError as error:
            sentence = str(error)
        assert not sentence or sentence.isprintable(), bytes(text)
