"""Plan the new table from the file and the Data Dictionary."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import replace
from functools import partial

from .. import settings
from ..checkpoint import reach
from ..core.automatic_indexes import IndexRules
from ..core.changes import LastLoad, changes, first_of_all
from ..core.dictionary.comment import content_of
from ..core.dictionary.merge import written_by_people
from ..core.dictionary.model import Dictionary
from ..core.dictionary.renames import likely_renames, offers
from ..core.difference import difference, first_load
from ..core.errors import NothingToLoad
from ..core.load_plan import LoadRules, plan_load, type_rules
from ..core.message import say
from ..core.naming import is_heading
from ..core.quarantine import Check
from ..core.types.column_type import still_open, wanted_type
from ..core.types.patterns import Form
from ..core.types.type_notes import notes
from ..core.types.written import written
from ..core.values import Analysed, CleanCsv, ColumnProfile, ColumnSpec, LoadPlan, Log, Source, Strategy, Ticket
from ..datastore import catalog, connect
from ..engines.base import Can
from ..recovery.kept_dictionary import kept_dictionary
from . import choose_indexes, choose_rows, extent
from .analyse import engine_for, look_closer
from .quarantine import sift

_UNKNOWN = LastLoad()


def plan(ticket: Ticket, source: Source, analysed: Analysed, log: Log, last: LastLoad = _UNKNOWN) -> LoadPlan:
    """Decide the columns, their types and what must be kept; nothing is written.

    :param last: the load whose rows are in the table now.
    :raises NothingToLoad: when the file has no rows, and there is a table whose rows they would replace.
    :raises ValueDoesNotFit: when a value does not fit the type that the dictionary sets.
    """
    with connect.connect() as connection:
        live = catalog.dictionary(connection, ticket.resource_id)
        if live is not None and not analysed.rows:
            raise NothingToLoad(
                say("has a header line but no rows") if analysed.csv.first_line else say("holds no rows")
            )
        if live is not None and last.rows is None:
            last = replace(last, rows=catalog.rows_of(connection, ticket.resource_id))
    kept = kept_dictionary(ticket.resource_id, live, log)
    made = decide(ticket, analysed, kept, live=live is not None, file_hash=source.hash, log=log, last=last)
    made = choose_rows.without_repeats(made, ticket.options, log)
    made = choose_indexes.choose(extent.find(made, log), rules().indexes, log)
    made = choose_rows.cut(made, ticket.options, log)
    made = tell(made, analysed, last, log, ticket.options.chosen)
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
    """Decide columns and types by the file, the dictionary and the site's settings, and log the notes about them.

    :raises ValueDoesNotFit: when a value does not fit the type that the dictionary sets.
    """
    decided_by = type_rules(analysed, ticket.options, rules())

    def questions_about(profile: ColumnProfile) -> Sequence[Form]:
        return still_open(profile, kept.column(profile.name) if kept else None, decided_by)

    analysed = look_closer(analysed, ticket.options, questions_about)
    made = plan_load(ticket, analysed, kept=kept, live=live, file_hash=file_hash, rules=rules())
    for note in notes(analysed.columns, made.columns, kept=kept, rules=decided_by):
        (log.warning if note.warning else log.info)(note.text)
    fitting = _fitting(analysed, made.columns, log)
    made = replace(made, csv=fitting, rows=analysed.rows if fitting.rows is None else fitting.rows)
    how = written(analysed.columns, made.columns, decided_by.hints)
    made = replace(made, null_words=_null_words(analysed.columns, made.columns), written=how)
    return _compared(made, kept, last) if kept else made


def tell(made: LoadPlan, analysed: Analysed, last: LastLoad, log: Log, chosen: Container[str] = ()) -> LoadPlan:
    """Log what changes in the table, once it is known which rows are loaded.

    What a publisher must look at first is in the plan's ``warnings``; the caller has to log it.

    :param chosen: as ``ReadOptions.chosen``.
    """
    found = made.difference and replace(made.difference, rows=made.rows)
    first = first_of_all(analysed, found, read_as=made.read_as, before=last.read_as, chosen=chosen)
    made = replace(made, difference=found, warnings=first)
    if not made.live or found is None:
        return replace(made, difference=first_load(made.columns, made.rows))
    for note in changes(found):
        log.info(note.text)
    return made


def _null_words(profiles: Sequence[ColumnProfile], columns: Sequence[ColumnSpec]) -> dict[str, Mapping[str, int]]:
    """Return the texts that become NULL, with their counts; in a column of texts none does."""
    pairs = ((profile, column) for profile, column in zip(profiles, columns, strict=True) if column.type != "text")
    return {column.name: profile.null_words for profile, column in pairs if profile.null_words}


def _fitting(analysed: Analysed, columns: Sequence[ColumnSpec], log: Log) -> CleanCsv:
    """Return the table without the rows that have a value that does not fit its column's type.

    Only columns are checked for which the profile does not show that all values fit.

    :raises ValueDoesNotFit, RaggedRow: naming the first row that cannot be loaded, when there are too many such rows.
    """
    accepts = {position: column.accepts for position, column in enumerate(columns) if column.accepts is not None}
    if not accepts:
        return analysed.csv
    engine = engine_for(analysed.csv.path.parent, Can.FIND_MISFITS)
    first = {misfit.position: misfit.row for misfit in engine.misfits(analysed.csv, accepts)}
    for column in (columns[position] for position in accepts if position not in first):
        log.info(
            say(
                "Every value of “{column}” can be read as {type}, as the Data Dictionary asks.",
                column=column.name,
                type=column.type,
            )
        )
    if not first:
        return analysed.csv
    checks = [
        Check(position=position, column=columns[position].name, type=columns[position].type, accepts=accepts[position])
        for position in first
    ]
    counted = replace(analysed.csv, rows=analysed.rows)
    return sift(counted, "fitting.csv", log, checks=checks, fine=min(first.values()) - 1)


def _compared(made: LoadPlan, before: Dictionary, last: LastLoad) -> LoadPlan:
    """Return the plan with the difference from the table, and the columns that were probably renamed."""
    current = settings.current()
    heading = partial(is_heading, unsafe_prefix=current.unsafe_prefix, reserved=current.reserved_colnames)
    found = difference(
        made.columns,
        before,
        rows=made.rows,
        rows_before=last.rows if made.live else None,
        overridden=[column.name for column in before.columns if wanted_type(column)],
        described=[column.name for column in before.columns if content_of(written_by_people(column, heading))],
    )
    if not made.live:
        return replace(made, difference=found)
    renamed = tuple((rename.old, rename.new) for rename in likely_renames(before, made.columns))
    offered = offers(before, made.columns, (*renamed, *(last.renamed or ())), heading)
    return replace(made, difference=replace(found, renamed=renamed, offers=offered), renamed=offered)


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
        indexes=IndexRules(
            most_values=current.auto_index_threshold,
            least_values=current.auto_index_min_threshold,
            dates=current.auto_index_dates,
            unique=current.auto_unique_index,
        ),
        alias=current.auto_alias,
        flow=current.prefect_flow,
    )
