"""Find rows that are equal to an earlier row, by hashes of the rows, in bounded memory.

Python's hash of bytes has 64 bits and is keyed at random in each process, so nobody can make different rows that have
the same one. Among 3 million rows two have the same by chance in one of 4 million files, which is good enough to
count. Rows are left out only if a second hash is the same too.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..core.values import CleanCsv
from . import rows
from .base import Duplicates

if TYPE_CHECKING:
    import numpy as np

#: bytes of hashes and row numbers in memory at once, about twice as many if the rows are to be left out; a longer file
#: is read several times
AT_ONCE = 28_000_000
#: a part of these is sorted at once, since that takes some 30 bytes for each
_SORTED_AT_ONCE = 100_000
#: bytes of a row's hash, and of its number if not all rows are looked at in one reading
_HASH, _NUMBER = 8, 4


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
    """
    import numpy as np

    total = sum(map(len, rows.blocks(csv))) if csv.rows is None else csv.rows
    parts = 1 if total * _HASH <= at_once else -(-total * (_HASH + _NUMBER) // at_once)
    number, kept, firsts = 0, [np.empty(0, dtype=np.int64)], list[tuple[int, int]]()
    for part in range(parts):
        for piece in _pieces(*_hashes(csv, part, parts, certain=certain)):
            again, first = _repeats(*piece)
            number += len(again)
            if first:
                firsts.append(first)
            if certain:
                kept.append(again)
    again = np.concatenate(kept)
    again.sort()
    return Repeats(number=number, rows=again.data, first=min(firsts, default=None))


def _hashes(csv: CleanCsv, part: int, parts: int, *, certain: bool) -> Iterator[np.ndarray]:
    """Yield the numbers of the rows whose hash is in one part of all values, and their hashes, as arrays."""
    import numpy as np

    # a file of 2**32 rows could not be loaded: CKAN numbers rows with four bytes
    first, second, numbers, row = array("q"), array("q"), array("I"), 1
    for block in rows.blocks(csv):
        texts = [rows.same_text(text) for text in block]
        hashes = [hash(text) for text in texts]
        if parts > 1:
            chosen = [at for at, value in enumerate(hashes) if value % parts == part]
            texts, hashes = [texts[at] for at in chosen], [hashes[at] for at in chosen]
            numbers.extend([row + at for at in chosen])
        first.extend(hashes)
        if certain:
            second.extend([hash(text + b"\n") for text in texts])
        row += len(block)
    yield np.asarray(numbers)
    for each in (first, second) if certain else (first,):
        yield np.asarray(each)


def _pieces(numbers: np.ndarray, *hashes: np.ndarray) -> Iterator[tuple[np.ndarray, ...]]:
    """Yield row numbers and hashes in pieces; rows with the same hash are in the same piece, in the order of the file.

    :param numbers: numbers of the rows; empty for all rows of the file.
    """
    import numpy as np

    # any byte of the hash will do
    byte = hashes[0].view(np.uint8).reshape(-1, 8)[:, 4]
    count = min(1 << max(0, len(hashes[0]) // _SORTED_AT_ONCE).bit_length(), 256)
    for piece in range(count):
        places = np.flatnonzero(byte % count == piece if count > 1 else np.ones_like(byte))
        yield (numbers[places] if len(numbers) else places + 1, *(each[places] for each in hashes))


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
