"""Show what the files of some resources would change, once workers have examined them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import click

from ..core.changes import sentences
from ..core.difference import of_json
from ..core.safe_text import escaped
from ..core.states import OPEN
from ..runs.differences import last_dry_run
from ..runs.records import RunRecord

#: seconds between two looks, and those after which a resource is given up
_PAUSE, _PATIENCE = 1, 600


def show(resource_ids: Iterable[str]) -> bool:
    """Print what each file would change, and return whether all files were examined in time."""
    results = [_show(resource_id) for resource_id in resource_ids]
    return all(results)


def _show(resource_id: str) -> bool:
    found = _ended(resource_id)
    if found is None:
        click.echo(f"{resource_id}: not examined yet. Is a worker running? The DataStore tab shows the result later.")
        return False
    for line in _lines(found):
        click.echo(escaped(f"{resource_id}: {line}"))
    return True


def _lines(found: RunRecord) -> Iterator[str]:
    yield found.message or found.state.value
    if found.difference:
        yield from sentences(of_json(found.difference))


def _ended(resource_id: str) -> RunRecord | None:
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        found = last_dry_run(resource_id)
        if found is None or found.state not in OPEN:
            return found
        time.sleep(_PAUSE)
    return None
