"""From bytes to UTF-8 text: byte order marks, UTF-16, line ends of old Macs; a doubtful letter is refused."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import NotText, WrongEncoding
from .base import read_head

#: read sizes from 1 to 16 MB measured the same; memory stays small
PIECE_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file's letters are written."""

    name: str
    codec: str
    #: byte order mark at the beginning of the file
    mark: bytes = b""


UTF_8 = Encoding("UTF-8", "utf-8")
#: UTF-32's mark begins with that of UTF-16, so it comes first
_MARKED = (
    Encoding("UTF-8", "utf-8", codecs.BOM_UTF8),
    Encoding("UTF-32", "utf-32-le", codecs.BOM_UTF32_LE),
    Encoding("UTF-32", "utf-32-be", codecs.BOM_UTF32_BE),
    Encoding("UTF-16", "utf-16-le", codecs.BOM_UTF16_LE),
    Encoding("UTF-16", "utf-16-be", codecs.BOM_UTF16_BE),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A file of UTF-8 text without a byte order mark whose lines end in LF or CRLF."""

    path: Path
    #: what it was published in
    encoding: str


def as_utf8(path: Path, work_dir: Path) -> Text:
    """Make UTF-8 text of a file, or return the file itself when it is that already.

    :raises WrongEncoding: naming the first line that does not decode.
    :raises NotText: when there are NUL bytes in it.
    """
    head = read_head(path)
    encoding = next((known for known in _MARKED if head.startswith(known.mark)), UTF_8)
    if encoding != UTF_8 or _old_mac(head):
        return Text(path=_rewritten(path, work_dir / "utf8.txt", encoding), encoding=encoding.name)
    for _ in decoded(path, encoding):
        pass
    return Text(path=path, encoding=encoding.name)


def decoded(path: Path, encoding: Encoding) -> Iterator[str]:
    """Yield a file's text piece by piece, without its byte order mark.

    :raises WrongEncoding: naming the first line that does not decode.
    :raises NotText: when there are NUL bytes in it.
    """
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    lines = 1
    with path.open("rb") as file:
        file.seek(len(encoding.mark))
        while True:
            piece = file.read(PIECE_BYTES)
            text = _decoded(decoder, piece, encoding, lines)
            if text:
                yield text
            if not piece:
                return
            lines += text.count("\n")


def _decoded(decoder: codecs.IncrementalDecoder, piece: bytes, encoding: Encoding, line: int) -> str:
    try:
        text = decoder.decode(piece, final=not piece)
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode(encoding.codec, "ignore")
        raise WrongEncoding(encoding.name, line + before.count("\n")) from error
    if "\0" in text:
        line += text.count("\n", 0, text.index("\0"))
        raise NotText(f"binary data (there is a NUL byte in line {line:,})")
    return text


def _old_mac(head: bytes) -> bool:
    return b"\r" in head and b"\n" not in head


def _rewritten(path: Path, target: Path, encoding: Encoding) -> Path:
    old_mac: bool | None = None
    with target.open("wb") as out:
        for text in decoded(path, encoding):
            utf8 = text.encode("utf-8")
            old_mac = _old_mac(utf8) if old_mac is None else old_mac
            out.write(utf8.replace(b"\r", b"\n") if old_mac else utf8)
    return target
