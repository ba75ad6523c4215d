"""Leave out the rows that cannot be loaded, and keep them for the publisher."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..core import quarantine
from ..core.errors import RaggedRow, RowsRefused, ValueDoesNotFit
from ..core.message import say
from ..core.quarantine import Check, Rejected, Share, place_of
from ..core.types.plain_names import plain_name
from ..core.values import CleanCsv, Log
from ..formats.clean_csv import quarantine as sifting
from ..formats.clean_csv.quarantine import Job, Reject, shape_of
from ..formats.sandbox.limited_fork import limited
from ..settings import current

#: characters of a value that a message shows
_SHOWN = 100


def sift(csv: CleanCsv, target: str, log: Log, *, checks: Sequence[Check] = (), fine: int = 0) -> CleanCsv:
    """Return a validated table without the rows that cannot be loaded, in a new file called ``target``.

    :param checks: what the values of some columns must be.
    :param fine: number of rows at the start of the table that pass all checks.
    :raises RaggedRow, ValueDoesNotFit: naming the first row that cannot be loaded, when there are too many such rows.
    """
    total = (csv.rows or 0) + (csv.rejected.rows if csv.rejected else 0)
    share = Share(rejected=0, total=total, limit=current().max_quarantine_pct)
    original = csv.original or csv.path
    rejects = original.with_name(quarantine.FILE)
    source = replace(csv, path=original)
    job = Job(csv=source, shape=shape_of(source), checks=checks, fine=fine, most=share.most)
    size = original.stat().st_size
    found = limited(lambda _: sifting.sift(job, original.with_name(target), rejects), log, size=size)
    share = replace(share, rejected=found.rejected)
    rejected = Rejected(rows=found.rejected, total=total, path=rejects, listed=found.listed) if found.rejected else None
    if found.first and not share.allowed:
        refusal = _refusal(found.first, csv, share)
        refusal.rejected = rejected
        raise refusal
    _log_left_out(found, csv, log)
    return replace(csv, path=original.with_name(target), original=original, rows=found.rows, rejected=rejected)


def _refusal(first: Reject, csv: CleanCsv, share: Share) -> RowsRefused:
    fault = first.faults[0]
    if fault.column is None:
        return RaggedRow(first.number, first.width, len(csv.header), share)
    return ValueDoesNotFit(fault.column, fault.value[:_SHOWN], fault.type, first.number, csv.counts, share)


def _log_left_out(found: sifting.Sifted, csv: CleanCsv, log: Log) -> None:
    ragged = found.rejected - found.misfits
    if found.misfits and found.first_misfit:
        misfit = found.first_misfit
        fault = misfit.faults[0]
        where = say(
            "{place}: “{value}” in column “{column}” is not {kind}",
            place=place_of(csv.counts, misfit.number),
            value=fault.value[:_SHOWN],
            column=fault.column or "",
            kind=plain_name(fault.type),
        )
        log.warning(
            say(
                "Rows with values that do not fit the types of the Data Dictionary, left out: {rows}. The first is "
                "{where}.",
                rows=found.misfits,
                where=where,
            )
        )
    elif ragged and found.first:
        log.warning(
            say(
                "Rows with more or fewer fields than the header, left out: {rows}. The first is {place}: it has "
                "{fields}, the header {expected}.",
                rows=ragged,
                place=place_of(csv.counts, found.first.number),
                fields=found.first.width,
                expected=len(csv.header),
            )
        )
