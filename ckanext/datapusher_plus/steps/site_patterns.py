"""Read the site's own patterns of personal data from a resource, with all limits of a download."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from .. import portal
from ..core.errors import BadPatterns, DatastoreManaged, IngestError, ResourceGone
from ..core.log import Silent
from ..core.message import say
from ..core.personal_data import patterns
from ..core.personal_data.detectors import Detector
from ..core.values import Ticket
from ..datastore import alias, connect
from ..settings import current
from ..waits import PATTERNS_DEADLINE
from .fetch import fetched


# a run needs them for the first cells of the file's parts, and for its table
@lru_cache(maxsize=1)
def site_patterns(name: str, ticket: Ticket) -> tuple[Detector, ...]:
    """Return the detectors of the resource that has this id, or whose table has this alias.

    :param ticket: the load that needs them.
    :raises BadPatterns: when the resource cannot be read, or is not a file of patterns.
    """
    try:
        text = _text(name, ticket)
    except IngestError as error:
        raise BadPatterns(say("its file cannot be read: {why}", why=str(error).rstrip("."))) from error
    return patterns.detectors(text)


def _text(name: str, ticket: Ticket) -> str:
    folder = ticket.work_dir / "patterns"
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        source = _ticket(name, ticket, folder)
    except DatastoreManaged:
        return _table(name)
    except ResourceGone:
        source = _by_alias(name, ticket, folder)
        if isinstance(source, str):
            return source
    site = current()
    limits = {"max_content_length": patterns.MOST_BYTES, "download_deadline": PATTERNS_DEADLINE, "download_retries": 1}
    found = fetched(source, replace(site, **limits), Silent())
    try:
        return found.path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadPatterns(say("it is not UTF-8 text")) from error


def _by_alias(name: str, ticket: Ticket, folder: Path) -> Ticket | str:
    with connect.connect() as connection:
        table = alias.table_of(connection, name)
    if table is None:
        raise BadPatterns(say("no resource has this id or alias"))
    try:
        return _ticket(table, ticket, folder)
    except DatastoreManaged:
        return _table(table)
    except ResourceGone as error:
        raise BadPatterns(say("no resource has this id or alias")) from error


def _ticket(resource_id: str, ticket: Ticket, folder: Path) -> Ticket:
    return portal.ticket(
        run_id=ticket.run_id,
        resource_id=resource_id,
        ignore_hash=False,
        dry_run=True,
        requested_at=ticket.requested_at,
        work_dir=folder,
    )


def _table(table: str) -> str:
    """Return the first text column of a table whose rows are edited in the datastore."""
    with connect.connect() as connection:
        return "\n".join(alias.first_texts(connection, table, limit=patterns.MOST + 1, longest=patterns.LONGEST + 100))
