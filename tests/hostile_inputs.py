"""Hostile files, answers and slow links; `test_hostile.py` and the benchmark use the same."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Callable

from tests.fix_hostile import MB, Answer, drip, megabytes

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv\r\n"


def _bomb() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"a,b\n" + b"0" * (300 * MB))
    return packed.getvalue()


#: What somebody may upload, with its format; small files first.
FILES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "comments": ("CSV", lambda: b"<!---->" * 60 + b"x,b\n1,2\n"),
    "digits": ("CSV", lambda: b"# a,b" + b"1" * 60_000 + b"\n1,2\n"),
    "quotes": ("CSV", lambda: b"a,b\n" + b'"' * 20_000_001),
    "commas": ("CSV", lambda: b"," * 20_000_000 + b"x\n1\n"),
    "returns": ("CSV", lambda: b"a,b\n" + b"\r" * 5_000_000 + b"x"),
    "wide row": ("CSV", lambda: b"a,b\n1,2\n" + b",1" * 10_000_000),
    "long line": ("CSV", lambda: b"a,b\n" + b"x" * 70_000_000),
    "nesting": ("JSON", lambda: b"[" * 5_000_000),
    "long number": ("JSON", lambda: b'[{"a": ' + b"1" * 15_000_000 + b"}]"),
    "bomb": ("ZIP", _bomb),
    "gzip bomb": ("CSV", lambda: gzip.compress(b"0" * (300 * MB))),
}
#: Answers of a server that end soon.
ANSWERS: dict[str, Callable[[], Answer]] = {
    "redirect": lambda: iter([b"HTTP/1.1 302 Found\r\nLocation: /b.csv\r\n\r\n", *megabytes(500)]),
    "line": lambda: iter([HEAD, b"Transfer-Encoding: chunked\r\n\r\n5;", *megabytes(500)]),
    "cut": lambda: HEAD + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"a,b\n" * 99_999)[:200],
}
#: Answers that arrive a byte at a time, each for longer than any small file takes.
SLOW: dict[str, Callable[[], Answer]] = {
    "slow body": lambda: drip(HEAD + b"\r\na,b\n" + b"1,2\n" * 9999),
    "slow header": lambda: drip(HEAD + b"X: " + b"x" * 9999),
    "slow redirect": lambda: drip(b"HTTP/1.1 302 Found\r\nLocation: /a.csv\r\nX: " + b"x" * 9999),
    "slow trailer": lambda: drip(HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + b"x" * 9999),
    "slow interim answers": lambda: drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 400),
}
