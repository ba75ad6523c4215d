"""Save the Data Dictionary to disk before anything is changed, and open the run's row in the journal."""

from __future__ import annotations

from .. import dictionary_stash, settings
from ..checkpoint import reach
from ..core.dictionary.model import Column, Dictionary
from ..core.errors import StashFailed
from ..core.message import say
from ..core.values import LoadPlan, Log, Strategy
from ..datastore import connect, journal


def stash(plan: LoadPlan, log: Log) -> LoadPlan:
    """Save what people have set on the table, and open the run's row in the journal.

    :raises StashFailed: when saving fails and labels and descriptions would be lost.
    """
    reach("stash.before")
    if plan.kept:
        _save(plan, plan.kept, log)
    with connect.connect(autocommit=True) as connection:
        journal.prepare(connection)
        with connection.transaction():
            journal.begin(connection, plan.resource_id, plan.run_id, "undo" if plan.undo else plan.strategy.value)
            reach("journal.begun")
    reach("stash.saved")
    return plan


def _save(plan: LoadPlan, kept: Dictionary, log: Log) -> None:
    leaving = _leaving(plan, kept)
    try:
        if kept.columns:
            dictionary_stash.save(plan.resource_id, kept, run_id=plan.run_id)
        dictionary_stash.remember(plan.resource_id, leaving)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        # under swap the old table keeps its dictionary until the commit, but that of removed columns is dropped with it
        if settings.current().dictionary_stash_required and (plan.strategy is Strategy.REPLACE or leaving):
            raise StashFailed(reason) from error
        log.warning(
            say(
                "The Data Dictionary could not be stashed ({reason}); the old table keeps it until the commit.",
                reason=reason,
            )
        )
    else:
        log.debug(f"Data Dictionary of {len(kept.columns)} columns stashed.")


def _leaving(plan: LoadPlan, kept: Dictionary) -> list[Column]:
    """Return the commented columns that the new table does not have, and those that were removed earlier."""
    staying = {column.name for column in plan.columns}
    leaving = [column for column in kept.columns if column.name not in staying and column.comment is not None]
    return [*leaving, *kept.removed]
