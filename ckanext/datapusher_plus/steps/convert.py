"""Make canonical CSV of the file."""

from __future__ import annotations

from dataclasses import replace

from .. import formats
from ..checkpoint import reach
from ..core.errors import NothingToLoad
from ..core.values import CleanCsv, Log, Source, Ticket
from ..formats import Limits, Work
from ..formats.clean_csv.writer import storable
from ..formats.sandbox.limited_fork import limited
from ..settings import current


def convert(ticket: Ticket, source: Source, log: Log) -> CleanCsv:
    """Find out what the file is and make canonical CSV of it; the very file when it is that already.

    :raises IngestError: when it is no table that can be read for certain.
    :raises NothingToLoad: when it is empty, or has no columns.
    """
    for doubt in ticket.doubts:
        log.warning(doubt)
    limits = Limits(unpacked=current().max_unpacked_bytes)
    work = Work(dir=ticket.work_dir, log=log, options=ticket.options, limits=limits, format=ticket.format)

    def read(log: Log) -> CleanCsv:
        return formats.detect(source, ticket.format).convert(source, replace(work, log=log))

    csv = limited(read, log, size=source.size)
    if not csv.header:
        raise NothingToLoad("has no columns")
    # halves of letters, as in JSON's "\ud800", are no names of columns
    csv = replace(csv, header=tuple(map(storable, csv.header)))
    encoding = f" in {csv.encoding}" if csv.encoding else ""
    log.info(f"Read as {csv.format}{encoding}, {len(csv.header):,} columns.")
    reach("convert.after")
    return csv
