"""Show what the files of some resources would change, once workers have examined them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime

import click
import sqlalchemy as sa

from ..core.changes import sentences
from ..core.difference import of_json
from ..core.safe_text import escaped
from ..core.states import OPEN, State
from ..runs import database
from ..runs.differences import last_dry_run
from ..runs.records import RunRecord

#: seconds between two looks, and those after which a resource is given up
_PAUSE, _PATIENCE = 1, 600


def clock() -> datetime:
    """Return the time by the clock that also says when runs ended."""
    with database.transaction() as connection:
        return connection.execute(sa.select(database.clock())).scalar_one()


def show(resource_ids: Iterable[str], since: datetime) -> bool:
    """Print what each file would change, and return whether all files were examined in time and can be loaded.

    :param since: by ``clock``, when the files were asked for; what was found before is not shown.
    """
    results = [_show(resource_id, since) for resource_id in resource_ids]
    return all(results)


def _show(resource_id: str, since: datetime) -> bool:
    found = _ended(resource_id, since)
    if found is None:
        click.echo(f"{resource_id}: not examined: a load of it waits or has taken its place. Try again after that.")
        return False
    if found.state in OPEN:
        click.echo(f"{resource_id}: not examined yet. Is a worker running? The DataStore tab shows the result later.")
        return False
    for line in _lines(found):
        click.echo(escaped(f"{resource_id}: {line}"))
    return found.state not in (State.ERROR, State.CANCELLED)


def _lines(found: RunRecord) -> Iterator[str]:
    yield found.message or found.state.value
    if found.difference:
        yield from sentences(of_json(found.difference))


def _ended(resource_id: str, since: datetime) -> RunRecord | None:
    """Return the dry run, once it has ended or after some time; None if there is none."""
    deadline = time.monotonic() + _PATIENCE
    while True:
        found = last_dry_run(resource_id)
        if found is None or (found.finished_at and found.finished_at < since):
            return None
        if found.state not in OPEN or time.monotonic() > deadline:
            return found
        time.sleep(_PAUSE)
