"""End a request whose uploaded file is already in the table, in the worker itself: no process, no flow run.

It takes milliseconds to find that a file has not changed; a run would take a hundred times that. Only files that CKAN
stores are compared, and only small ones, so that nobody waits long; all others are left to a run.
"""

from __future__ import annotations

import hashlib
import logging
import os
from pathlib import Path
from typing import BinaryIO

from .. import dictionary_stash, portal
from ..checkpoint import reach
from ..core.errors import Unchanged, Undone
from ..core.message import say
from ..core.states import State
from ..datastore import connect, journal
from ..datastore.lock import ResourceLock
from ..portal import app
from ..runs import records
from ..runs.asker import Asker
from ..runs.claim import claim, this_process
from ..runs.finish import finish
from ..runs.log import RunLog
from ..runs.queue import Waiting
from ..runs.records import RunRecord
from ..runs.request import request_now
from ..settings import current
from ..steps.compare import compare

log = logging.getLogger(__name__)

#: Largest file in bytes that is compared here.
LARGEST = 128 * 1024 * 1024

NEWER = say("A newer file came while this one was looked at. That is loaded instead.")


def skip(waiting: Waiting) -> bool:
    """End a queued run whose file has not changed, and return whether that was done; if not, it is for a flow run."""
    run = records.get(waiting.run_id)
    if run is None or run.ignore_hash or run.dry_run or run.undo or run.tries > 1:
        return False
    with app.context():
        if _reason_to_skip(run) is None:
            return False
        with ResourceLock(run.resource_id) as lock:
            if not lock.acquire():
                return False
            _end(run)
    return True


def _end(run: RunRecord) -> None:
    """Claim the run, look once more (a newer upload may have joined the request before the claim), and end it."""
    if claim(run.id, flow_run_id=None, worker=this_process()) is None:
        return
    reach("skip.claimed")
    message = _reason_to_skip(run)
    if message is None:
        message = NEWER
        request_now(run.resource_id, cause=run.cause, who=Asker(name=run.asked_by, via=run.asked_via))
    RunLog(run.id).info(message)
    finish(run.id, State.SKIPPED, message=message)


def _reason_to_skip(run: RunRecord) -> str | None:
    """Return why the file need not be loaded: all is as the last successful run left it, or its load was undone.

    None on any error, which the run will report.
    """
    try:
        # most files are new: one query shows that, and nothing else is opened for them
        known = records.last_good_load_key(run.resource_id)
        undone = records.undone_key(run.resource_id, run.id)
        if (known or undone) and _has_nothing_open(run.resource_id):
            _compare(run, known, undone)
    except (Unchanged, Undone) as error:
        return error.message
    except Exception as error:  # noqa: BLE001 (the run gets the same error and reports it)
        log.info("resource %s is left to a run: %s", run.resource_id, error)
    return None


def _compare(run: RunRecord, known: str | None, undone: str | None) -> None:
    """Compare the uploaded file with the one that was loaded last.

    :raises Unchanged: when it is the same.
    :raises Undone: when its load was undone.
    """
    ticket = portal.ticket(
        run_id=run.id,
        resource_id=run.resource_id,
        ignore_hash=run.ignore_hash,
        dry_run=run.dry_run,
        requested_at=run.requested_at,
        work_dir=Path(os.devnull),
    )
    if ticket.url_type != "upload" or portal.vetoed_by(run.resource_id):
        return
    if not portal.standings([run.resource_id])[run.resource_id].flag:
        # a run will set datastore_active again
        return
    with portal.open_upload(ticket.file_of or run.resource_id) as stream:
        digest = _digest(stream)
    if digest:
        compare(ticket, digest, known, RunLog(run.id), undone)


def _digest(stream: BinaryIO) -> str | None:
    """Return the file's digest, None when the file is too large to be compared here."""
    digest, size = hashlib.new(current().file_hash_algorithm, usedforsecurity=False), 0
    while chunk := stream.read(1 << 20):
        digest.update(chunk)
        if (size := size + len(chunk)) > LARGEST:
            return None
    return digest.hexdigest()


def _has_nothing_open(resource_id: str) -> bool:
    """Return whether no earlier run left anything to recover."""
    if dictionary_stash.load(resource_id) is not None:
        return False
    with connect.connect() as connection:
        journal.prepare(connection)
        return journal.open_entry(connection, resource_id) is None
