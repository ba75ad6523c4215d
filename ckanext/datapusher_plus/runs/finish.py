"""Record the end of a run: its last state, result, error and retry, in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import timedelta
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from .. import portal
from ..checkpoint import reach
from ..core.errors import ResourceGone
from ..core.message import say
from ..core.personal_data.findings import to_json
from ..core.quarantine import Rejected
from ..core.retries import Retry
from ..core.states import GOOD, OPEN, State, sources_of
from ..core.values import Published
from ..model import log, run
from . import database, task_status
from .request import notify, one_queued
from .texts import line_of, texts


def landed(run_id: str, published: Published) -> None:
    """Record a run's result just before its table is committed, so that recovery can finish the run if it dies then."""
    note = (
        sa.update(run)
        .where(run.c.id == run_id, run.c.state == State.RUNNING.value)
        .values(**_loaded(published), **texts(None, published.warnings))
    )
    with database.transaction() as connection:
        connection.execute(note)


def finish(
    run_id: str,
    state: State,
    *,
    message: str,
    error_kind: str | None = None,
    error_about: Mapping[str, str] = MappingProxyType({}),
    published: Published | None = None,
    retry: Retry | None = None,
    unpublished: bool = False,
    refused: Rejected | None = None,
    warnings: Sequence[str] = (),
    unless_gone: bool = False,
) -> bool:
    """Move a run to its last state.

    :param error_about: details that help to repair the error, such as the column and the type that a value does not
        fit; and ``public``, the text that anybody may read. Without it they read only that there was an error.
    :param retry: the run to queue in the same transaction, in place of this one.
    :param unpublished: the table is in place, but CKAN's metadata must still be updated.
    :param refused: the rows because of which the file was refused.
    :param warnings: the warnings of a run that loaded nothing; otherwise they are in ``published``.
    :param unless_gone: do not end the run if its resource has been deleted; a dry run ends in any case.
    :returns: False when the run has ended already, or its present state does not allow the change to ``state``.
    :raises ResourceGone: when ``unless_gone`` is set and the resource has been deleted.
    """
    reach("finish.before")
    values: dict[str, Any] = {"state": state.value, "unpublished": unpublished}
    if state is State.WAITING:
        values |= _NOTHING_LOADED
    elif state not in GOOD:
        values |= {"error": {**error_about, "message": message, "kind": error_kind or state.value}} | _NOTHING_LOADED
    if refused is not None:
        values["rejected"] = [refused.rows, refused.total, refused.rows if refused.listed is None else refused.listed]
    if published is not None:
        values |= _loaded(published) | (NOT_LOADED if error_kind and not unpublished else {})
    values |= texts(message, published.warnings if published else warnings if state in GOOD else ())
    open_sources = [source.value for source in sources_of(state) & OPEN]
    end = (
        sa.update(run)
        .where(run.c.id == run_id, run.c.state.in_(open_sources))
        .values(**values, finished_at=database.clock(), progress=None)
        .returning(*_HANDED_ON)
    )
    with database.transaction() as connection:
        ended = connection.execute(end).one_or_none()
        if ended is None:
            return False
        if unless_gone and not ended.dry_run and portal.is_gone(ended.resource_id, connection):
            raise ResourceGone(ended.resource_id)
        if retry is not None:
            _queue(connection, retry, message, of=run_id, **ended._mapping)
        task_status.show(connection, ended.resource_id)
        # the dispatcher holds back a request for the resource until this run has ended
        notify(connection, ended.resource_id)
    reach("finish.after")
    return True


def _queue(connection: sa.Connection, retry: Retry, reason: str, *, of: str, resource_id: str, **asked: Any) -> None:
    """Queue the retry, or merge it into the request that is queued already.

    That request is newer. It takes over what this run was asked to do.
    """
    row = insert(run).values(
        id=str(uuid.uuid4()),
        resource_id=resource_id,
        state=State.QUEUED.value,
        cause="retry",
        requested_at=database.clock(),
        tries=retry.tries,
        retry_of=of,
        not_before=sa.func.now() + timedelta(seconds=retry.wait),
        **texts(reason),
        **asked,
    )
    joined = {
        "ignore_hash": run.c.ignore_hash | row.excluded.ignore_hash,
        "dry_run": run.c.dry_run & row.excluded.dry_run,
        "bulk": run.c.bulk & row.excluded.bulk,
    }
    queued = connection.execute(one_queued(row, joined).returning(run.c.id, run.c.retry_of)).one()
    if queued.retry_of == of:
        line = {"run_id": queued.id, "at": database.now(), "level": "WARNING"}
        connection.execute(
            sa.insert(log).values(
                **line, **line_of(say("Try {number}. The one before: {reason}", number=retry.tries, reason=reason))
            )
        )


#: What a retry is asked to do, as the run before it was.
_HANDED_ON = [
    run.c[name] for name in ("resource_id", "ignore_hash", "dry_run", "bulk", "undo", "asked_by", "asked_via")
]
#: Values of a run whose table was not published in CKAN: without a load key the next request loads the same file again.
NOT_LOADED = {"load_key": None}
_NOTHING_LOADED = {
    "rows": None,
    "columns": None,
    "file_hash": None,
    "load_key": None,
    "undone_key": None,
    "rejected": None,
    "read_as": None,
    "renamed": None,
    "fields": None,
    "personal": None,
}


def _loaded(published: Published) -> dict[str, Any]:
    return {
        "rows": published.rows,
        "columns": [list(column) for column in published.columns],
        "file_hash": published.file_hash,
        "load_key": published.load_key or None,
        "undone_key": published.undone_key or None,
        "rejected": published.rejected and list(published.rejected),
        "read_as": dict(published.read_as) or None,
        "renamed": [list(pair) for pair in published.renamed],
        "fields": dict(published.fields) or None,
        "personal": to_json(published.found) or None,
    }
