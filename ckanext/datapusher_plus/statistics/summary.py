"""The summary statistics resource: the statistics of a table as a table of its own, as DataPusher+ makes it."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from typing import Any

from .. import portal, settings
from ..core.statistics import ColumnStatistics, TableStatistics
from ..datastore import replace_rows
from . import store

log = logging.getLogger(__name__)

#: Columns of the table; DataPusher+'s names where it has the same figure.
FIELDS = (
    ("field", "text"),
    ("type", "text"),
    ("nullcount", "numeric"),
    ("cardinality", "numeric"),
    ("min", "text"),
    ("max", "text"),
    ("sum", "numeric"),
    ("mean", "numeric"),
    ("stddev", "numeric"),
    ("q1", "numeric"),
    ("q2_median", "numeric"),
    ("q3", "numeric"),
    ("min_length", "numeric"),
    ("max_length", "numeric"),
    ("true_count", "numeric"),
    ("false_count", "numeric"),
    ("top_values", "text"),
)


def update(made: TableStatistics | None) -> None:
    """Put the statistics into the summary resource, and create that if necessary; without the option do nothing."""
    if made is None or not settings.current().add_summary_stats_resource:
        return
    rows = [row(column) for column in made.columns]
    resource_id = portal.summary_of(made.resource_id)
    if resource_id is None:
        portal.create_summary(made.resource_id, FIELDS, rows)
    else:
        replace_rows.replace_rows(resource_id, [name for name, _ in FIELDS], rows)


def rewrite(resource_id: str) -> None:
    """Take the values of columns that have just been marked as personal data out of the summary resource."""
    if settings.current().add_summary_stats_resource and portal.summary_of(resource_id):
        update(store.load(resource_id))


def row(column: ColumnStatistics) -> list[Any]:
    """Return the row of one column."""
    quartiles: Sequence[float | None] = column.quartiles or (None, None, None)
    return [
        column.name,
        column.type,
        column.empty,
        column.distinct,
        column.least,
        column.greatest,
        column.sum,
        column.mean,
        column.deviation,
        *quartiles,
        column.shortest,
        column.longest,
        column.true,
        column.false,
        json.dumps([list(pair) for pair in column.top], ensure_ascii=False) if column.top else None,
    ]
