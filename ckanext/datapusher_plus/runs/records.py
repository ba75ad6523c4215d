"""Read runs and their logs from CKAN's database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..core.changes import LastLoad
from ..core.kept import Load
from ..core.states import LEFT, LOADED, OPEN, State
from ..model import HAS_LOADED, log, run
from . import database, task_status
from .texts import restored, restored_run


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run as it is in the database; all times have a zone."""

    id: str
    resource_id: str
    state: State
    cause: str
    ignore_hash: bool
    dry_run: bool
    requested_at: datetime
    dispatched_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    flow_run_id: str | None
    worker: str | None
    rows: int | None
    columns: list[list[str]] | None
    file_hash: str | None
    load_key: str | None
    message: str | None
    error: dict[str, str] | None
    progress: dict[str, Any] | None
    warnings: list[str] | None
    #: number of rows that were left out, and of all rows of the file; for a refused file also how many rows are listed
    rejected: list[int] | None
    read_as: dict[str, str] | None
    renamed: list[list[str]] | None
    fields: dict[str, Any] | None
    #: findings as in core.personal_data.findings
    personal: list[dict[str, Any]] | None
    #: core.difference.to_json
    difference: dict[str, Any] | None
    tries: int
    retry_of: str | None
    undo: bool
    #: load key of the file whose load it has undone
    undone_key: str | None
    unpublished: bool
    not_before: datetime | None
    asked_by: str | None
    #: a value of runs.asker.Via
    asked_via: str | None
    #: name and size in bytes
    file: dict[str, Any] | None
    #: stage, and seconds after the start of the run
    steps: list[list[Any]] | None
    cancel_asked_at: datetime | None
    cancel_asked_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a run's log."""

    timestamp: datetime
    level: str
    message: str


class Running(NamedTuple):
    """A run in state running; the resource's lock shows whether its worker is alive (see ``recovery.sweep``)."""

    run_id: str
    resource_id: str
    flow_run_id: str | None
    started_at: datetime


#: Causes of runs with which a person asks for the file itself.
ASKED = frozenset({"submit", "options", "review"})

COLUMNS = [*(run.c[field.name] for field in fields(RunRecord)), run.c.said]


def latest(resource_id: str) -> RunRecord | None:
    """Return the resource's current run: the running one, else the queued one, else the last load that ended."""
    current = sa.select(*COLUMNS).where(run.c.resource_id == resource_id).order_by(*task_status.LOADS_FIRST)
    found = records(current.limit(1))
    return found[0] if found else None


def runs_of(resource_id: str, *, limit: int, offset: int = 0) -> list[RunRecord]:
    """Return the resource's runs: running, then queued, then ended ones from the newest to the oldest."""
    ordered = sa.select(*COLUMNS).where(run.c.resource_id == resource_id).order_by(*task_status.NEWEST_FIRST)
    return records(ordered.limit(limit).offset(offset))


def count_of(resource_id: str) -> int:
    """Return how many runs of the resource are kept."""
    return _count(sa.select(sa.func.count()).select_from(run).where(run.c.resource_id == resource_id))


def get(run_id: str) -> RunRecord | None:
    """Return one run, or None when no run has that id."""
    found = records(sa.select(*COLUMNS).where(run.c.id == run_id))
    return found[0] if found else None


def last_good_load_key(resource_id: str) -> str | None:
    """Return the load key of the last run that tried to load, if that run succeeded, else None.

    After a failure the table may hold an older file or be missing (``load_strategy = replace``), so the next run must
    load.
    """
    tried = (
        sa.select(run.c.state, run.c.load_key)
        .where(
            run.c.resource_id == resource_id,
            ~run.c.dry_run,
            run.c.started_at.is_not(None),
            run.c.finished_at.is_not(None),
            run.c.state.not_in([state.value for state in LEFT]),
        )
        .order_by(run.c.finished_at.desc())
        .limit(1)
    )
    with database.transaction() as connection:
        last = connection.execute(tried).first()
    return last.load_key if last and State(last.state) in LOADED else None


def has_loaded_before(resource_id: str, *, besides: str) -> bool:
    """Return whether a run other than ``besides`` has loaded the resource's table."""
    good = sa.select(run.c.id).where(
        run.c.resource_id == resource_id,
        run.c.id != besides,
        HAS_LOADED,
    )
    with database.transaction() as connection:
        return connection.execute(good.limit(1)).first() is not None


def last_loaded(resource_id: str) -> RunRecord | None:
    """Return the last run that loaded the resource's table, or None."""
    loaded = sa.select(*COLUMNS).where(run.c.resource_id == resource_id, HAS_LOADED)
    found = records(loaded.order_by(run.c.finished_at.desc()).limit(1))
    return found[0] if found else None


def as_load(found: RunRecord) -> Load:
    """Return what is kept of a load with its table."""
    return Load(
        run_id=found.id,
        rows=found.rows,
        columns=tuple(tuple(column) for column in found.columns or ()),
        file_hash=found.file_hash or "",
        load_key=found.load_key or "",
        at=found.finished_at.isoformat() if found.finished_at else "",
        file=found.file or {},
        read_as=found.read_as or {},
        fields=found.fields or {},
        personal=tuple(found.personal or ()),
    )


def undone_key(resource_id: str, run_id: str) -> str | None:
    """Return the load key of the file that this run must not load, because that was undone; None if there is none.

    A person who asks for the file gets it.
    """
    last = last_loaded(resource_id)
    return last.undone_key if last and last.undone_key and not _is_asked_for(run_id) else None


def _is_asked_for(run_id: str) -> bool:
    """Return whether a person wants the file itself to be loaded; a retry counts like the run that it repeats."""
    run = get(run_id)
    while run is not None and run.retry_of and run.cause == "retry":
        run = get(run.retry_of)
    return run is not None and (run.ignore_hash or (run.cause in ASKED and run.asked_via != "command"))


def last_load(resource_id: str) -> LastLoad:
    """Return row count, formats and renamed columns of the last load of the resource's table; empty if unknown."""
    run = last_loaded(resource_id)
    if run is None:
        return LastLoad()
    renamed = None if run.renamed is None else pairs(run.renamed)
    return LastLoad(rows=run.rows, read_as=run.read_as or {}, renamed=renamed)


def pairs(renamed: list[list[str]] | None) -> tuple[tuple[str, str], ...]:
    """Return the renamed columns as tuples (old name, new name); the database returns them as lists."""
    return tuple((old, new) for old, new in renamed or ())


def resources(*, after: str, limit: int) -> list[str]:
    """Return the next ids of resources after ``after`` that have runs, in order."""
    query = sa.select(run.c.resource_id).distinct().where(run.c.resource_id > after).order_by(run.c.resource_id)
    with database.transaction() as connection:
        return list(connection.execute(query.limit(limit)).scalars())


def settled(resource_ids: Sequence[str]) -> dict[str, bool]:
    """Return, for each of the resources that has runs, whether one has loaded it and no run is open or unpublished."""
    is_open = run.c.unpublished | run.c.state.in_([state.value for state in OPEN])
    query = (
        sa.select(run.c.resource_id, sa.func.bool_or(HAS_LOADED) & ~sa.func.bool_or(is_open))
        .where(run.c.resource_id.in_(resource_ids))
        .group_by(run.c.resource_id)
    )
    with database.transaction() as connection:
        return {row[0]: row[1] for row in connection.execute(query)}


def log_lines(run_id: str, limit: int) -> list[LogLine]:
    """Return the last ``limit`` lines of a run's log, oldest first."""
    last = sa.select(log.c.at, log.c.level, log.c.message, log.c.said).where(log.c.run_id == run_id)
    with database.transaction() as connection:
        rows = connection.execute(last.order_by(log.c.id.desc()).limit(limit)).all()
    return [
        LogLine(timestamp=row.at, level=row.level, message=restored(row.message, row.said)) for row in reversed(rows)
    ]


def log_page(run_id: str, *, limit: int, offset: int) -> list[LogLine]:
    """Return some lines of a run's log, oldest first."""
    lines = sa.select(log.c.at, log.c.level, log.c.message, log.c.said).where(log.c.run_id == run_id)
    with database.transaction() as connection:
        rows = connection.execute(lines.order_by(log.c.id).limit(limit).offset(offset)).all()
    return [LogLine(timestamp=row.at, level=row.level, message=restored(row.message, row.said)) for row in rows]


def count_lines(run_id: str) -> int:
    """Return how many lines the log of a run has."""
    return _count(sa.select(sa.func.count()).select_from(log).where(log.c.run_id == run_id))


def warning_lines(run_id: str, limit: int) -> list[str]:
    """Return the first ``limit`` warnings in a run's log."""
    warnings = sa.select(log.c.message, log.c.said).where(log.c.run_id == run_id, log.c.level == "WARNING")
    with database.transaction() as connection:
        rows = connection.execute(warnings.order_by(log.c.id).limit(limit)).all()
    return [restored(row.message, row.said) for row in rows]


def _count(query: sa.Select[tuple[int]]) -> int:
    with database.transaction() as connection:
        return connection.execute(query).scalar_one()


def records(query: sa.Select[Any]) -> list[RunRecord]:
    """Return the result of a query that selects ``COLUMNS``."""
    with database.transaction() as connection:
        rows = connection.execute(query).mappings().all()
    return [RunRecord(**restored_run(dict(row)), state=State(row["state"])) for row in rows]


def running() -> list[Running]:
    """Return every run that was claimed and has not ended, oldest first."""
    query = (
        sa.select(run.c.id, run.c.resource_id, run.c.flow_run_id, run.c.started_at)
        .where(run.c.state == State.RUNNING.value)
        .order_by(run.c.started_at)
    )
    with database.transaction() as connection:
        return [Running(*row) for row in connection.execute(query)]
