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

#: rows whose hashes are in memory at once, with about 30 bytes each; a longer file is read several times
AT_ONCE = 3_200_000
#: whole numbers of 64 bits
_TYPE = "q"


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """The rows that repeat an earlier row, from 1 below the header."""

    #: in ascending order
    rows: Sequence[int]
    #: the first of them, and the row that it repeats
    first: tuple[int, int] | None


class ComparesRows:
    """What every engine answers about whole rows in the same way: an engine itself would need all columns in memory."""

    __slots__ = ()

    def duplicates(self, csv: CleanCsv) -> Duplicates:
        """Count the rows that are equal to an earlier row."""
        found = find(csv, certain=False)
        return Duplicates(number=len(found.rows), first=found.first)

    def repeats(self, csv: CleanCsv) -> Sequence[int]:
        """Return the rows that are equal to an earlier row; each takes 8 bytes of memory."""
        return find(csv, certain=True).rows


def find(csv: CleanCsv, *, certain: bool, at_once: int = AT_ONCE) -> Repeats:
    """Return the rows that repeat an earlier row.

    :param certain: compare rows by two hashes.
    :raises EngineFailed: when a row is too long to be compared.
    """
    import numpy as np

    total = sum(map(len, rows.blocks(csv))) if csv.rows is None else csv.rows
    parts = max(1, -(-total // at_once))
    found = [_repeats(*_hashes(csv, part, parts, certain=certain)) for part in range(parts)]
    again = np.sort(np.concatenate([each for each, _ in found])).astype(np.int64)
    first = min((pair for _, pair in found if pair), default=None)
    return Repeats(rows=array(_TYPE, again.tobytes()), first=first)


def _hashes(csv: CleanCsv, part: int, parts: int, *, certain: bool) -> Iterator[np.ndarray]:
    """Yield the numbers of the rows whose hash is in one part of all values, and their hashes, as arrays."""
    import numpy as np

    first, second, numbers, row = array(_TYPE), array(_TYPE), array(_TYPE), 1
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
    yield np.asarray(numbers, dtype=np.int64) if parts > 1 else np.arange(1, row, dtype=np.int32)
    for each in (first, second) if certain else (first,):
        yield np.asarray(each, dtype=np.int64)


def _repeats(numbers: np.ndarray, *hashes: np.ndarray) -> tuple[np.ndarray, tuple[int, int] | None]:
    """Return the rows that repeat an earlier one, and the first of them with the row that it repeats."""
    import numpy as np

    # rows with the same hash stay in the order of the file
    order = np.argsort(hashes[0], kind="stable").astype(np.int32)
    same = np.ones(max(0, len(order) - 1), dtype=bool)
    for each in hashes:
        in_order = each[order]
        same &= in_order[1:] == in_order[:-1]
        del in_order
    again = numbers[order[1:][same]]
    if not len(again):
        return again, None
    place = np.flatnonzero(same)[again.argmin()]
    return again, (int(again.min()), int(numbers[order[place]]))
