"""The flow: reads without side effects first, then writes in one Prefect transaction under the resource's lock.

Inside the transaction: plain calls in the main thread, and no retries, caching, submitting, catching or suspending.
A retry there would roll its siblings back and then report success. ``tests/architecture/test_flow_shape.py`` holds it.
"""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Completed, Failed
from prefect.transactions import transaction
from prefect.utilities.timeout import timeout

from .. import portal, settings
from ..checkpoint import reach, works_on
from ..core.errors import DatastoreBusy, DryRun, ResourceGone, TableRemoved, Vetoed
from ..core.outcome import Outcome, TookTooLong
from ..core.states import OPEN
from ..core.values import LoadPlan, Log, Strategy, Swapped, Ticket
from ..datastore.lock import ResourceLock
from ..portal import app
from ..recovery.late_publish import check_table, guarded, keep_rejected
from ..recovery.restore import restore, show
from ..runs import database
from ..runs.claim import Claimed, claim, this_process
from ..runs.log import RunLog, warnings_last
from ..runs.records import get, has_loaded_before, last_good_load_key, last_load
from ..steps.compare import compare
from ..steps.detect_append import grow
from ..steps.plan import plan
from . import rollback, tasks
from .rollback import WayBack
from .run_end import Landing, carry_out
from .shown import end, without_values

log = logging.getLogger(__name__)

NAME = "datapusher-plus"
#: Seconds to wait for the resource's lock; only a run that is just ending, or the sweep, holds it.
PATIENCE = 20.0


@flow(
    name=NAME,
    persist_result=False,
    on_crashed=[rollback.after_crash],
    on_cancellation=[rollback.after_crash],
)
def ingest(run_id: str, resource_id: str) -> State[None]:
    """Load one resource's file, or undo all of it; the run's row in CKAN's database tells how it ended."""
    return without_values(_logged)(run_id, resource_id)


def _logged(run_id: str, resource_id: str) -> State[None]:
    try:
        return _ingest(run_id, resource_id)
    except Exception:
        # Prefect is told the kind alone
        log.exception("run %s of resource %s failed", run_id, resource_id)
        raise


def _ingest(run_id: str, resource_id: str) -> State[None]:
    app.load()
    works_on(resource_id)
    known = database.patiently(partial(get, run_id), PATIENCE)
    if known is not None and known.resource_id != resource_id:
        # it would load under another resource's lock; parameters of flow runs may come from anybody who reaches Prefect
        return Failed(message=f"Run {run_id} is not one of the resource that this flow run names.")
    with app.context(), ResourceLock(resource_id) as lock:
        if not lock.acquire(PATIENCE):
            raise DatastoreBusy(PATIENCE)
        reach("claim.before")
        claimed = _claim(run_id)
        if claimed is None:
            return _unclaimed(run_id, resource_id)
        reach("claim.after")
        with RunLog(run_id) as told:
            ended = _carry_out(claimed, lock, told)
    return end(ended.state, ended.kind, run_id=run_id, resource_id=resource_id)


def _unclaimed(run_id: str, resource_id: str) -> State[None]:
    """Return the state of a flow run whose run is not waiting.

    A Retry in Prefect ends as the run did, so that a failure stays in sight there. The second of two flow runs of one
    run has nothing to say about it.
    """
    run = database.patiently(partial(get, run_id), PATIENCE)
    repeated = flow_run.run_count > 1
    if run is None and repeated:
        return Failed(message=f"CKAN no longer has run {run_id}. {_ask(resource_id)}")
    if run is None or run.state in OPEN or not (repeated or run.flow_run_id == str(flow_run.get_id())):
        return Completed(name="NothingToDo", message=f"Run {run_id} is not waiting any more. {_ask(resource_id)}")
    besides = f"Prefect cannot repeat a load. {_ask(resource_id)}"
    return end(run.state, (run.error or {}).get("kind"), run_id=run_id, resource_id=resource_id, besides=besides)


def _ask(resource_id: str) -> str:
    return f"Ask for a new load in CKAN, on the DataStore tab of resource {resource_id}."


def _claim(run_id: str) -> Claimed | None:
    take = partial(claim, run_id, flow_run_id=str(flow_run.get_id()), worker=this_process())
    return database.patiently(take, PATIENCE)


def _carry_out(claimed: Claimed, lock: ResourceLock, told: Log) -> Outcome:
    way_back = WayBack(claimed.resource_id, lock, told)

    def load(landing: Landing, folder: Path) -> None:
        with timeout(seconds=settings.current().flow_timeout, timeout_exc_type=TookTooLong):
            # holding the lock proves that whoever left something half done is dead
            restore(claimed.resource_id, told, from_stash=False)
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write(read(_ticket(claimed, folder), told), way_back, landing)

    def publish(landing: Landing) -> None:
        # whoever has taken the lock since has told CKAN of a newer table perhaps
        lock.check()
        try:
            reach("publish.before")
            if landing.swapped:
                check_table(claimed.resource_id, claimed.run_id)
                rejected = landing.swapped.plan.csv.rejected
                landing.warnings += keep_rejected(claimed.resource_id, claimed.run_id, rejected and rejected.path)
                landing.warnings += tell_ckan(claimed, landing.swapped)
                check_table(claimed.resource_id, claimed.run_id)
        except Exception as error:
            # whatever could not be done: nobody would see a table without its flag
            if not show(claimed.resource_id) and not isinstance(error, ResourceGone):
                raise TableRemoved from error
            raise

    return carry_out(claimed, told, way_back, load, publish)


def read(ticket: Ticket, told: Log) -> LoadPlan:
    """Find out all that there is to know before anything is written.

    :raises Skipped: when there is nothing to load.
    """
    refuse(ticket)
    source = tasks.fetch(ticket, told)
    compare(ticket, source.hash, last_good_load_key(ticket.resource_id), told)
    with warnings_last(told) as later:
        csv = tasks.validate(tasks.convert(ticket, source, later), later)
        analysed = tasks.analyse(csv, later, ticket.options)
        made = plan(ticket, source, analysed, later, last_load(ticket.resource_id))
        for sentence in made.warnings:
            told.warning(sentence)
    if ticket.dry_run:
        raise DryRun(made.rows, len(made.columns))
    return grow(ticket, source, made, told)


def write(plan: LoadPlan, way_back: WayBack, landing: Landing) -> None:
    """Put the new table in place, wholly or not at all."""
    told = way_back.told
    with transaction() as undoable:
        # A failing task's own hook never runs: these two sit on what is done before anything is destroyed.
        undoable.stage(None, on_rollback_hooks=[way_back.hook])
        stashed = tasks.stash_with(way_back.hook)(plan, told)
        way_back.lock.check()
        reach("lock.checked")
        if plan.tail:
            swapped = tasks.append(stashed, told)
        elif plan.strategy is Strategy.REPLACE:
            swapped = tasks.replace(stashed, told)
        else:
            swapped = tasks.swap(tasks.stage(stashed, told), told)
        way_back.lock.check()
        landing.is_near(swapped)
        landing.swapped = tasks.commit(swapped, told)
        reach("transaction.end")


def tell_ckan(claimed: Claimed, swapped: Swapped) -> tuple[str, ...]:
    """Bring CKAN's metadata in line with the table and return what did not work."""
    known = has_loaded_before(claimed.resource_id, besides=claimed.run_id)
    return tuple(
        tasks.publish(
            claimed.resource_id, hash=swapped.plan.file_hash, rows=swapped.rows, loaded_before=known, attempt=guarded
        )
    )


def refuse(ticket: Ticket) -> None:
    """End a run that must not load.

    :raises Skipped: when a plugin vetoes; the ticket itself is refused for rows kept in the datastore.
    """
    if plugin := portal.vetoed_by(ticket.resource_id):
        raise Vetoed(plugin)


def _ticket(claimed: Claimed, folder: Path) -> Ticket:
    return portal.ticket(
        run_id=claimed.run_id,
        resource_id=claimed.resource_id,
        ignore_hash=claimed.ignore_hash,
        dry_run=claimed.dry_run,
        requested_at=claimed.requested_at,
        work_dir=folder,
    )
