"""Clear the stash after a successful load, once the live table has everything that the stash holds."""

from __future__ import annotations

from .. import dictionary_stash
from ..checkpoint import reach
from ..core.dictionary import merge
from ..core.dictionary.model import Column, Dictionary
from ..core.message import join, say
from ..core.values import Log
from ..datastore import catalog, connect, ddl
from ..datastore.connect import Connection
from ..dictionary_stash.history import Why
from .restore import has_table, restore


def settle(resource_id: str, log: Log) -> None:
    """Clear the resource's stash; if the table is missing, it is first restored from the stash.

    The caller must hold the resource's lock.
    """
    reach("settle.before")
    stash = dictionary_stash.load(resource_id)
    if stash is None and not dictionary_stash.removed(resource_id):
        return
    if not has_table(resource_id):
        restore(resource_id, log)
    with connect.connect(autocommit=True) as connection:
        live = catalog.dictionary(connection, resource_id)
        if live is None:
            return
        missing = _verify(connection, resource_id, live, stash.dictionary) if stash else ()
    if missing:
        log.warning(
            say("The Data Dictionary's stash is kept, because the table lacks {columns}.", columns=join(missing, ", "))
        )
        return
    reach("settle.checked")
    dictionary_stash.remember(resource_id, _gone(resource_id, live, stash.dictionary if stash else None))
    if stash:
        _keep(stash, log)
    reach("stash.clearing")
    dictionary_stash.clear(resource_id)
    reach("stash.cleared")


def _keep(stash: dictionary_stash.Stash, log: Log) -> None:
    """Keep the dictionary as it was before the load, so that it can be restored later."""
    try:
        dictionary_stash.history.keep(stash.resource_id, stash.dictionary, why=Why.LOAD, run_id=stash.run_id)
    except OSError as error:
        log.warning(
            say(
                "The earlier Data Dictionary could not be kept ({reason}); the table's own is complete.",
                reason=error.strerror,
            )
        )


def _verify(connection: Connection, table: str, live: Dictionary, stashed: Dictionary) -> tuple[str, ...]:
    """Set stashed comments on columns that have none, and return what else of the stash the table lacks."""
    ddl.run(connection, ddl.column_comments(ddl.public(table), merge.missing_comments(live, stashed)))
    columns = {column.name for column in live.columns}
    keys = (key for key in stashed.unique_keys if columns.issuperset(key) and key not in live.unique_keys)
    triggers = {trigger.name for trigger in live.triggers}
    return (
        *(say("the alias {alias}", alias=alias) for alias in stashed.aliases if alias not in live.aliases),
        *(say("the unique key ({columns})", columns=", ".join(key)) for key in keys),
        *(
            say("the trigger {trigger}", trigger=trigger.name)
            for trigger in stashed.triggers
            if trigger.name not in triggers
        ),
    )


def _gone(resource_id: str, live: Dictionary, stashed: Dictionary | None) -> tuple[Column, ...]:
    """Return the columns that the table does not have and that have a comment, in the stash or kept from before."""
    before = (*stashed.columns, *stashed.removed) if stashed else ()
    return live.with_removed(merge.remembered(dictionary_stash.removed(resource_id), before)).removed
