"""Let a load wait until somebody has looked at what it changes, if the resource or the site asks for that."""

from __future__ import annotations

from dataclasses import replace

from ..core.difference import Difference, must_wait
from ..core.errors import ChangesRejected, ChangesWait
from ..core.message import say
from ..core.values import LoadPlan, Log, Ticket
from ..runs import differences, review
from ..runs.review import Answer, Review
from .keyed_rows import keyed_rows

#: cause of a run for which somebody has asked
ASKED = "submit"


def ask(ticket: Ticket, plan: LoadPlan, cause: str, log: Log) -> LoadPlan:
    """Keep what the load changes, and return the plan if it may be carried out. Nothing has been written yet.

    :param cause: why the run was requested.
    :raises ChangesWait: when somebody has to look at the changes first.
    :raises ChangesRejected: when somebody has rejected them, and nobody has asked for the load since.
    """
    found = plan.difference
    if found is None:
        return plan
    waits = not ticket.dry_run and must_wait(ticket.options.review, found)
    if ticket.dry_run or waits:
        found = replace(found, by_key=keyed_rows(plan, log))
        plan = replace(plan, difference=found)
    if ticket.dry_run or waits or not found.is_first:
        differences.note(ticket.run_id, found)
    if waits:
        log.info(_approved(ticket, plan, found, cause))
    return plan


def _approved(ticket: Ticket, plan: LoadPlan, found: Difference, cause: str) -> str:
    """Return who has approved the load.

    :raises ChangesWait, ChangesRejected: when nobody has.
    """
    known = review.of_file(ticket.resource_id, plan.file_hash, plan.load_key)
    if known is not None and known.state is Answer.REJECTED and cause != ASKED:
        review.refer(known, ticket.run_id)
        raise ChangesRejected(known.decided_by or say("somebody"), known.note or "")
    if known is not None and _holds(known, found):
        return say("What the file changes was approved by {who}.", who=known.decided_by)
    review.ask_about_changes(ticket.resource_id, plan.file_hash, plan.load_key, ticket.run_id, found)
    raise ChangesWait


def _holds(known: Review, found: Difference) -> bool:
    """Return whether the file was approved, and nothing was loaded since: the changes were those from that table."""
    alike = known.difference is not None and known.difference.changes_the_same(found)
    return known.state is Answer.APPROVED and alike and not review.is_used(known)
