"""The second engine: qsv, a program of its own, which lists every distinct value of a column with its count."""

from __future__ import annotations

import errno
import os
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from csv import Error as NotCsv
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, NoReturn

from ..core.errors import EngineFailed
from ..core.message import say
from ..core.reader_limits import MOST_MEMORY
from ..core.statistics import Measure
from ..core.types.patterns import BLANKS, Accepts
from ..core.values import CleanCsv
from . import qsv_counts, qsv_input, qsv_process
from .base import Can, Look, Misfit, Profiled, unable
from .duckdb_statistics import DuckdbCounted
from .qsv_process import Program, QsvFailed, limits_for
from .repeats import ComparesRows
from .shorten import shortened
from .sorts import Same, Sort, column_profile, sort_of

#: without these, qsv lists ten values of a column in which all are different, and removes the blanks around values
_EVERY_VALUE = ("--unq-limit=0", "--no-trim", "--no-headers", "--delimiter=,", "--jobs=1")
#: columns of its answer
_ANSWER = ["field", "value", "count", "percentage", "rank"]
#: distinct values of a column that are remembered as accepted
_REMEMBERED = 100_000


class Cut(Enum):
    """Whether long values of a column are cut."""

    NEVER = 0
    MAY = 1
    IS = 2


class _Counted(NamedTuple):
    """A distinct value of a column, None for a missing one, and the number of its rows."""

    position: int
    value: str | None
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QsvEngine(ComparesRows):
    """Analysis by qsv in a process with bounded memory, and by Python; its files are in ``work_dir``."""

    program: Program
    work_dir: Path
    #: bytes of address space that a process may take
    memory: int = MOST_MEMORY
    #: time limit for each process; None: by the size of the file
    seconds: float | None = None
    name: str = "qsv"
    can: frozenset[Can] = frozenset(Can) - {Can.SEARCH, Can.BOUNDS}

    def profile(self, csv: CleanCsv, names: Sequence[str], nulls: Sequence[str] = ()) -> Profiled:
        """Count the values of each column by what they are."""
        sorts: list[dict[tuple[Sort | None, str | None], Same]] = [{} for _ in names]
        for position, value, number in self._values(csv, range(len(names))):
            sort = None if value is None else sort_of(value, nulls)
            word = value if sort is Sort.NULL_WORD and value in nulls else None
            same = Same(sort, word, number, len(value or ""), value or "")
            before = sorts[position].get((sort, word))
            sorts[position][sort, word] = before.joined(same) if before else same
        rows = sum(same.number for same in sorts[0].values())
        columns = zip(names, csv.header, sorts, strict=True)
        found = tuple(column_profile(name, header, [*each.values()]) for name, header, each in columns)
        return Profiled(rows=rows, columns=found)

    def count(self, csv: CleanCsv, looks: Sequence[Look], nulls: Sequence[str] = ()) -> tuple[int, ...]:
        """Return for each look how many values its form takes."""
        forms = defaultdict(set)
        for look in looks:
            forms[look.position].add(look.form)
        counts = Counter[tuple[int, str]]()
        for position, value, number in self._values(csv, sorted(forms)) if forms else ():
            if value is not None and value.strip(BLANKS) not in nulls:
                counts.update({(position, form.name): number for form in forms[position] if form.takes(value)})
        return tuple(counts[look.position, look.form.name] for look in looks)

    def misfits(self, csv: CleanCsv, accepts: Mapping[int, Accepts]) -> tuple[Misfit, ...]:
        """Return the first value of each column that is not accepted, if any; Python finds it."""
        left, found = dict(accepts), dict[int, Misfit]()
        accepted: dict[int, set[str]] = defaultdict(set)
        with _failures(csv.path), qsv_input.rows(csv.path) as rows:
            for number, row in enumerate(rows):
                for position in [*left] if number else ():
                    value = row[position] if row else ""
                    known = accepted[position]
                    if value in known:
                        continue
                    if not left[position].takes(value):
                        found[position] = Misfit(position=position, row=number, value=value)
                        del left[position]
                    elif len(known) < _REMEMBERED:
                        known.add(value)
                if not left:
                    break
        return tuple(found[position] for position in sorted(found))

    def distinct(self, csv: CleanCsv, positions: Sequence[int]) -> tuple[int, ...]:
        """Return for each column how many different values it has."""
        values = self._values(csv, sorted(set(positions)), cut=Cut.NEVER) if positions else ()
        counts = Counter(position for position, value, _ in values if value is not None)
        return tuple(counts[position] for position in positions)

    @contextmanager
    def counted(self, csv: CleanCsv, measures: Mapping[int, Measure], seconds: float) -> Iterator[DuckdbCounted]:
        """Count the values of some columns; DuckDB makes all figures from these counts, as it does from its own."""
        timed = replace(self, seconds=seconds)
        with TemporaryDirectory(prefix="qsv-", dir=self.work_dir) as folder:
            counts = Path(folder) / "counts.csv"
            qsv_counts.write(counts, timed._values(csv, sorted(measures)))
            with qsv_counts.read(counts, measures, work_dir=self.work_dir, seconds=seconds) as found:
                yield found

    def bounds(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: qsv does not look at two columns together."""
        raise unable(self, Can.BOUNDS)

    def search(self, *_: Any, **__: Any) -> NoReturn:
        """Refuse: qsv's patterns are not those of RE2."""
        raise unable(self, Can.SEARCH)

    def _values(self, csv: CleanCsv, positions: Sequence[int], *, cut: Cut = Cut.MAY) -> Iterator[_Counted]:
        """Yield the distinct values of some columns: of fewer at once if they take too much memory together.

        :param cut: whether long values may be cut if one column alone takes too much memory.
        :raises EngineFailed: when qsv cannot answer.
        :raises OSError: when the disk is full.
        """
        with _failures(csv.path):
            try:
                yield from self._asked(csv, positions)
            except QsvFailed as error:
                if not error.memory or (len(positions) == 1 and cut is not Cut.MAY):
                    raise
            else:
                return
            if len(positions) == 1:
                csv, cut = replace(csv, path=shortened(csv.path)), Cut.IS
        half = (len(positions) + 1) // 2
        for fewer in filter(None, (positions[:half], positions[half:])):
            yield from self._values(csv, fewer, cut=cut)

    def _asked(self, csv: CleanCsv, positions: Sequence[int]) -> Iterator[_Counted]:
        source = qsv_input.readable(csv)
        headings = {position: qsv_input.value(source.header[position]) for position in positions}
        select = ",".join(str(position + 1) for position in positions)
        with self._answer(source.path, "--limit=0", f"--select={select}") as rows:
            for field, read, counted, _, rank, *_ in rows:
                position = positions[int(field) - 1]
                # a missing value is written as (NULL), without a rank
                value = qsv_input.value(read) if rank else None
                number = int(counted)
                if position in headings and headings[position] == value:
                    # qsv counts the heading, too
                    del headings[position]
                    number -= 1
                if number:
                    yield _Counted(position, value, number)
        if headings:
            raise QsvFailed("qsv did not list the headings")

    @contextmanager
    def _answer(self, path: Path, *options: str) -> Iterator[Iterator[list[str]]]:
        """Provide rows of (column from 1, value, number of its rows, share, rank) of a file."""
        limits = limits_for(path.stat().st_size, self.memory, self.seconds)
        with TemporaryDirectory(prefix="qsv-", dir=self.work_dir) as folder:
            arguments = ["frequency", *_EVERY_VALUE, *options, str(path)]
            answer = qsv_process.run(self.program, arguments, folder=Path(folder), limits=limits)
            with qsv_input.rows(answer) as rows:
                if next(rows, [])[: len(_ANSWER)] != _ANSWER:
                    raise QsvFailed("qsv did not list values and their counts")
                yield rows


@contextmanager
def _failures(path: Path) -> Iterator[None]:
    """Raise the errors that end a run instead of those of qsv and its files."""
    try:
        yield
    except QsvFailed as error:
        if os.strerror(errno.ENOSPC) in str(error):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)) from error
        most = f"that takes more than {MOST_MEMORY >> 20} MiB of memory" if error.memory else ""
        raise EngineFailed(most or error.clue) from error
    except FileNotFoundError as error:
        if path.exists():
            raise
        raise EngineFailed(say("the copy of the file that was made ready in work_dir is gone")) from error
    except NotCsv as error:
        raise EngineFailed from error
