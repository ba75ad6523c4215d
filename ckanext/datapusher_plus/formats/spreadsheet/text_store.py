"""The shared strings of a workbook, stored on disk because there may be millions of them."""

from __future__ import annotations

import mmap
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...core.errors import Damaged
from ...core.message import say

#: strings also kept in memory, because a few are used again and again
_KEPT = 20_000


class Strings:
    """Strings by number."""

    def __init__(self, data: mmap.mmap | bytes, ends: array[int], what: str) -> None:
        """Take the concatenated strings, and the place where each ends; the first place is 0."""
        self._data, self._ends, self._what = data, ends, what
        self._kept: dict[str, str] = {}

    def __getitem__(self, number: str) -> str:
        """Return a string by its number as a cell refers to it.

        :raises Damaged: when there is no such string.
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
            raise Damaged(self._what, say("a cell names a text that is not there")) from error
        if place < 0:
            raise Damaged(self._what, say("a cell names a text that is not there"))
        return self._data[start:end].decode("utf-8")


@contextmanager
def stored(texts: Iterator[str], path: Path, what: str) -> Iterator[Strings]:
    """Write strings to a file, and yield access to them by number."""
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
