"""The file and the Data Dictionary meet: what table there will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from .. import dictionary_stash, settings
from ..checkpoint import reach
from ..core.changes import Before, LastLoad, changes, first_of_all
from ..core.dictionary.model import Column, Dictionary
from ..core.dictionary.renames import likely_renames, offers
from ..core.errors import NothingToLoad, StashUnreadable
from ..core.load_plan import LoadRules, plan_load, type_rules
from ..core.naming import is_heading, reserved_names
from ..core.types.column_type import still_open, wanted_type
from ..core.types.patterns import Form
from ..core.types.type_notes import notes
from ..core.values import Analysed, ColumnProfile, LoadPlan, Log, Source, Strategy, Ticket
from ..datastore import catalog, connect
from . import fits
from .analyse import look_closer

_UNKNOWN = LastLoad()


def plan(ticket: Ticket, source: Source, analysed: Analysed, log: Log, last: LastLoad = _UNKNOWN) -> LoadPlan:
    """Decide columns, types and what must survive; nothing is written.

    :param last: the load whose rows are in the table.
    :raises NothingToLoad: when the file has no rows, and there is a table that they would replace.
    :raises ValueDoesNotFit: when the dictionary asks for a type that a value does not fit.
    """
    with connect.connect() as connection:
        live = catalog.dictionary(connection, ticket.resource_id)
        if live is not None and not analysed.rows:
            raise NothingToLoad("has a header line but no rows" if analysed.csv.first_line else "holds no rows")
        if live is not None and last.rows is None:
            last = replace(last, rows=catalog.rows_of(connection, ticket.resource_id))
    kept = kept_dictionary(ticket.resource_id, live, log)
    made = decide(ticket, analysed, kept, live=live is not None, file_hash=source.hash, log=log, last=last)
    reach("plan.after")
    return made


def decide(
    ticket: Ticket,
    analysed: Analysed,
    kept: Dictionary | None,
    *,
    live: bool,
    file_hash: str,
    log: Log,
    last: LastLoad = _UNKNOWN,
) -> LoadPlan:
    """Decide columns and types by the file, the dictionary and the site's settings, and tell what is worth knowing.

    What a publisher must look at first is in the plan's ``warnings``; it is for the caller to log.

    :raises ValueDoesNotFit: when the dictionary asks for a type that a value does not fit.
    """
    decided_by = type_rules(analysed, ticket.options, rules())

    def questions_about(profile: ColumnProfile) -> Sequence[Form]:
        return still_open(profile, kept.column(profile.name) if kept else None, decided_by)

    analysed = look_closer(analysed, ticket.options, questions_about)
    made = plan_load(ticket, analysed, kept=kept, live=live, file_hash=file_hash, rules=rules())
    warnings = first_of_all(analysed, made.columns, kept=kept, read_as=last.read_as)
    for note in notes(analysed.columns, made.columns, kept=kept, rules=decided_by):
        (log.warning if note.warning else log.info)(note.text)
    fitting = fits.check(analysed, made.columns, log)
    made = replace(made, csv=fitting, rows=analysed.rows if fitting.rows is None else fitting.rows, warnings=warnings)
    return _compared(made, kept, last, log) if kept and live else made


def _compared(made: LoadPlan, before: Dictionary, last: LastLoad, log: Log) -> LoadPlan:
    """Log what changes about the table, and return the plan with the columns that were probably renamed."""
    current = settings.current()
    heading = partial(is_heading, unsafe_prefix=current.unsafe_prefix, reserved=current.reserved_colnames)
    renames = likely_renames(before, made.columns)
    known = (*((rename.old, rename.new) for rename in renames), *(last.renamed or ()))
    offered = offers(before, made.columns, known, heading)
    overridden = [column.name for column in before.columns if wanted_type(column)]
    found = changes(
        made.columns,
        Before(dictionary=before, rows=last.rows),
        rows=made.rows,
        overridden=overridden,
        renames=renames,
        offers=offered,
    )
    for note in found:
        log.info(note.text)
    return replace(made, renamed=offered)


def rules() -> LoadRules:
    """Return the settings that decide what a table looks like."""
    current = settings.current()
    return LoadRules(
        type_mapping=current.type_mapping,
        null_values=current.null_values,
        prefer_dmy=current.prefer_dmy,
        unsafe_prefix=current.unsafe_prefix,
        reserved_colnames=current.reserved_colnames,
        strategy=Strategy(current.load_strategy),
    )


def kept_dictionary(resource_id: str, live: Dictionary | None, log: Log) -> Dictionary | None:
    """Return the dictionary that must survive: the live table's, else the stash's, with what vanished before.

    :raises StashUnreadable: when there is no table and nobody can tell what is on disk.
    """
    stash, gone = _on_disk(resource_id, live, log)
    if live is None and stash:
        log.info(
            f"The table is not there; its Data Dictionary is taken from the stash of run {stash.run_id or 'unknown'}, "
            f"stash age {stash.age:.0f} s."
        )
    # a live table wins over the stash, which only fills columns that nobody has written about
    kept = live.filled_from(stash.dictionary) if live and stash else live or (stash.dictionary if stash else None)
    if stash:
        gone += tuple(column for column in stash.dictionary.vanished if column not in gone)
    if kept is None:
        return _named_as_now(Dictionary(columns=(), vanished=gone)) if gone else None
    return _named_as_now(kept.with_vanished(gone))


def _named_as_now(kept: Dictionary) -> Dictionary:
    """Return a dictionary in which columns have the names that they get now, when some were not reserved before."""
    names = [column.name for column in (*kept.columns, *kept.vanished)]
    return kept.renamed(reserved_names(names, settings.current().reserved_colnames))


def _on_disk(
    resource_id: str, live: Dictionary | None, log: Log
) -> tuple[dictionary_stash.Stash | None, tuple[Column, ...]]:
    try:
        return dictionary_stash.load(resource_id), dictionary_stash.vanished(resource_id)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        # without a table the words may be on disk and nowhere else
        if live is None and settings.current().dictionary_stash_required:
            raise StashUnreadable(reason) from error
        log.warning(f"The Data Dictionary's stash cannot be read ({reason}); the run goes on with the table's own.")
        return None, ()
