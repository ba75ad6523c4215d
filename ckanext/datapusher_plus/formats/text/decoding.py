"""Decode a file's bytes to UTF-8 text, piece by piece; only NULs, which PostgreSQL cannot store, are removed."""

from __future__ import annotations

import codecs
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from ...core import how_to_read
from ...core.errors import NotText, WrongEncoding
from ...core.message import join, say
from ...core.values import Log
from ..base import Work, read_head
from .byte_order_marks import Marks
from .encodings import UTF_8, Encoding, Evidence, asked, controls, marked, unmarked

#: read sizes from 1 to 16 MB measured the same; a small one saves memory
PIECE_BYTES = 4 << 20
#: a longer line is processed in parts
_LONGEST_LINE = 16 << 20
#: name of the error handler that decodes invalid bytes as Windows-1252
_AS_1252 = "datapusher_plus.windows_1252"
#: how é begins after its UTF-8 was taken for Windows-1252 and encoded as UTF-8 again
_TWICE = b"\xc3\x83\xc2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A file of UTF-8 text without NULs and without a byte order mark at its beginning."""

    path: Path
    #: name of the encoding in which it was published
    encoding: str
    #: whether it has byte order marks elsewhere
    marks: bool


def as_utf8(path: Path, work: Work) -> Text:
    """Convert a file to UTF-8, or return the file itself when it is valid UTF-8 without NULs.

    :raises WrongEncoding: naming the first line that does not decode.
    :raises NotText: when it is binary data.
    """
    declared = _declared(path, work)
    marks = Marks()
    valid = declared in (None, UTF_8) and _is_utf_8(path, marks, work.log)
    encoding = UTF_8 if valid else declared or _found(path, work.options.languages)
    nuls = 0 if encoding.wide else _nuls(path)
    if nuls or not valid:
        path = _rewritten(path, work.dir / "utf8.txt", encoding, marks, work.log)
    if encoding.words:
        _log_guess(encoding, work.log)
    return Text(path=path, encoding=encoding.name, marks=marks.found)


def _declared(path: Path, work: Work) -> Encoding | None:
    """Return the encoding by the file's byte order mark, else by the resource's field, else by its escapes and NULs."""
    head = read_head(path)
    mark, name = marked(head), work.options.encoding
    if mark and name and not asked(name).codec.upper().startswith(mark.name):
        work.log.warning(
            say(
                "The file's byte order mark says that it is {name}; “How to read this file” (field dpp_encoding) says "
                "{field}, and was not heeded. Correct or empty the field.",
                name=mark.name,
                field=name,
            )
        )
    return mark or (asked(name) if name else unmarked(head))


def _is_utf_8(path: Path, marks: Marks, log: Log) -> bool:
    decoder = codecs.getincrementaldecoder(UTF_8.codec)()
    twice = 0
    try:
        for piece in _pieces(path):
            text = decoder.decode(piece)
            marks.look(text)
            twice += 0 if text.isascii() else piece.count(_TWICE)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    if twice:
        log.warning(
            say(
                "The file looks as if it had been turned into UTF-8 twice: Ã stands before a sign {twice} times, "
                "as in “Ã©” for “é”. It is loaded as it was published; write it anew from its source if that is "
                "wrong.",
                twice=twice,
            )
        )
    return True


def _found(path: Path, languages: Collection[str]) -> Encoding:
    """Return the encoding guessed from the file's letters.

    :raises WrongEncoding: when parts of the file seem to be in different encodings.
    :raises NotText: when it is binary data.
    """
    evidence = Evidence(path.stat().st_size, languages)
    for piece in whole_lines(path):
        evidence.add(piece)
    if evidence.binary:
        raise NotText(say("binary data"))
    return evidence.encoding() or UTF_8


def _nuls(path: Path) -> int:
    """Return the number of NULs in a text file.

    :raises NotText: when most bytes are NUL, or there are other control characters that no text has.
    """
    nuls = others = 0
    for piece in _pieces(path):
        nuls += piece.count(0)
    for piece in _pieces(path) if nuls else ():
        others += controls(piece)
    if nuls > 0.9 * path.stat().st_size or (nuls and others):
        raise NotText(say("binary data (it has {nuls} NUL bytes)", nuls=nuls))
    return nuls


def decoded(path: Path, encoding: Encoding, repaired: list[int] | None = None) -> Iterator[str]:
    """Yield a file's text piece by piece, without its byte order mark.

    :param repaired: receives the numbers of lines with bytes that were decoded as Windows-1252.
    :raises WrongEncoding: naming the first line that does not decode.
    """
    decoder = codecs.getincrementaldecoder(encoding.codec)()
    lines = 1
    for piece in whole_lines(path, len(encoding.mark)) if encoding.repaired else _pieces(path, len(encoding.mark)):
        try:
            text = decoder.decode(piece)
        except UnicodeDecodeError as error:
            if not encoding.repaired or repaired is None:
                raise _wrong(error, encoding, lines) from error
            text = "".join(_repaired(piece, encoding, lines, repaired))
        yield text
        lines += line_ends(text)
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        raise _wrong(error, encoding, lines) from error


def _wrong(error: UnicodeDecodeError, encoding: Encoding, line: int) -> WrongEncoding:
    before = error.object[: error.start].decode(encoding.codec, "ignore")
    return WrongEncoding(encoding.name, line + line_ends(before))


def _repaired(piece: bytes, encoding: Encoding, line: int, repaired: list[int]) -> Iterator[str]:
    """Yield the lines of a piece; invalid bytes are decoded as Windows-1252."""
    for number, published in enumerate(piece.splitlines(keepends=True), line):
        try:
            yield published.decode(encoding.codec)
        except UnicodeDecodeError:
            repaired.append(number)
            yield published.decode(encoding.codec, _AS_1252)


def _as_1252(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    stray = error.object[error.start : error.end]
    # five bytes are unassigned in Windows-1252; as in browsers, they become the control characters of ISO 8859-1
    return "".join(_LETTERS_1252[byte] for byte in stray), error.end


_LETTERS_1252 = [bytes([b]).decode("cp1252", "ignore") or chr(b) for b in range(256)]
codecs.register_error(_AS_1252, _as_1252)


def _rewritten(path: Path, target: Path, encoding: Encoding, marks: Marks, log: Log) -> Path:
    repaired: list[int] = []
    nuls = 0
    with target.open("wb") as out:
        for text in decoded(path, encoding, repaired):
            marks.look(text)
            nuls += text.count("\0")
            out.write(text.replace("\0", "").encode("utf-8"))
    if repaired:
        log.warning(
            join(
                (
                    say(
                        "{count} lines have bytes that are no {name}; these bytes were read as Windows-1252, and none "
                        "was dropped: {listed}. Correct these lines if they are wrong.",
                        count=len(repaired),
                        name=encoding.name,
                        listed=listed(repaired),
                    ),
                    how_to_read.ENCODING,
                )
            )
        )
    if nuls:
        log.warning(
            say("{nuls} NUL characters, which PostgreSQL has no place for, were left out of the text.", nuls=nuls)
        )
    return target


def _log_guess(encoding: Encoding, log: Log) -> None:
    guess = say(
        "The file is not in UTF-8. By its letters it was taken for {encoding}: {words}.",
        encoding=encoding.name,
        words=", ".join(f"“{word}”" for word in encoding.words),
    )
    if encoding.doubtful:
        few = say("These are few words to judge by; if they are wrong, save the file as UTF-8.")
        log.warning(join((guess, few, how_to_read.ENCODING)))
    else:
        log.info(join((guess, how_to_read.ENCODING)))


def listed(lines: list[int]) -> str:
    """Return the first five of some line numbers, for messages."""
    return ", ".join(f"{line:,}" for line in lines[:5]) + (", …" if len(lines) > 5 else "")


def line_ends(text: str) -> int:
    """Return how many lines end in a text with the line ends LF, CRLF or CR."""
    return max(text.count("\n"), text.count("\r"))


def _pieces(path: Path, start: int = 0) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(start)
        while piece := file.read(PIECE_BYTES):
            yield piece


def whole_lines(path: Path, start: int = 0) -> Iterator[bytes]:
    """Yield a file in pieces that end at line ends; a line without an end is split at ``_LONGEST_LINE`` bytes."""
    rest = b""
    for piece in _pieces(path, start):
        rest += piece
        end = max(rest.rfind(b"\n"), rest.rfind(b"\r", 0, len(rest) - 1)) + 1
        if end or len(rest) > _LONGEST_LINE:
            yield rest[: end or len(rest)]
            rest = rest[end or len(rest) :]
    if rest:
        yield rest
