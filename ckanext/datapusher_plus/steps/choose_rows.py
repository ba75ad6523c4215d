"""Count the rows that repeat an earlier one, and choose the rows to load: all, those without repeats, or a preview."""

from __future__ import annotations

from dataclasses import replace

from ..core.errors import EngineFailed
from ..core.log import warn
from ..core.message import join, say
from ..core.read_options import MOST_ROWS
from ..core.values import LoadPlan, Log, ReadOptions
from ..engines import Can, Duplicates
from ..engines.rows import write_some
from ..settings import current
from .analyse import engine_for

#: field of the resource: rows that repeat an earlier one
DUPLICATES = "dpp_duplicates"
#: fields of the resource that say that the table has only a part of the file's rows
PREVIEW = ("preview", "preview_rows")


def without_repeats(plan: LoadPlan, options: ReadOptions, log: Log) -> LoadPlan:
    """Log how many rows repeat an earlier one, and leave them out if asked to; a failure is a warning."""
    if not current().sort_and_dupe_check and not options.dedup:
        return _with(plan, **{DUPLICATES: None})
    try:
        found = _count(plan)
        if found.number and options.dedup:
            plan = _without(plan)
    except (EngineFailed, OSError) as error:
        left_out = say("Rows that repeat an earlier row could not be left out.")
        warn(log, left_out if options.dedup else say("Rows that repeat an earlier row could not be counted."), error)
        return _with(plan, **{DUPLICATES: None})
    if found.first:
        _log_repeats(found.number, *found.first, log, left_out=options.dedup)
    return _with(plan, **{DUPLICATES: found.number})


def cut(plan: LoadPlan, options: ReadOptions, log: Log) -> LoadPlan:
    """Leave out all but the first or the last rows, if the resource or the site asks for a preview."""
    wanted, total = options.preview_rows, plan.rows
    if not wanted:
        return _with(plan, **dict.fromkeys(PREVIEW))
    rows = min(abs(wanted), total)
    if rows < total:
        try:
            first = 1 if wanted > 0 else total - rows + 1
            plan = _only(plan, first=first, last=first + rows - 1)
        except (EngineFailed, OSError) as error:
            warn(log, say("The table could not be cut to a preview, so it has all rows."), error)
            rows = total
    if rows < total:
        first = say("Preview: the table gets only the first {rows} of {total} rows.", rows=rows, total=total)
        last = say("Preview: the table gets only the last {rows} of {total} rows.", rows=rows, total=total)
        log.info(first if wanted > 0 else last)
    return _with(plan, total_record_count=total, preview=rows < total, preview_rows=rows)


def _log_repeats(repeats: int, row: int, of: int, log: Log, *, left_out: bool) -> None:
    number = say("Rows that repeat an earlier row: {repeats}.", repeats=repeats)
    kept = say("They are in the table too (dpp_dedup = true leaves them out).")
    first = say("The first is row {row}: it repeats row {of}, counted below the header.", row=row, of=of)
    log.info(join((number, say("They were left out.") if left_out else kept, first)))


def _with(plan: LoadPlan, **fields: object) -> LoadPlan:
    return replace(plan, fields={**plan.fields, **fields})


def _count(plan: LoadPlan) -> Duplicates:
    return engine_for(plan.csv.path.parent, Can.DUPLICATES).duplicates(replace(plan.csv, rows=plan.rows))


def _without(plan: LoadPlan) -> LoadPlan:
    repeats = engine_for(plan.csv.path.parent, Can.DUPLICATES).repeats(plan.csv)
    path = plan.csv.path.with_name("different.csv")
    rows = write_some(plan.csv, path, first=1, last=MOST_ROWS, without=repeats)
    return replace(plan, csv=replace(plan.csv, path=path, rows=rows), rows=rows)


def _only(plan: LoadPlan, *, first: int, last: int) -> LoadPlan:
    path = plan.csv.path.with_name("preview.csv")
    rows = write_some(plan.csv, path, first=first, last=last)
    return replace(plan, csv=replace(plan.csv, path=path, rows=rows), rows=rows)
