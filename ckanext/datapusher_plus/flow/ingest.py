"""The flow: read without side effects first, then write in one Prefect transaction under the resource's lock.

Inside the transaction: plain calls in the main thread, and no retries, caching, submitting, catching or suspending.
A retry there would roll its siblings back and then report success. ``tests/architecture/test_flow_shape.py`` checks
this.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from functools import partial
from typing import Any

from prefect import flow
from prefect.client.schemas.objects import State as PrefectState
from prefect.runtime import flow_run
from prefect.transactions import transaction

from .. import portal, settings
from ..checkpoint import reach, works_on
from ..core.errors import DatastoreBusy, DryRun, ResourceGone, TableRemoved, Vetoed
from ..core.outcome import Outcome
from ..core.states import GOOD, State
from ..core.values import Analysed, CleanCsv, LoadPlan, Log, Source, Strategy, Swapped, Ticket
from ..datastore import idle
from ..datastore.lock import ResourceLock
from ..formats.parts import noted
from ..portal import app
from ..recovery.late_publish import check_table, keep_rejected, publish_metadata
from ..recovery.restore import restore, show
from ..recovery.settle import settle
from ..runs import contents, database, queue
from ..runs.claim import Claimed, claim, this_process
from ..runs.log import warnings_last
from ..runs.records import last_good_load_key, last_load, undone_key
from ..runs.transient import may_pass
from ..steps import fetch
from ..steps.ask import ask
from ..steps.bring_back import plan_undo
from ..steps.compare import compare
from ..steps.detect_append import grow
from ..steps.plan import plan
from ..steps.screen import screen
from ..steps.screen_parts import screened
from ..waits import BEGIN_WITHOUT_DATABASE, RESOURCE_LOCK
from . import own_flow, report, rollback, tasks
from .own_flow import Steps
from .run import Run
from .shown import as_tasks, end, without_values
from .statistics import make_statistics
from .unclaimed import unclaimed

log = logging.getLogger(__name__)

NAME = "datapusher-plus"
#: The steps of a file of up to so many bytes may be plain calls instead of Prefect's tasks (``prefect_tasks``).
LARGEST_PLAIN = 1 << 20


@flow(
    name=NAME,
    persist_result=False,
    on_crashed=[rollback.after_crash],
    on_cancellation=[rollback.after_crash],
)
def ingest(run_id: str, resource_id: str) -> PrefectState[None]:
    """Load one resource's file, or roll back completely; the run's row in CKAN's database has how it ended."""
    return without_values(_logged)(run_id, resource_id)


def _logged(run_id: str, resource_id: str) -> PrefectState[None]:
    try:
        return _ingest(run_id, resource_id)
    except Exception:
        # Prefect gets only the kind of the error
        log.exception("run %s of resource %s failed", run_id, resource_id)
        raise


def _ingest(run_id: str, resource_id: str) -> PrefectState[None]:
    app.load()
    works_on(resource_id)
    # a new run in the same process is not about the same file
    as_tasks.set(True)
    with app.context(), idle.reused():
        with ResourceLock(resource_id) as lock:
            if not lock.acquire(RESOURCE_LOCK):
                raise DatastoreBusy(RESOURCE_LOCK)
            reach("claim.before")
            claimed = _claim(run_id, resource_id)
            if claimed is None:
                return unclaimed(run_id, resource_id)
            reach("claim.after")
            run = Run(claimed, lock)
            with report.log_lines(lambda: run.public):
                ended = _carry_out(run)
        # nobody waits for the rest, so it is done without the lock
        report.report(run.report(ended))
        make_statistics(run, ended)
    return end(ended.state, ended.kind, run_id=run_id, resource_id=resource_id)


def _claim(run_id: str, resource_id: str) -> Claimed | None:
    # anybody who reaches Prefect can set a flow run's parameters, so the database compares run and resource
    take = partial(claim, run_id, resource_id=resource_id, flow_run_id=str(flow_run.get_id()), worker=this_process())
    return database.patiently(take, BEGIN_WITHOUT_DATABASE)


def _carry_out(run: Run) -> Outcome:
    """Load the file, publish the table, and always write the end of the run."""
    with run.loading():
        # we hold the lock, so a run that left something incomplete is dead
        restore(run.resource_id, run.log, from_stash=False)
        if run.claimed.undo:
            write(_undo(run), run)
        elif own := settings.current().prefect_flow:
            own_flow.carry_out(own, _steps(run))
        else:
            write(read(run), run)
    if run.can_publish:
        with run.keeping_error():
            publish(run)
    return run.end(_settle(run, run.outcome()))


def read(run: Run) -> LoadPlan:
    """Do everything that is possible without writing to the datastore.

    :raises Skipped: when there is nothing to load.
    """
    ticket = _ticket(run)
    source = _fetch(ticket, run)
    with warnings_last(run.log) as later:
        csv = _validate(_convert(ticket, source, later), run, later)
        analysed = tasks.analyse(csv, later, ticket.options)
        made = _plan(ticket, source, analysed, run.log, later)
    return _to_write(ticket, source, made, run)


def _undo(run: Run) -> LoadPlan:
    """Plan to bring the table before the last load back.

    :raises NothingToUndo: when it is gone.
    """
    run.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    run.public = report.is_public(run.resource_id)
    made = plan_undo(run.claimed.run_id, run.resource_id, run.log)
    if made.undo and made.undo.load and made.undo.load.file:
        run.log.file(str(made.undo.load.file.get("name") or ""), made.undo.load.file.get("size"))
    return made


def _fetch(ticket: Ticket, run: Run) -> Source:
    if plugin := portal.vetoed_by(ticket.resource_id):
        raise Vetoed(plugin)
    which = settings.current().prefect_tasks
    is_every_file = which == "all" or (which == "auto" and not queue.has(queue.CROWD))
    # CKAN does not know the size of every link
    as_tasks.set(is_every_file or (ticket.size or 0) > LARGEST_PLAIN)
    source = tasks.fetch(ticket, run.log)
    as_tasks.set(is_every_file or source.size > LARGEST_PLAIN)
    if not as_tasks.get():
        run.log.gather()
    run.log.file(source.filename or fetch.name_of(ticket), source.size)
    undone = undone_key(ticket.resource_id, ticket.run_id)
    compare(ticket, source.hash, last_good_load_key(ticket.resource_id), run.log, undone)
    return source


def _validate(csv: CleanCsv, run: Run, log: Log) -> CleanCsv:
    checked = tasks.validate(csv, log)
    run.log.rows(checked.rows)
    return checked


def _convert(ticket: Ticket, source: Source, log: Log) -> CleanCsv:
    try:
        return tasks.convert(ticket, source, log)
    finally:
        # also of a file whose table cannot be read: perhaps the publisher has to choose another sheet
        contents.keep(ticket.run_id, screened(ticket, noted(ticket.work_dir)))


def _plan(ticket: Ticket, source: Source, analysed: Analysed, log: Log, later: Log) -> LoadPlan:
    log.progress("plan", 0, None)
    # before anything else, so that nothing quotes a value of a file that waits for a review
    found = screen(ticket, source, analysed, later)
    with found.without_values():
        made = plan(ticket, source, analysed, found.quiet(analysed, later), last_load(ticket.resource_id))
    made = found.on(made)
    for sentence in made.warnings:
        log.warning(sentence)
    return made


def _to_write(ticket: Ticket, source: Source, made: LoadPlan, run: Run) -> LoadPlan:
    made = ask(ticket, made, run.claimed.cause, run.log)
    if ticket.dry_run:
        raise DryRun(made.rows, len(made.columns))
    return grow(ticket, source, made, run.log)


def _steps(run: Run) -> Steps:
    """Return the steps of a load for the site's own flow."""
    ticket, log = _ticket(run), run.log
    return Steps(
        ticket=ticket,
        log=log,
        fetch=partial(_fetch, ticket, run),
        convert=lambda source: _convert(ticket, source, log),
        validate=lambda csv: _validate(csv, run, log),
        analyse=lambda csv: tasks.analyse(csv, log, ticket.options),
        plan=lambda source, analysed: _to_write(ticket, source, _plan(ticket, source, analysed, log, log), run),
        write=partial(write, run=run),
    )


def _ticket(run: Run) -> Ticket:
    run.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    run.public = report.is_public(run.resource_id)
    ticket = portal.ticket(
        run_id=run.claimed.run_id,
        resource_id=run.resource_id,
        ignore_hash=run.claimed.ignore_hash,
        dry_run=run.claimed.dry_run,
        requested_at=run.claimed.requested_at,
        work_dir=run.folder,
    )
    run.log.file(fetch.name_of(ticket))
    return ticket


def write(plan: LoadPlan, run: Run) -> None:
    """Put the new table in place, completely or not at all."""
    with transaction() as undoable:
        # Prefect never calls the hook of the task that fails: these two belong to what runs before any table changes.
        undoable.stage(None, on_rollback_hooks=[run.rollback.hook])
        stashed = tasks.stash_with(run.rollback.hook)(plan, run.log)
        run.lock.check()
        reach("lock.checked")
        if plan.append_range:
            swapped = tasks.append(stashed, run.log)
        elif plan.strategy is Strategy.REPLACE:
            swapped = tasks.replace(stashed, run.log)
        else:
            staged = tasks.bring_back(stashed, run.log) if stashed.undo else tasks.stage(stashed, run.log)
            swapped = tasks.swap(staged, run.log)
        run.lock.check()
        run.record_result(swapped)
        run.swapped = tasks.commit(swapped, run.log)
        reach("transaction.end")


def publish(run: Run) -> None:
    """Bring CKAN's metadata up to date with the table.

    :raises TableRemoved: when the table has been deleted meanwhile.
    :raises ResourceGone: when the resource has been deleted meanwhile.
    """
    # another run that got the lock meanwhile may have published a newer table
    run.lock.check()
    try:
        reach("publish.before")
        run.log.progress("publish", 0, None)
        if run.swapped:
            check_table(run.resource_id, run.claimed.run_id)
            rejected = run.swapped.plan.csv.rejected
            run.warnings += keep_rejected(run.resource_id, run.claimed.run_id, rejected and rejected.path)
            run.warnings += publish_metadata(
                run.resource_id, run.claimed.run_id, _metadata(run.swapped), run.log, publish=tasks.publish
            )
            check_table(run.resource_id, run.claimed.run_id)
    except Exception as error:
        # CKAN does not show a table without datastore_active, so set it even if other things failed
        if not show(run.resource_id) and not isinstance(error, ResourceGone):
            raise TableRemoved from error
        raise


def _metadata(swapped: Swapped) -> dict[str, Any]:
    return {"hash": swapped.plan.file_hash, "rows": swapped.rows, "fields": swapped.plan.fields}


def _settle(run: Run, end: Outcome) -> Outcome:
    """Clear the stash after a successful load; if that fails, recovery does it later, with what is unpublished."""
    if end.state not in GOOD or end.unpublished:
        return end
    try:
        run.lock.check()
        settle(run.resource_id, run.log)
    except BaseException as failure:
        # signals too: the table is in place, so the run ends as successful in any case
        log.exception("the dictionary stash of resource %s stays for now", run.resource_id)
        later = end.state is not State.SKIPPED and (may_pass(failure) or not isinstance(failure, Exception))
        return replace(end, unpublished=later)
    return end
