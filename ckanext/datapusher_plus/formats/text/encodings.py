"""Detect a file's encoding: by its byte order mark, by its NULs, as valid UTF-8, else by its letters.

Text that decodes as UTF-8 can hardly be in another encoding. Files in older encodings do not say which one: it is
guessed from lines of all parts of the file with chardetng, the detector that Firefox uses.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

import chardetng_py

from . import latin_letters

#: bytes of lines that the detector receives; it takes half a second per million
_EVIDENCE = 1_000_000
#: with fewer distinct words than this, a guess is doubtful
_FEW_WORDS = 6
#: Python's codecs for the detector's names: the larger character sets that go by the same name
_CODECS = {"GBK": "gb18030", "Shift_JIS": "cp932", "EUC-KR": "cp949", "windows-874": "cp874"}
#: names of encodings in messages, where the detector's name does not fit
_TITLES = {"gb18030": "GB18030", "cp874": "Windows-874"}
_OF_PAIRS = frozenset({"gb18030", "big5", "cp932", "cp949", "euc_jp"})
#: rarely used encodings, for which a few words of another language are easily taken
_SELDOM = frozenset({"ISO-8859-3", "ISO-8859-4", "ISO-8859-10", "ISO-8859-13", "ISO-8859-14", "ISO-8859-16"})
#: encodings of Latin letters, between which `latin_letters` decides when there are few letters
_LATIN = frozenset(latin_letters.CODECS) | {"cp1258", *(f"iso8859-{n}" for n in (2, 3, 4, 9, 10, 13, 14, 15, 16))}
_HIGH = bytes(range(128, 256))
#: characters of two bytes in UTF-8; below, of three or four
_PAIR = re.compile(rb"[\xc2-\xdf][\x80-\xbf]")
_LONGER = re.compile(rb"[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
#: tried only at the beginning of words: within them it could not match either
_WORD = re.compile(rb"(?<![A-Za-z])[A-Za-z]*[\x80-\xff][A-Za-z\x80-\xff]*")
#: a letter within a word, where there are no typographic signs
_WITHIN = re.compile(rb"(?<=[A-Za-z])[\x80-\xff](?=[A-Za-z])")
#: control characters that no text has; excluded are line ends, tabs, the end mark of DOS and Escape
_CONTROLS = bytes(set(range(1, 32)) - set(b"\t\n\v\f\r\x1a\x1b"))


@dataclass(frozen=True, slots=True)
class Encoding:
    """An encoding, and how it was found."""

    name: str
    codec: str
    #: byte order mark at the beginning of the file
    mark: bytes = b""
    #: some words of the file as decoded, when the encoding was guessed from its letters
    words: tuple[str, ...] = ()
    #: whether the guess may well be wrong
    doubtful: bool = False
    #: whether invalid bytes are decoded as Windows-1252, line by line, instead of refused
    repaired: bool = False

    @property
    def of_pairs(self) -> bool:
        """Whether characters outside ASCII take two bytes."""
        return self.codec in _OF_PAIRS

    @property
    def wide(self) -> bool:
        """Whether ASCII characters take two or four bytes, all but one NUL."""
        return self.codec.startswith(("utf-16", "utf-32"))


UTF_8 = Encoding("UTF-8", "utf-8")
WINDOWS_1252 = Encoding("Windows-1252", "cp1252")
#: UTF-32 before UTF-16: the little-endian mark of UTF-32 begins with that of UTF-16
_MARKED = (
    Encoding("UTF-8", "utf-8", codecs.BOM_UTF8),
    Encoding("UTF-32", "utf-32-le", codecs.BOM_UTF32_LE),
    Encoding("UTF-32", "utf-32-be", codecs.BOM_UTF32_BE),
    Encoding("UTF-16", "utf-16-le", codecs.BOM_UTF16_LE),
    Encoding("UTF-16", "utf-16-be", codecs.BOM_UTF16_BE),
)
_ISO_2022_JP = Encoding("ISO-2022-JP", "iso2022_jp")
#: Windows-1252, and encodings that the detector does not know: those of DOS and of early Macs
_WESTERN = (WINDOWS_1252, Encoding("CP850", "cp850"), Encoding("CP437", "cp437"), Encoding("Mac Roman", "mac_roman"))


def marked(head: bytes) -> Encoding | None:
    """Return the encoding whose byte order mark a file begins with."""
    return next((known for known in _MARKED if head.startswith(known.mark)), None)


def unmarked(head: bytes) -> Encoding | None:
    """Return the encoding that ISO-2022-JP escapes, or NULs at every second or fourth byte, show without a mark."""
    if b"\x1b$B" in head or b"\x1b$@" in head:
        return _ISO_2022_JP
    if b"\0" not in head:
        return None
    found = _by_nuls(head)
    return found if found and _is_text(head, found.codec) else None


def _by_nuls(head: bytes) -> Encoding | None:
    nuls = [head[place::4].count(0) for place in range(4)]
    quarter = len(head) // 4
    if quarter and quarter in (min(nuls[2:]), min(nuls[:2])):
        return Encoding("UTF-32", "utf-32-le" if nuls[3] == quarter else "utf-32-be")
    even, odd = nuls[0] + nuls[2], nuls[1] + nuls[3]
    many = max(even, odd) > 0.3 * len(head) / 2 or not _is_utf_8(head)
    # few characters have a NUL where the others have none: U+0100, U+4E00
    if many and min(even, odd) * 10 <= max(even, odd):
        return Encoding("UTF-16", "utf-16-le" if odd > even else "utf-16-be")
    return None


def _is_utf_8(head: bytes) -> bool:
    """Return whether some bytes are valid UTF-8; the last character may be cut off."""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return False
    return True


def _is_text(head: bytes, codec: str) -> bool:
    text = head[: len(head) // 4 * 4].decode(codec, "replace")
    if (b"\n" in head or b"\r" in head) and not ("\n" in text or "\r" in text):
        # lines end in single bytes, so the letters are single bytes too
        return False
    return not controls(text.encode("utf-8")) and "\0" not in text and text.count("\ufffd") < 2


def controls(text: bytes) -> int:
    """Return the number of control characters that no text has; NUL does not count."""
    return len(text) - len(text.translate(None, _CONTROLS))


def asked(name: str) -> Encoding:
    """Return the encoding that a resource's field names."""
    codec = codecs.lookup(name).name
    found = next((known for known in (UTF_8, *_WESTERN) if known.codec == codec), None)
    return found or Encoding(name, codec)


class Evidence:
    """Lines with bytes beyond ASCII from all parts of a file, from which its encoding is guessed."""

    def __init__(self, size: int, languages: Collection[str] = ()) -> None:
        """Begin for a file of ``size`` bytes, on a site with these languages."""
        self._size, self._languages = size, languages
        self._lines: list[bytes] = []
        #: bytes beyond ASCII that are parts of UTF-8 characters: of two bytes, and of three or four
        self._pairs = self._longer = 0
        #: bytes beyond ASCII that are not
        self._stray = 0
        self._controls = 0

    def add(self, piece: bytes) -> None:
        """Keep some lines of a piece of the file, and count the bytes of all its letters."""
        room = max(10_000, _EVIDENCE * len(piece) // self._size)
        for line in piece.splitlines():
            if not line.isascii():
                if self._lines and len(line) > room:
                    break
                self._lines.append(line[:room])
                room -= len(line)
        high = _high(piece)
        without_longer = _LONGER.sub(b" ", piece)
        left = _high(without_longer)
        stray = _high(_PAIR.sub(b" ", without_longer))
        self._longer += high - left
        self._pairs += left - stray
        self._stray += stray
        self._controls += controls(piece)

    @property
    def binary(self) -> bool:
        """Whether the file has more control characters than a text has."""
        return self._controls * 1000 > self._size

    def encoding(self) -> Encoding | None:
        """Return the likeliest encoding, Windows-1252 if none is likely; None when there seem to be two in the file."""
        guess = _guessed(b"\n".join(self._lines), self._languages)
        broken = [line for line in self._lines if not _decodes(line, UTF_8.codec)]
        if not self._is_utf_8(guess, 1 - len(broken) / len(self._lines)):
            return guess
        other = _guessed(b"\n".join(broken), self._languages)
        if self._stray * 10 > self._longer + self._pairs and not other.doubtful and other.codec != WINDOWS_1252.codec:
            return None
        return replace(UTF_8, repaired=True)

    def _is_utf_8(self, guess: Encoding, whole: float) -> bool:
        """Return whether the file is UTF-8 but for some bytes.

        :param guess: the encoding guessed from all lines kept.
        :param whole: share of these lines that are valid UTF-8.
        """
        fitting = self._longer + self._pairs
        if guess.codec == WINDOWS_1252.codec or fitting > 9 * self._stray:
            # in Western languages two letters of Windows-1252 do not look like one UTF-8 character
            return fitting > 0
        return whole > 0.1 and (self._longer > self._pairs or not guess.of_pairs)


def _guessed(text: bytes, languages: Collection[str]) -> Encoding:
    detector = chardetng_py.EncodingDetector()
    detector.feed(text, last=True)
    name = detector.guess(tld=None, allow_utf8=False)
    words = list(dict.fromkeys(_WORD.findall(text)))
    few = len(words) < _FEW_WORDS
    found = Encoding(_TITLES.get(name) or name[:1].upper() + name[1:], _CODECS.get(name) or codecs.lookup(name).name)
    # where letters take two bytes, words hold few ASCII letters
    lean = found.of_pairs and _high(text) < 0.4 * sum(map(len, _WORD.findall(text)))
    if name == "windows-1252" or lean or (few and name in _SELDOM) or not _decodes(text, found.codec):
        found = _western(text)
    if latin_letters.telling(words) < _FEW_WORDS:
        found = _plausible(text, found, languages)
    shown = tuple(word.decode(found.codec, "replace") for word in words[:4])
    return replace(found, words=shown, doubtful=few, repaired=found.codec == WINDOWS_1252.codec)


def _plausible(text: bytes, found: Encoding, languages: Collection[str]) -> Encoding:
    """Return the encoding in which a few letters make most sense, if another one than the detector's."""
    if found in _WESTERN[1:]:
        return found
    western = found == WINDOWS_1252
    if western or found.codec in _LATIN:
        first = (found.codec,) if latin_letters.is_home(text, found.codec, languages) else ()
        likely = dict.fromkeys((*first, latin_letters.CODECS[0], found.codec, *latin_letters.CODECS[1:]))
        # the detector is seldom wrong about Windows-1252, but does not know the site's languages
        codec = latin_letters.most_plausible(text, tuple(likely), languages, alone=western)
    else:
        codec = latin_letters.certain(text, languages) or found.codec
    if codec == found.codec or not _decodes(text, codec):
        return found
    return WINDOWS_1252 if codec == WINDOWS_1252.codec else Encoding(codec.replace("cp", "Windows-"), codec)


def _high(text: bytes) -> int:
    return len(text) - len(text.translate(None, _HIGH))


def _decodes(text: bytes, codec: str) -> bool:
    try:
        text.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _western(text: bytes) -> Encoding:
    """Return the Western encoding with the most letters within words; Windows-1252 when several have as many."""
    within = _WITHIN.findall(text)
    return max(_WESTERN, key=lambda known: _letters(within, known.codec))


def _letters(within: Iterable[bytes], codec: str) -> int:
    # capital letters are seldom within words
    return sum(letter.islower() or letter == "’" for letter in b"".join(within).decode(codec, "replace"))
