"""Convert the file to canonical CSV."""

from __future__ import annotations

from dataclasses import replace

from .. import formats
from ..checkpoint import reach
from ..core.errors import NothingToLoad
from ..core.message import say, say_n
from ..core.values import CleanCsv, Log, Source, Ticket
from ..formats import Limits, Work
from ..formats.clean_csv.writer import storable
from ..formats.sandbox.limited_fork import limited
from ..settings import current


def convert(ticket: Ticket, source: Source, log: Log) -> CleanCsv:
    """Detect the file's format and convert it to canonical CSV; a file that already is canonical is used as it is.

    :raises IngestError: when it cannot be read as a table with certainty.
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
        raise NothingToLoad(say("has no columns"))
    # unpaired surrogates, as in JSON's "\ud800", cannot be in column names
    csv = replace(csv, header=tuple(map(storable, csv.header)))
    log.info(_read_as(csv))
    reach("convert.after")
    return csv


def _read_as(csv: CleanCsv) -> str:
    width = len(csv.header)
    if not csv.encoding:
        return say_n("Read as {format}, {n} column.", "Read as {format}, {n} columns.", width, format=csv.format)
    return say_n(
        "Read as {format} in {encoding}, {n} column.",
        "Read as {format} in {encoding}, {n} columns.",
        width,
        format=csv.format,
        encoding=csv.encoding,
    )
