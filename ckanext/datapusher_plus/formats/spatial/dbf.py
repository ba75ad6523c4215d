"""The attribute table (.dbf) of a shapefile: dBase fields of fixed width, read record by record."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

from ...core.errors import Damaged
from ...core.message import say
from ...core.read_options import encoding_of_files

_CHUNK = 1 << 20
_PLAIN_EXPONENT = 40
#: encodings by the header's language driver ID, where it names more than "some Windows code page"
_LANGUAGES = {
    0x01: "cp437", 0x02: "cp850", 0x03: "cp1252", 0x13: "cp932", 0x1F: "cp852", 0x22: "cp852", 0x23: "cp852",
    0x26: "cp866", 0x40: "cp852", 0x4D: "cp936", 0x4E: "cp949", 0x4F: "cp950", 0x57: "cp1252", 0x58: "cp1252",
    0x64: "cp852", 0x65: "cp866", 0x66: "cp865", 0x6A: "cp737", 0x6B: "cp857", 0x78: "cp950", 0x79: "cp949",
    0x7A: "cp936", 0x7B: "cp932", 0x7C: "cp874", 0x7D: "cp1255", 0x7E: "cp1256", 0xC8: "cp1250", 0xC9: "cp1251",
    0xCA: "cp1254", 0xCB: "cp1253", 0xCC: "cp1257",
}  # fmt: skip
_CODE_PAGE = re.compile(r"\d{3,5}")
_ODD_NAMES = {"65001": "utf-8", "88591": "iso8859-1", "28591": "iso8859-1", "88592": "iso8859-2", "54936": "gb18030"}


@dataclass(frozen=True, slots=True)
class Field:
    """The description of one column."""

    name: bytes
    type: str
    size: int
    decimals: int

    @property
    def declared(self) -> str:
        """The kind of column that its type means, as in ``column_kind.Kind``."""
        if self.type in "NFIO+":
            return "Integer" if self.type in "I+" or (self.type == "N" and not self.decimals) else "Float"
        return {"D": "Date", "L": "Boolean"}.get(self.type, "String")


class Dbf:
    """A table opened for reading."""

    def __init__(self, path: Path) -> None:
        """Read the header.

        :raises Damaged: when the header is too short, or its fields are wider than a record.
        """
        self._path = path
        with path.open("rb") as file:
            head = file.read(32)
            if len(head) < 32:
                raise _damaged()
            self._start, self._width = struct.unpack_from("<HH", head, 8)
            self.count: int = struct.unpack_from("<I", head, 4)[0]
            self._language = head[29]
            self.fields = _fields(file.read(max(0, self._start - 32)))
        if sum(field.size for field in self.fields) >= self._width:
            raise _damaged()

    def records(self) -> Iterator[list[bytes] | None]:
        """Yield the bytes of each record's fields; None for a deleted record."""
        places: list[slice] = []
        at = 1
        for field in self.fields:
            places.append(slice(at, at + field.size))
            at += field.size
        per_chunk = max(1, _CHUNK // self._width)
        left = self.count
        with self._path.open("rb") as file:
            file.seek(self._start)
            while left > 0 and (chunk := file.read(self._width * min(left, per_chunk))):
                # an incomplete record at the end is left out
                for begin in range(0, len(chunk) - self._width + 1, self._width):
                    record = chunk[begin : begin + self._width]
                    yield None if record[:1] == b"*" else [record[place] for place in places]
                left -= per_chunk

    def encoding(self, named: str) -> str:
        """Return the encoding: the one named by ``.cpg``, else UTF-8 if all text is valid UTF-8, else the header's."""
        found = _codec(named)
        if found:
            return found
        return "utf-8" if self._is_utf_8() else _LANGUAGES.get(self._language, "cp1252")

    def _is_utf_8(self) -> bool:
        texts = [number for number, field in enumerate(self.fields) if field.type == "C"]
        for record in self.records():
            for number in texts if record else ():
                value = record[number] if record else b""
                if not value.isascii() and not _utf_8(value):
                    return False
        return True


def text(value: bytes, field: Field, encoding: str) -> str | None:
    """Return a field's value as text; None for blanks, dBase's only way to write a missing value."""
    if field.type in "IO+":
        return _binary(value, field)
    bare = value.strip(b" \0\t")
    if field.type in "NF":
        return None if not bare.strip(b"*") else number(bare.decode("ascii", "surrogateescape"))
    if field.type == "L":
        return {b"Y": "true", b"T": "true", b"1": "true", b"N": "false", b"F": "false", b"0": "false"}.get(bare.upper())
    if field.type == "D":
        return _day(bare)
    # bytes that do not decode become lone surrogates, which the CSV writer replaces and counts
    return value.rstrip(b" \0").decode(encoding, "surrogateescape") or None


def number(digits: str) -> str:
    """Return a number without trailing zeros in its fraction, and if possible without an exponent."""
    if "e" in digits.lower():
        try:
            read = Decimal(digits)
        except InvalidOperation:
            return digits
        # written out, a huge exponent might need a billion digits
        plain = format(read, "f") if abs(read.adjusted()) <= _PLAIN_EXPONENT else digits
        digits = plain if len(plain) <= _PLAIN_EXPONENT else digits
    return digits.rstrip("0").rstrip(".") if "." in digits and "e" not in digits.lower() else digits


def _binary(value: bytes, field: Field) -> str | None:
    if field.type == "O":
        return repr(struct.unpack("<d", value)[0]) if len(value) == 8 else None
    return str(int.from_bytes(value, "little", signed=True))


def _day(digits: bytes) -> str | None:
    if not digits.strip(b"0"):
        return None
    shown = digits.decode("ascii", "surrogateescape")
    return f"{shown[:4]}-{shown[4:6]}-{shown[6:]}" if len(digits) == 8 and digits.isdigit() else shown


def _fields(described: bytes) -> list[Field]:
    found = []
    for at in range(0, len(described) - 31, 32):
        entry = described[at : at + 32]
        if entry[:1] in (b"\r", b"\0", b""):
            break
        name = entry[:11].partition(b"\0")[0]
        found.append(Field(name, chr(entry[11]), entry[16], entry[17]))
    return found


def _codec(named: str) -> str | None:
    """Return Python's codec for an encoding as ``.cpg`` files name it: UTF-8, 1252, ANSI 1252, ISO 88591, LDID/87 …"""
    name = named.strip().lower()
    if name.startswith("ldid/"):
        return next((codec for number, codec in _LANGUAGES.items() if name[5:].lstrip("0") == str(number)), None)
    page = _CODE_PAGE.search(name.replace("-", "") if name.startswith("iso") else name)
    guesses = [name.replace(" ", "-"), name.replace("ansi ", "cp")]
    if page and not name.startswith("utf"):
        guesses = [_ODD_NAMES.get(page[0], ""), name.replace(" ", "-"), f"cp{page[0]}"]
    for guess in filter(None, guesses):
        try:
            return encoding_of_files(guess)
        except (LookupError, ValueError):
            continue
    return None


def _utf_8(value: bytes) -> bool:
    try:
        value.rstrip(b" \0").decode("utf-8")
    except UnicodeDecodeError as error:
        # text too long for its field may be cut off within a character
        return error.reason == "unexpected end of data"
    return True


def _damaged() -> Damaged:
    return Damaged(say("shapefile"), say("the header of its table (.dbf) is not in order"))
