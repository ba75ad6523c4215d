"""Find rows that are equal to an earlier row, by hashes of the rows, which are kept on disk, in bounded memory.

Python's hash of bytes has 64 bits and is keyed at random in each process, so nobody can make different rows that have
the same one. Among 3 million rows two have the same by chance in one of 4 million files, which is good enough to
count. Rows are left out only if a second hash is the same too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from ..core.values import CleanCsv
from . import rows
from .base import Duplicates

if TYPE_CHECKING:
    import numpy as np

#: bytes of hashes and row numbers in memory at once, about twice as many if the rows are to be left out; the hashes of
#: a longer file are looked at in parts
AT_ONCE = 8_000_000
#: rows whose hashes are read from disk at once
_READ_AT_ONCE = 100_000
#: a part of these is sorted at once, since that takes some 30 bytes for each
_SORTED_AT_ONCE = 100_000
#: bytes of a row's hash, and of its number
_HASH, _NUMBER = 8, 4
#: different values of 16 bits of a hash, by which the hashes are divided into parts
_BITS = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """The rows that repeat an earlier row, from 1 below the header."""

    number: int
    #: in ascending order; empty if only their number was asked for
    rows: Sequence[int]
    #: the first of them, and the row that it repeats
    first: tuple[int, int] | None


class ComparesRows:
    """What every engine answers about whole rows in the same way: an engine itself would need all columns in memory."""

    __slots__ = ()

    def duplicates(self, csv: CleanCsv) -> Duplicates:
        """Count the rows that are equal to an earlier row."""
        found = find(csv, certain=False)
        return Duplicates(number=found.number, first=found.first)

    def repeats(self, csv: CleanCsv) -> Sequence[int]:
        """Return the rows that are equal to an earlier row; each takes 8 bytes of memory."""
        return find(csv, certain=True).rows


def find(csv: CleanCsv, *, certain: bool, at_once: int = AT_ONCE) -> Repeats:
    """Return the rows that repeat an earlier row; without ``certain`` only their number and the first.

    :param certain: compare rows by two hashes.
    :raises EngineFailed: when a row is too long to be compared.
    :raises OSError: when the disk is full.
    """
    import numpy as np

    number, kept, firsts = 0, [np.empty(0, dtype=np.int64)], list[tuple[int, int]]()
    with TemporaryFile(dir=csv.path.parent) as file:
        hashes = _write(csv, file, certain=certain)
        parts = max(1, -(-hashes.rows * (_HASH + _NUMBER) // at_once))
        for part in range(parts):
            for piece in _pieces(*hashes.read(part, parts)):
                again, first = _repeats(*piece)
                number += len(again)
                if first:
                    firsts.append(first)
                if certain:
                    kept.append(again)
    again = np.concatenate(kept)
    again.sort()
    return Repeats(number=number, rows=again.data, first=min(firsts, default=None))


@dataclass(frozen=True, slots=True)
class _Hashes:
    """The hashes of all rows, in a file."""

    file: IO[bytes]
    rows: int
    #: hashes of a row
    each: int

    def read(self, part: int, parts: int) -> Iterator[np.ndarray]:
        """Yield the numbers of the rows whose hash is in one of ``parts`` parts of all values, and their hashes."""
        import numpy as np

        row, low, high = 1, part * _BITS // parts, (part + 1) * _BITS // parts
        numbers, found = [np.empty(0, dtype=np.uint32)], [np.empty((0, self.each), dtype=np.int64)]
        self.file.seek(0)
        while data := self.file.read(_READ_AT_ONCE * _HASH * self.each):
            hashes = np.frombuffer(data, dtype=np.int64).reshape(-1, self.each)
            # any 16 bits of the hash will do
            bits = hashes.view(np.uint16)[:, 0]
            places = np.flatnonzero((bits >= low) & (bits < high))
            # a file of 2**32 rows could not be loaded: CKAN numbers rows with four bytes
            numbers.append((places + row).astype(np.uint32))
            found.append(hashes[places])
            row += len(hashes)
        yield np.concatenate(numbers)
        yield from np.ascontiguousarray(np.concatenate(found).T)


def _write(csv: CleanCsv, file: IO[bytes], *, certain: bool) -> _Hashes:
    import numpy as np

    total, each = 0, 2 if certain else 1
    for block in rows.blocks(csv):
        texts = [rows.same_text(text) if b'"' in text else text for text in block]
        hashes = np.empty((len(texts), each), dtype=np.int64)
        hashes[:, 0] = [hash(text) for text in texts]
        if certain:
            hashes[:, 1] = [hash(text + b"\n") for text in texts]
        file.write(hashes.data)
        total += len(texts)
    return _Hashes(file, total, each)


def _pieces(numbers: np.ndarray, *hashes: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield numbers and hashes in pieces; rows with the same hash are in the same piece, in the order of the file."""
    import numpy as np

    # any byte of the hash will do
    byte = hashes[0].view(np.uint8).reshape(-1, 8)[:, 4]
    count = min(1 << max(0, len(hashes[0]) // _SORTED_AT_ONCE).bit_length(), 256)
    for piece in range(count):
        places = np.flatnonzero(byte % count == piece if count > 1 else np.ones_like(byte))
        yield (numbers[places], *(each[places] for each in hashes))


def _repeats(numbers: np.ndarray, *hashes: np.ndarray) -> tuple[np.ndarray, tuple[int, int] | None]:
    """Return the rows that repeat an earlier one, and the first of them with the row that it repeats."""
    import numpy as np

    # rows with the same hash stay in the order of the file
    order = np.argsort(hashes[0], kind="stable")
    same = np.ones(max(0, len(order) - 1), dtype=bool)
    for each in hashes:
        in_order = each[order]
        same &= in_order[1:] == in_order[:-1]
    again = numbers[order[1:][same]]
    if not len(again):
        return again, None
    place = np.flatnonzero(same)[again.argmin()]
    return again, (int(again.min()), int(numbers[order[place]]))
