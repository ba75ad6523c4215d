"""The Data Dictionary that must be kept: that of the live table, with what it lacks from the stash."""

from __future__ import annotations

from .. import dictionary_stash, settings
from ..core.dictionary import merge
from ..core.dictionary.model import Column, Dictionary
from ..core.errors import StashUnreadable
from ..core.message import say
from ..core.naming import reserved_names
from ..core.values import Log


def kept_dictionary(resource_id: str, live: Dictionary | None, log: Log) -> Dictionary | None:
    """Return the dictionary to keep: the live table's, else the stash's, with the columns that were removed earlier.

    :raises StashUnreadable: when there is no table, the stash cannot be read and ``dictionary_stash_required`` is set.
    """
    stash, gone = _on_disk(resource_id, live, log)
    if live is None and stash:
        log.info(
            say(
                "The table is not there; its Data Dictionary is taken from the stash of run {run}, stash age "
                "{seconds} s.",
                run=stash.run_id or say("unknown"),
                seconds=round(stash.age),
            )
        )
    kept = merge.surviving(live, stash.dictionary if stash else None)
    if stash:
        gone = merge.remembered(gone, stash.dictionary.removed)
    if kept is None:
        return _named_as_now(Dictionary(columns=(), removed=gone)) if gone else None
    return _named_as_now(kept.with_removed(gone))


def _named_as_now(kept: Dictionary) -> Dictionary:
    """Return the dictionary with the columns' present names: names that have become reserved are changed."""
    names = [column.name for column in (*kept.columns, *kept.removed)]
    return kept.renamed(reserved_names(names, settings.current().reserved_colnames))


def _on_disk(
    resource_id: str, live: Dictionary | None, log: Log
) -> tuple[dictionary_stash.Stash | None, tuple[Column, ...]]:
    try:
        return dictionary_stash.load(resource_id), dictionary_stash.removed(resource_id)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        # without a table the labels and descriptions may exist only on disk
        if live is None and settings.current().dictionary_stash_required:
            raise StashUnreadable(reason) from error
        log.warning(
            say(
                "The Data Dictionary's stash cannot be read ({reason}); the run continues with the table's own.",
                reason=reason,
            )
        )
        return None, ()
