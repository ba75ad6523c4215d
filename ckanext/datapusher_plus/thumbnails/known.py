"""What is known of the table of a resource: the statistics of the columns whose values a picture may show."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH

from .. import settings
from ..core.dictionary.model import Column
from ..core.dictionary.personal import is_personal
from ..core.statistics import ColumnStatistics, Withheld, from_json
from ..model import last_load, run
from ..model import statistics as table
from ..model.database import transaction
from .picture import CannotDrawNow, NothingToDraw

#: Columns of a wide table that are looked at.
_MOST_COLUMNS = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The statistics of a table."""

    rows: int
    columns: tuple[ColumnStatistics, ...]
    #: columns in which a run has found personal data
    personal: frozenset[str]

    def shown(self, present: Iterable[Column]) -> tuple[ColumnStatistics, ...]:
        """Return the columns whose values a picture may show.

        :param present: columns of the table as it is now, with what the Data Dictionary says.
        """
        types = {column.name: column.type for column in present if not is_personal(column.comment)}
        return tuple(
            column
            for column in self.columns
            if column.withheld is not Withheld.PERSONAL
            and column.name not in self.personal
            and types.get(column.name) == column.type
        )


def read(resource_id: str) -> Known:
    """Return the statistics of the table that a resource has now.

    :raises NothingToDraw: when there are none.
    :raises CannotDrawNow: when they are being made.
    """
    newest = last_load(resource_id, run.c.id).scalar_subquery().label("newest")
    first = sa.func.jsonb_path_query_array(
        table.c["columns"], sa.cast(f"$[0 to {_MOST_COLUMNS - 1}]", JSONPATH), type_=JSONB
    )
    query = sa.select(table.c.run_id, table.c.begun_for, table.c.rows, table.c.personal, first.label("stored"), newest)
    with transaction() as connection:
        found = connection.execute(query.where(table.c.resource_id == resource_id)).one_or_none()
    if found is None or found.run_id is None or found.newest not in (None, found.run_id):
        if found is not None and settings.current().statistics and found.begun_for == found.newest:
            raise CannotDrawNow("The statistics of the table are not made yet; try again later.")
        raise NothingToDraw("There are no statistics of the table, from which its picture is made.")
    return Known(
        rows=found.rows,
        columns=tuple(from_json(column) for column in found.stored or ()),
        personal=frozenset(name for names in (found.personal or {}).values() for name in names),
    )
