"""The texts that a workbook keeps once for all cells: on disk, because there may be millions of them."""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import Damaged

#: texts kept in memory besides: few are used again and again
_KEPT = 20_000


class Strings:
    """Texts by number."""

    def __init__(self, data: mmap.mmap | bytes, ends: array[int], what: str) -> None:
        """Take the texts one after another, and where each ends; the first place is 0."""
        self._data, self._ends, self._what = data, ends, what
        self._kept: dict[str, str] = {}

    def __getitem__(self, number: str) -> str:
        """Return a text by its number as it is written in a cell.

        :raises Damaged: when there is none.
        """
        found = self._kept.get(number)
        if found is None:
            found = self._read(number)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            if len(found) < 200:
                self._kept[number] = found
        return found

    def _read(self, number: str) -> str:
        try:
            place = int(number)
            start, end = self._ends[place], self._ends[place + 1]
        except (ValueError, IndexError) as error:
            raise Damaged(self._what, "a cell names a text that is not there") from error
        if place < 0:
            raise Damaged(self._what, "a cell names a text that is not there")
        return self._data[start:end].decode("utf-8")


@contextmanager
def stored(texts: Iterator[str], path: Path, what: str) -> Iterator[Strings]:
    """Write texts to a file and give them back by number."""
    ends = array("Q", [0])
    end = 0
    with path.open("wb") as out:
        for text in texts:
            end += out.write(text.encode("utf-8"))
            ends.append(end)
    if not end:
        yield Strings(b"", ends, what)
        return
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        yield Strings(data, ends, what)
