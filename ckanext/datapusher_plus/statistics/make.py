"""Make the statistics of a resource's table from the table itself, so that all figures are of its final types."""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from .. import settings
from ..core.dictionary.model import Column
from ..core.dictionary.personal import is_personal
from ..core.log import Log, Silent
from ..core.moments import as_float
from ..core.statistics import ColumnStatistics, Measure, TableStatistics, Withheld, measure_of, withhold
from ..core.values import CleanCsv
from ..datastore import read_out
from ..datastore.read_out import KEPT, MARK, Written
from ..engines import DuckdbEngine
from ..engines.base import Can, Described, Engine, require
from ..formats.sandbox.limited_fork import limited
from ..model.database import server_time
from . import store
from .store import Known

log = logging.getLogger(__name__)

#: Name of the folders in ``work_dir`` in which tables are examined.
FOLDER = "statistics-"
#: Added to the priority number of a process that nobody waits for.
NICEST = 19

#: Figures, and most frequent values with their counts, of each column by position.
_Figures = Mapping[int, Described]
_Top = Mapping[int, tuple[tuple[str, int], ...]]
#: Both, and the number of rows that repeat an earlier row; None: not counted.
Examined = tuple[_Figures, _Top, "int | None"]
Apart = Callable[[Callable[[Log], Examined], int], Examined]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """The table whose statistics are to be made."""

    resource_id: str
    run_id: str
    load_key: str
    #: seconds for all of it
    seconds: float


class _Clock:
    """The time that is left."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        return max(1.0, self._end - time.monotonic())


def here(examine: Callable[[Log], Examined], size: int) -> Examined:
    """Examine a table in this process."""
    del size
    return examine(Silent())


def apart(examine: Callable[[Log], Examined], size: int) -> Examined:
    """Examine a table of ``size`` bytes in a forked process with limits."""
    return limited(partial(_nicely, examine), Silent(), size=size)


def _nicely(examine: Callable[[Log], Examined], log: Log) -> Examined:
    os.nice(NICEST)
    return examine(log)


def make(job: Job, where: Apart = here) -> TableStatistics | None:
    """Make and store the statistics of a resource's table.

    :param where: the process in which the engine works.
    :returns: None when there is no table, or another run loads it meanwhile.
    :raises IngestError: when the table cannot be read or examined; stored statistics stay as they are.
    """
    clock, known = _Clock(job.seconds), store.begin(job.resource_id, job.run_id)
    with _folder() as folder:
        path = folder / "table.csv"
        written = read_out.write_out(job.resource_id, path, clock.left)
        if written is None:
            store.give_up(job.resource_id)
            return None
        if written.run_id not in (None, job.run_id):
            return None
        examined = where(partial(_examine, path, written, known, clock.left), path.stat().st_size)
        described, top, duplicates = examined
        columns = tuple(_columns(job.resource_id, written, known, (described, top), clock))
    made = TableStatistics(
        resource_id=job.resource_id,
        run_id=job.run_id,
        load_key=job.load_key,
        made_at=server_time(),
        rows=written.rows,
        columns=columns,
        duplicates=duplicates,
    )
    return made if store.save(made) else None


@contextmanager
def _folder() -> Iterator[Path]:
    work_dir = settings.current().work_dir
    work_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER, dir=work_dir))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _examine(path: Path, written: Written, known: Known, seconds: float, log: Log) -> Examined:
    del log
    if not written.columns:
        return {}, {}, None
    engine = _engine(path.parent)
    require(engine, Can.DESCRIBE)
    require(engine, Can.FREQUENCIES)
    header = tuple(f"c{position}" for position in range(len(written.columns)))
    csv = CleanCsv(path=path, header=header, format="CSV", encoding="UTF-8", rows=written.rows)
    measures = {position: measure_of(column.type) for position, column in enumerate(written.columns)}
    with engine.counted(csv, measures, seconds) as counted:
        described = counted.describe()
        repeated = [
            position
            for position, each in described.items()
            if not _is_personal(written.columns[position], known) and not _is_unique(each, measures[position])
        ]
        top = counted.frequencies(repeated, settings.current().statistics_top)
    return described, top, _duplicates(engine, csv, described)


def _duplicates(engine: Engine, csv: CleanCsv, described: Mapping[int, Described]) -> int | None:
    if any(each.distinct == csv.rows for each in described.values()):
        return 0
    return engine.duplicates(csv).number if Can.DUPLICATES in engine.can else None


def _engine(folder: Path) -> Engine:
    # one core is left to the loads
    return DuckdbEngine(work_dir=folder, threads=1)


def _is_personal(column: Column, known: Known) -> bool:
    return column.name in known.personal or is_personal(column.comment)


def _is_unique(described: Described, measure: Measure) -> bool:
    return measure is not Measure.BOOLEAN and 0 < described.values == described.distinct


def _columns(
    resource_id: str, written: Written, known: Known, examined: tuple[_Figures, _Top], clock: _Clock
) -> Iterator[ColumnStatistics]:
    described, top = examined
    for position, column in enumerate(written.columns):
        measure = measure_of(column.type)
        figures = _completed(resource_id, written, column, described[position], clock)
        made = _column(column, measure, written.rows, figures, top.get(position, ()))
        made = replace(made, null_words=known.null_words.get(column.name, {}))
        if _is_personal(column, known):
            made = withhold(made, Withheld.PERSONAL)
        elif _is_unique(figures, measure):
            made = withhold(made, Withheld.UNIQUE)
        yield made


def _column(
    column: Column, measure: Measure, rows: int, figures: Described, top: Sequence[tuple[str, int]]
) -> ColumnStatistics:
    truth = dict(top) if measure is Measure.BOOLEAN else {}
    return ColumnStatistics(
        name=column.name,
        type=column.type,
        measure=measure,
        rows=rows,
        empty=rows - figures.values,
        null_words={},
        distinct=figures.distinct,
        least=shown(figures.least),
        greatest=shown(figures.greatest),
        sum=figures.sum,
        mean=figures.mean,
        deviation=figures.deviation,
        quartiles=figures.quartiles,
        shortest=figures.shortest,
        longest=figures.longest,
        top=() if measure is Measure.BOOLEAN else tuple((shown(value) or "", count) for value, count in top),
        histogram=figures.histogram,
        true=truth.get("true", 0) if measure is Measure.BOOLEAN else None,
        false=truth.get("false", 0) if measure is Measure.BOOLEAN else None,
    )


def shown(value: str | None) -> str | None:
    """Return a value as it is shown: one that was cut ends in an ellipsis."""
    return value[:KEPT] + "…" if value and value[KEPT : KEPT + 1] == MARK else value


def _completed(resource_id: str, written: Written, column: Column, figures: Described, clock: _Clock) -> Described:
    """Return the figures with those that only PostgreSQL can compute."""
    measure = measure_of(column.type)
    if measure is Measure.TEXT and (figures.longest or 0) > KEPT:
        lengths = read_out.lengths(resource_id, written, column, clock.left)
        # a cut value is longer in the file than what is kept of it, and shorter than it is
        return replace(figures, **dict(zip(("shortest", "longest"), lengths or (None, None), strict=True)))
    if measure in (Measure.NUMBER, Measure.TIME) and figures.values and figures.least is None:
        found = read_out.exact(resource_id, written, column, clock.left)
        return replace(
            figures,
            least=found.least,
            greatest=found.greatest,
            sum=found.sum,
            mean=as_float(found.mean),
            deviation=as_float(found.deviation),
        )
    return figures
