"""``statistics``: show the statistics of a resource's table, and make them anew."""

from __future__ import annotations

import json
from collections.abc import Iterator

import click

from .. import waits
from ..core.errors import IngestError
from ..core.safe_text import cut, escaped
from ..core.statistics import ColumnStatistics, TableStatistics, Withheld
from ..logic.statistics import as_reply
from ..statistics import store, summary
from ..statistics.make import Job, make

#: Characters of a name and of a value in a line.
_NAME, _VALUE = 24, 20
_WHY = {
    Withheld.PERSONAL: "personal data: no values",
    Withheld.UNIQUE: "all different: no frequent values",
}


@click.command(short_help="Show the statistics of a table.")
@click.argument("resource")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")
@click.option("--refresh", is_flag=True, help="Make them anew from the present table first.")
def statistics(resource: str, as_json: bool, refresh: bool) -> None:
    """Show the statistics of every column of the table of RESOURCE (an id)."""
    if refresh:
        _refresh(resource)
    found = store.load(resource)
    if found is None:
        raise click.ClickException(
            f"There are no statistics of resource {resource!r}. Use --refresh to make them from its table."
        )
    if as_json:
        click.echo(json.dumps(as_reply(found), indent=2, ensure_ascii=False))
        return
    for line in _lines(found):
        click.echo(line.rstrip())


def _refresh(resource: str) -> None:
    loaded = store.newest(resource)
    if loaded is None:
        raise click.ClickException(f"No load of this plugin has made a table for resource {resource!r}.")
    job = Job(resource_id=resource, run_id=loaded.run_id, load_key=loaded.load_key, seconds=waits.ASKED_STATISTICS)
    try:
        made = make(job)
    except IngestError as error:
        raise click.ClickException(f"The statistics could not be made. {error}") from error
    if made is None:
        raise click.ClickException("The resource has no table, or a load is replacing it. Try again later.")
    summary.update(made)


def _lines(found: TableStatistics) -> Iterator[str]:
    stale = " The table has changed since." if found.stale else ""
    yield f"{found.rows:,} rows, {len(found.columns):,} columns; made {found.made_at:%Y-%m-%d %H:%M:%S %Z}.{stale}"
    yield ""
    yield _row("column", "type", "empty", "distinct", "least", "greatest", "mean", "most frequent")
    for column in found.columns:
        yield _row(
            column.name,
            column.type,
            f"{column.empty:,}",
            f"{column.distinct:,}",
            column.least or "",
            column.greatest or "",
            "" if column.mean is None else f"{column.mean:.6g}",
            _most(column),
        )


def _row(name: str, kind: str, empty: str, distinct: str, least: str, greatest: str, mean: str, most: str) -> str:
    numbers = f"{empty:>11}  {distinct:>11}"
    ends = f"{cut(escaped(least), _VALUE):{_VALUE}}  {cut(escaped(greatest), _VALUE):{_VALUE}}"
    return f"{cut(escaped(name), _NAME):{_NAME}}  {kind:11}  {numbers}  {ends}  {mean:>12}  {cut(escaped(most), 60)}"


def _most(column: ColumnStatistics) -> str:
    if column.withheld is not None:
        return _WHY[column.withheld]
    if column.true is not None:
        return f"true ({column.true:,}), false ({column.false:,})"
    return ", ".join(f"{value} ({count:,})" for value, count in column.top[:3])
