"""The benchmark's files: `flights`, and generated ones that are the same on every machine."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from dev.samples import FLIGHTS, flights

Row = Iterable[object]

#: Sizes of the generated files: each loads in a few seconds, long enough that starting the run is not most of it.
WIDE_ROWS, WIDE_COLUMNS = 2_000, 500
LONG_ROWS, LONG_WORDS = 5_000, 150
NUMBER_ROWS, NUMBER_COLUMNS = 100_000, 12

_SYLLABLES = ("ba", "co", "di", "fu", "ga", "he", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va", "we")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A file with one table: CSV with a header that needs no cleaning, unless ``format`` says otherwise."""

    name: str
    rows: int
    columns: int
    write: Callable[[Path], None]
    #: word that means no value in columns that are not text
    null: str = ""
    #: the file's extension, and CKAN's format
    format: str = "csv"
    #: converts the file to CSV as one would do it by hand, from the first path to the second; None if it is CSV, or if
    #: there is no usual way
    by_hand: Callable[[Path, Path], None] | None = None

    @property
    def comparable(self) -> bool:
        """Return whether the file can be loaded by SQL, directly or when it has been converted."""
        return self.format == "csv" or self.by_hand is not None

    @property
    def patience(self) -> float:
        """Return after how many seconds a load is given up."""
        return max(900, self.rows / 2_000)

    def path(self, folder: Path) -> Path:
        """Return the path of the file in ``folder``, written if it is missing."""
        # the size is in the name, so that a file of an earlier size is not used by mistake
        path = folder / f"{self.name}-{self.rows}x{self.columns}.{self.format}"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            self.write(unfinished)
            unfinished.replace(path)
        return path


def small_rows() -> Iterator[Row]:
    """Yield a header and six rows of common types."""
    yield ("code", "name", "founded", "fleet", "rating", "updated")
    yield from (
        ("AA", "American Airlines", 1926, 956, 3.5, "2026-01-02T03:04:05"),
        ("AS", "Alaska Airlines", 1932, 314, 4.25, "2026-01-03T03:04:05"),
        ("B6", "JetBlue Airways", 1998, 285, 3.75, "2026-01-04T03:04:05"),
        ("DL", "Delta Air Lines", 1925, 982, 4.5, "2026-01-05T03:04:05"),
        ("HA", "Hawaiian Airlines", 1929, 61, 4.0, "2026-01-06T03:04:05"),
        ("UA", "United Air Lines", 1926, 952, 3.25, "2026-01-07T03:04:05"),
    )


def wide_rows(rows: int = WIDE_ROWS, columns: int = WIDE_COLUMNS) -> Iterator[Row]:
    """Yield a header and rows of very many columns: numbers, and a word in every fifth column."""
    rng = random.Random(500)
    words = _words(rng, 400)
    yield [f"{'word' if at % 5 == 4 else 'value'}_{at:03}" for at in range(columns)]
    for _ in range(rows):
        yield [_pick(rng, words) if at % 5 == 4 else int(rng.random() * 10_000) for at in range(columns)]


def long_rows(rows: int = LONG_ROWS, words: int = LONG_WORDS) -> Iterator[Row]:
    """Yield a header and rows with a text of about a thousand characters each."""
    rng = random.Random(1000)
    known = _words(rng, 20_000)
    yield ("number", "title", "body")
    for number in range(1, rows + 1):
        # by a power of the random number few words are very common and most are rare, as in any language
        body = [known[int(len(known) * rng.random() ** 3)] for _ in range(words)]
        yield (number, " ".join(body[:5]), " ".join(body))


def number_rows(rows: int = NUMBER_ROWS, columns: int = NUMBER_COLUMNS) -> Iterator[Row]:
    """Yield a header and rows that have only numbers: integers, and numbers with two decimals."""
    rng = random.Random(12)
    yield [f"m{at}" for at in range(columns)]
    for _ in range(rows):
        yield [f"{rng.random() * 1000:.2f}" if at % 2 else int(rng.random() * 1_000_000) for at in range(columns)]


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as CSV without quoting."""
    with path.open("w", encoding="utf-8", newline="") as file:
        file.writelines(",".join(map(str, row)) + "\n" for row in rows)


def write_flights(path: Path, times: int = 1) -> None:
    """Write the rows of `flights` ``times`` times below one header."""
    original = flights(path.parent)
    with path.open("wb") as target:
        for time in range(times):
            with original.open("rb") as source:
                header = source.readline()
                if time == 0:
                    target.write(header)
                shutil.copyfileobj(source, target, 1 << 20)


def _words(rng: random.Random, count: int) -> list[str]:
    return ["".join(_pick(rng, _SYLLABLES) for _ in range(2 + int(rng.random() * 3))) for _ in range(count)]


def _pick(rng: random.Random, words: list[str] | tuple[str, ...]) -> str:
    # only of random() does Python promise the same numbers in every version
    return words[int(rng.random() * len(words))]


def _flights(times: int) -> Sample:
    name = "flights" if times == 1 else f"flights_x{times}"
    rows, columns = FLIGHTS.rows * times, len(FLIGHTS.columns)
    return Sample(name=name, rows=rows, columns=columns, null="NA", write=lambda path: write_flights(path, times))


SMALL = Sample(name="small", rows=6, columns=6, write=lambda path: write_rows(path, small_rows()))
FLIGHTS_X1, FLIGHTS_X3, FLIGHTS_X9, FLIGHTS_X27 = (_flights(times) for times in (1, 3, 9, 27))
WIDE = Sample(name="wide", rows=WIDE_ROWS, columns=WIDE_COLUMNS, write=lambda path: write_rows(path, wide_rows()))
LONG = Sample(name="long_text", rows=LONG_ROWS, columns=3, write=lambda path: write_rows(path, long_rows()))
NUMBERS = Sample(
    name="all_numeric", rows=NUMBER_ROWS, columns=NUMBER_COLUMNS, write=lambda path: write_rows(path, number_rows())
)
