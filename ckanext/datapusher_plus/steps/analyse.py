"""Profile every value of the table and name its columns."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, zip_longest
from pathlib import Path

from ..checkpoint import reach
from ..core.errors import RowsLost
from ..core.load_plan import null_words
from ..core.message import say, say_n
from ..core.naming import column_names, renamed
from ..core.types import thousands
from ..core.types.column_kind import questions
from ..core.types.patterns import Form
from ..core.values import Analysed, CleanCsv, ColumnProfile, Log, ReadOptions
from ..engines import Choice, Engine, Look
from ..engines import engine as chosen
from ..engines.base import Can, require
from ..formats.clean_csv.records import Dialect, pieces, plain, records
from ..settings import current

#: enough to show a pattern; a file may have 1,598 columns
_MOST_LINES = 25
#: enough to show whether columns add up
_SAMPLE_BYTES, _MOST_ROWS = 1 << 20, 1000
_NOTHING_SAID = ReadOptions()


def analyse(csv: CleanCsv, log: Log, options: ReadOptions = _NOTHING_SAID) -> Analysed:
    """Profile all rows of a validated table.

    :raises RowsLost: when the engine counted another number of rows than the check of the file.
    """
    names = column_names(csv.header, unsafe_prefix=current().unsafe_prefix, reserved=current().reserved_colnames)
    _log_renamed(renamed(csv.header, names), log)
    engine = engine_for(csv.path.parent, Can.PROFILE)
    profiled = engine.profile(csv, names, null_words(options, current().null_values))
    if csv.rows is not None and profiled.rows != csv.rows:
        raise RowsLost(csv.rows, profiled.rows)
    declared = zip_longest(profiled.columns, csv.declared)
    columns = tuple(replace(column, declared=kind or "") for column, kind in declared)
    analysed = look_closer(Analysed(csv=csv, rows=profiled.rows, columns=columns), options, questions)
    if any(map(thousands.is_open, analysed.columns)):
        analysed = replace(analysed, sums=thousands.sums(first_rows(csv), analysed.columns))
    reach("analyse.after")
    return analysed


def first_rows(csv: CleanCsv) -> Iterator[list[str]]:
    """Yield the first rows below the header."""
    piece = next(pieces(csv.path, size=_SAMPLE_BYTES))
    rows = (record for record in records(piece, Dialect(separator=b",")) if len(record.values) == len(csv.header))
    for record in islice(rows, 1, _MOST_ROWS):
        yield [plain(value) for value in record.values]


def look_closer(
    analysed: Analysed, options: ReadOptions, questions_about: Callable[[ColumnProfile], Sequence[Form]]
) -> Analysed:
    """Count, in one scan, the values of each column that are written in the forms asked about."""
    looks = [
        Look(position=position, form=form)
        for position, profile in enumerate(analysed.columns)
        for form in questions_about(profile)
    ]
    if not looks:
        return analysed
    engine = engine_for(analysed.csv.path.parent, Can.COUNT)
    counts = engine.count(analysed.csv, looks, null_words(options, current().null_values))
    counted = [dict(profile.counted) for profile in analysed.columns]
    for look, number in zip(looks, counts, strict=True):
        counted[look.position][look.form.name] = number
    columns = (replace(profile, counted=known) for profile, known in zip(analysed.columns, counted, strict=True))
    return replace(analysed, columns=tuple(columns))


def engine_for(work_dir: Path, ability: Can) -> Engine:
    """Return this site's engine; data that does not fit in memory goes to the run's own folder.

    :raises EngineFailed: when the engine cannot be used, or lacks the ability.
    """
    site = current()
    choice = Choice(site.analysis_engine)
    engine = chosen(choice, qsv_bin=site.qsv_bin, work_dir=work_dir, threads=site.parallelism)
    require(engine, ability)
    return engine


def _log_renamed(changed: Sequence[tuple[str, str]], log: Log) -> None:
    for header, name in changed[:_MOST_LINES]:
        log.info(
            say(
                "Column “{heading}” is called “{name}” in the table; its heading is kept as its label.",
                heading=_shown(header),
                name=name,
            )
        )
    if len(changed) > _MOST_LINES:
        log.info(
            say_n(
                "{n} more heading was changed in the same way.",
                "{n} more headings were changed in the same way.",
                len(changed) - _MOST_LINES,
            )
        )


def _shown(header: str) -> str:
    """Return a heading on one line, cut to 100 characters."""
    text = " ".join(header.split())
    return text if len(text) <= 100 else text[:99] + "…"
