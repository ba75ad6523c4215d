"""Read the body of a response, piece by piece: HTTP/1.1 framing, then gzip or deflate if the server compressed it."""

from __future__ import annotations

import io
import re
import zlib
from collections.abc import Iterable, Iterator

from ..core.errors import UnpacksTooLarge
from ..core.message import say
from ..core.unpacking import most_unpacked
from .connection import Wire
from .exchange import UNCLEAR, Reply
from .meter import Passing, Unusable

#: bytes of the line with a chunk's size, including chunk extensions, which are ignored
_SIZE_LINE = 4096
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_ENCODINGS = {"gzip", "x-gzip", "deflate"}
#: other compressions; any further value of the header (``utf-8``, ``none``) is a mistake that can be ignored
_UNKNOWN = {"br", "zstd", "compress", "x-compress", "dcb", "dcz", "bzip2", "xz", "lzma"}
_BROKEN = say("the transfer broke off")
#: zlib's window bits for gzip or zlib (detected), and for raw deflate
_ANY, _BARE = 32 + zlib.MAX_WBITS, -zlib.MAX_WBITS
_GZIP = b"\x1f"
#: Bytes given to zlib at once. It copies the input that it leaves over: where the gzip members are short, nearly all of
#: the input, once per member.
_BITE = 1 << 14


def announced_size(reply: Reply) -> int | None:
    """Return the file's size that the server announces; None when there is none, or it is that of compressed data."""
    return None if _compressed(reply) else _length(reply)


def contents(reply: Reply, size: int) -> Iterator[bytes]:
    """Yield the file in pieces of about ``size`` bytes.

    :raises Passing: when less arrives than was announced, or compressed data are incomplete or damaged.
    :raises Unusable: when the framing is not valid, or the compression is not supported.
    :raises UnpacksTooLarge: when compressed data unpack to too many bytes.
    """
    pieces = _framed(reply, size)
    return _unpacked(pieces, size) if _compressed(reply) else pieces


def _compressed(reply: Reply) -> bool:
    names = [name.strip().lower() for name in reply.header("Content-Encoding").split(",")]
    known = [name for name in names if name in _ENCODINGS]
    if len(known) > 1 or _UNKNOWN.intersection(names):
        raise Unusable(say("the server compressed it in a way that was not asked for"))
    return bool(known)


def _length(reply: Reply) -> int | None:
    length = reply.header("Content-Length")
    if not length or reply.header("Transfer-Encoding"):
        return None
    if not re.fullmatch("[0-9]{1,18}", length):
        raise Unusable(UNCLEAR)
    return int(length)


def _framed(reply: Reply, size: int) -> Iterator[bytes]:
    coding = reply.header("Transfer-Encoding").lower()
    if coding not in ("", "identity", "chunked"):
        raise Unusable(UNCLEAR)
    if coding == "chunked":
        return _chunks(reply.stream, size)
    length = _length(reply)
    return iter(lambda: reply.stream.read(size), b"") if length is None else _exactly(reply.stream, length, size)


def _exactly(stream: io.BufferedReader[Wire], length: int, size: int) -> Iterator[bytes]:
    while length:
        piece = stream.read(min(length, size))
        if not piece:
            raise Passing(_BROKEN)
        length -= len(piece)
        yield piece


def _chunks(stream: io.BufferedReader[Wire], size: int) -> Iterator[bytes]:
    """Yield the contents of the chunks; trailers after the last chunk are not read."""
    while length := _chunk_size(stream):
        yield from _exactly(stream, length, size)
        if stream.readline(2) not in (b"\r\n", b"\n"):
            raise Unusable(UNCLEAR)


def _chunk_size(stream: io.BufferedReader[Wire]) -> int:
    line = stream.readline(_SIZE_LINE + 1)
    if len(line) > _SIZE_LINE:
        raise Unusable(say("a line of its answer has more than {most} bytes", most=_SIZE_LINE))
    if not line.endswith(b"\n"):
        raise Passing(_BROKEN)
    digits = line.partition(b";")[0].strip()
    if not _SIZE.fullmatch(digits):
        raise Unusable(UNCLEAR)
    return int(digits, 16)


def _unpacked(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    unpacker = _Unpacker()
    packed = unpacked = 0
    for piece in _bites(pieces):
        packed += len(piece)
        for out in unpacker.feed(piece, size):
            unpacked += len(out)
            if unpacked > most_unpacked(packed):
                raise UnpacksTooLarge(most_unpacked(packed))
            yield out
    if not unpacker.ended:
        # also when no byte arrived: even an empty gzip file has some bytes
        raise Passing(_BROKEN)


def _bites(pieces: Iterable[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        for place in range(0, len(piece), _BITE):
            yield piece[place : place + _BITE]


class _Unpacker:
    """Decompresses gzip and deflate, at most a given number of bytes at once."""

    def __init__(self) -> None:
        self._machine = zlib.decompressobj(_ANY)
        self._begun = self._padding = False

    @property
    def ended(self) -> bool:
        """Whether the data so far are complete."""
        return self._machine.eof

    def feed(self, piece: bytes, size: int) -> Iterator[bytes]:
        """Yield what a piece decompresses to, in pieces of at most ``size`` bytes."""
        if not self._begun:
            self._begun = True
            # some servers send deflate without the zlib header that RFC 9110 requires
            self._machine = zlib.decompressobj(_ANY if _is_framed(piece) else _BARE)
        while (piece or not self.ended) and not self._padding:
            if self.ended:
                self._padding = not piece.startswith(_GZIP)
                if self._padding:
                    return
                self._machine = zlib.decompressobj(_ANY)
            out = self._step(piece, size)
            if out:
                yield out
            elif not piece:
                return
            piece = self._machine.unused_data or self._machine.unconsumed_tail

    def _step(self, piece: bytes, size: int) -> bytes:
        try:
            return self._machine.decompress(piece, size)
        except zlib.error as error:
            raise Passing(say("the compressed transfer is damaged")) from error


def _is_framed(piece: bytes) -> bool:
    """Return whether bytes begin with a gzip or zlib header."""
    checked = len(piece) < 2 or int.from_bytes(piece[:2], "big") % 31 == 0
    return piece.startswith(_GZIP) or (piece[0] & 15 == 8 and checked)
