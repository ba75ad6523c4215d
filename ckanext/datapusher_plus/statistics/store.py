"""The statistics of resources' tables in CKAN's database, one row for each resource."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB, JSONPATH, insert
from sqlalchemy.exc import SQLAlchemyError

from .. import waits
from ..core.statistics import ColumnStatistics, TableStatistics, Withheld, from_json, to_json, withhold
from ..model import HAS_LOADED, last_load, run
from ..model import statistics as table
from ..model.database import transaction
from .personal import marked

log = logging.getLogger(__name__)

#: How often statistics of one load are begun before the sweep leaves them alone.
MOST_ATTEMPTS = 3

#: For so long after its end a run's own process may be making the statistics.
_BY_ITS_RUN = timedelta(seconds=waits.STATISTICS + waits.SWEPT_STATISTICS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a run knows of its table and the table does not show."""

    #: columns in which personal data was found
    personal: frozenset[str] = frozenset()
    #: texts of the file that were taken as NULL, such as "NA", with their counts, by column
    null_words: Mapping[str, Mapping[str, int]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A load of a table."""

    resource_id: str
    run_id: str
    load_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """What a page about a wide table needs of all its columns; reading all statistics takes longer than a page may."""

    #: without columns
    table: TableStatistics
    #: names of the columns, and their numbers of empty rows, in the order of the statistics
    names: tuple[str, ...]
    empty: tuple[int, ...]


def load(resource_id: str) -> TableStatistics | None:
    """Return the statistics of a resource's table, None when there are none.

    Columns that are marked as personal data now are without values, even if they were not when the statistics were
    made. ``stale`` is also true while the statistics of a newer load are being made.
    """
    row = _read(resource_id, table.c["columns"])
    return row and _table(row, columns=_without_personal(resource_id, row.columns))


def outline(resource_id: str) -> Outline | None:
    """Return what ``load`` returns, but of the columns only names and numbers of empty rows."""
    name, empty = (_each(f"$[*].{key}").label(key) for key in ("name", "empty"))
    row = _read(resource_id, name, empty)
    return row and Outline(table=_table(row, columns=()), names=tuple(row.name), empty=tuple(row.empty))


def columns(found: Outline, names: Sequence[str]) -> dict[str, ColumnStatistics]:
    """Return the statistics of some columns by name, as ``load`` returns them; unknown names are left out."""
    places = {name: place for place, name in enumerate(found.names)}
    wanted = [str(places[name]) for name in names if name in places]
    if not wanted:
        return {}
    query = sa.select(_each(f"$[{','.join(wanted)}]")).where(_of(found.table.resource_id))
    # of newer statistics the places may be others
    query = query.where(table.c.made_at == found.table.made_at)
    with transaction() as connection:
        stored = connection.execute(query).scalar()
    return {each.name: each for each in _without_personal(found.table.resource_id, stored or [])}


_OF_COLUMN = sa.text("""
SELECT jsonb_path_query_first(columns, '$[*] ? (@.name == $name)', jsonb_build_object('name', CAST(:name AS text)))
    AS stored
FROM datapusher_plus_statistics WHERE resource_id = :resource
""").columns(stored=JSONB)


def of_column(connection: sa.Connection, resource_id: str, name: str) -> ColumnStatistics | None:
    """Return the statistics of one column with its values, None when there are none.

    The caller must leave out the values (``withhold``) if the column is marked as personal data now.
    """
    stored = connection.execute(_OF_COLUMN, {"resource": resource_id, "name": name}).scalar()
    return stored and from_json(stored)


def _each(path: str) -> sa.ColumnElement[Any]:
    return sa.func.jsonb_path_query_array(table.c["columns"], sa.cast(path, JSONPATH), type_=JSONB)


def _read(resource_id: str, *parts: sa.ColumnElement[Any]) -> Any:
    plain = [column for column in table.c if column.name not in ("columns", "personal", "null_words")]
    query = sa.select(*plain, *parts, _newest(table.c.resource_id)).where(_of(resource_id))
    with transaction() as connection:
        return connection.execute(query.where(table.c["columns"].is_not(None))).one_or_none()


def _table(row: Any, columns: tuple[ColumnStatistics, ...]) -> TableStatistics:
    return TableStatistics(
        resource_id=row.resource_id,
        run_id=row.run_id,
        load_key=row.load_key,
        made_at=row.made_at,
        rows=row.rows,
        columns=columns,
        duplicates=row.duplicates,
        stale=row.stale or row.newest not in (None, row.run_id),
    )


def _without_personal(resource_id: str, stored: Sequence[Mapping[str, Any]]) -> tuple[ColumnStatistics, ...]:
    personal = marked(resource_id)
    found = (from_json(column) for column in stored)
    return tuple(withhold(each, Withheld.PERSONAL) if each.name in personal else each for each in found)


def expect(resource_id: str, run_id: str, known: Known) -> None:
    """Record that a run puts a new table in place, with what only the run knows of it."""
    words = {name: dict(found) for name, found in known.null_words.items()}
    with transaction() as connection:
        row = connection.execute(sa.select(table).where(_of(resource_id)).with_for_update()).one_or_none()
        # if this run fails, the table is still that of the run before
        values: dict[str, Any] = {
            "begun_for": run_id,
            "attempts": 0,
            "personal": {**_kept(row, "personal"), run_id: sorted(known.personal)},
            "null_words": {**_kept(row, "null_words"), run_id: words},
        }
        added = insert(table).values(resource_id=resource_id, **values)
        connection.execute(added.on_conflict_do_update(index_elements=["resource_id"], set_=values))


def begin(resource_id: str, run_id: str) -> Known:
    """Count one more attempt to make statistics, and return what the run knew of its table.

    From here on ``mark_stale`` is noticed by ``save``.
    """
    row = insert(table).values(resource_id=resource_id, begun_for=run_id, attempts=1)
    same = table.c.begun_for == run_id
    again = {
        "begun_for": run_id,
        "attempts": sa.case((same, table.c.attempts + 1), else_=1),
        "changed": sa.false(),
    }
    begun = row.on_conflict_do_update(index_elements=["resource_id"], set_=again)
    with transaction() as connection:
        found = connection.execute(begun.returning(table.c.personal, table.c.null_words)).one()
    return Known(
        personal=frozenset((found.personal or {}).get(run_id, ())), null_words=(found.null_words or {}).get(run_id, {})
    )


def save(made: TableStatistics) -> bool:
    """Store statistics in place of older ones; return False when another run has loaded the table meanwhile."""
    values: dict[str, Any] = {
        "run_id": made.run_id,
        "load_key": made.load_key,
        "made_at": made.made_at,
        "rows": made.rows,
        "columns": [to_json(column) for column in made.columns],
        "duplicates": made.duplicates,
    }
    row = insert(table).values(resource_id=made.resource_id, stale=made.stale, attempts=0, changed=False, **values)
    newer = {**values, "stale": table.c.changed, "attempts": 0, "changed": False}
    with transaction() as connection:
        newest = connection.execute(sa.select(_newest(made.resource_id))).scalar_one()
        if newest not in (None, made.run_id):
            return False
        connection.execute(row.on_conflict_do_update(index_elements=["resource_id"], set_=newer))
    return True


def is_stale(resource_id: str) -> bool:
    """Return whether rows were changed through the API since the statistics were made; False if there are none."""
    with transaction() as connection:
        return bool(connection.execute(sa.select(table.c.stale).where(_of(resource_id))).scalar())


def mark_stale(resource_id: str) -> None:
    """Record that rows were changed since; without statistics nothing happens."""
    change = sa.update(table).where(_of(resource_id), ~(table.c.stale & table.c.changed))
    with transaction() as connection:
        connection.execute(change.values(stale=True, changed=True))


def give_up(resource_id: str) -> None:
    """Record that statistics of the present table cannot be made, so that the sweep leaves them alone."""
    with transaction() as connection:
        connection.execute(sa.update(table).where(_of(resource_id)).values(attempts=MOST_ATTEMPTS))


def missing(limit: int) -> list[Loaded]:
    """Return loads whose statistics are expected and not made, unless their own process may still be making them."""
    left = sa.case((table.c.attempts == 0, sa.literal(waits.STATISTICS_LEFT)), else_=sa.literal(_BY_ITS_RUN))
    query = (
        sa.select(table.c.resource_id, run.c.id, run.c.load_key)
        .join(run, run.c.id == table.c.begun_for)
        .where(table.c.run_id.is_distinct_from(table.c.begun_for), table.c.attempts < MOST_ATTEMPTS)
        .where(HAS_LOADED, ~run.c.unpublished, run.c.finished_at < sa.func.now() - left)
        # by chance, so that several workers seldom make the same ones
        .order_by(sa.func.random())
        .limit(limit)
    )
    with transaction() as connection:
        return [
            Loaded(resource_id=resource_id, run_id=run_id, load_key=load_key or "")
            for resource_id, run_id, load_key in connection.execute(query)
        ]


def is_expected(resource_id: str) -> bool:
    """Return whether statistics of a resource's present table are being made, or will be tried again."""
    pending = table.c.run_id.is_distinct_from(table.c.begun_for), table.c.attempts < MOST_ATTEMPTS
    with transaction() as connection:
        return connection.execute(sa.select(table.c.resource_id).where(_of(resource_id), *pending)).first() is not None


def newest(resource_id: str) -> Loaded | None:
    """Return the load of a resource's present table, None when no run has loaded one."""
    with transaction() as connection:
        found = connection.execute(last_load(resource_id, run.c.id, run.c.load_key)).one_or_none()
    return None if found is None else Loaded(resource_id=resource_id, run_id=found.id, load_key=found.load_key or "")


def remove(resource_id: str) -> None:
    """Delete the statistics of a resource; may be repeated."""
    with transaction() as connection:
        connection.execute(sa.delete(table).where(_of(resource_id)))


def forget(resource_id: str) -> None:
    """Delete the statistics of a resource that is being deleted; that must not fail because of them."""
    try:
        remove(resource_id)
    except SQLAlchemyError:
        log.warning("the statistics of resource %s could not be deleted", resource_id, exc_info=True)


def _kept(row: sa.Row[Any] | None, name: str) -> dict[str, Any]:
    """Return what the run knew whose table the stored statistics describe."""
    found = (row and getattr(row, name)) or {}
    return {run_id: known for run_id, known in found.items() if row is not None and run_id == row.run_id}


def _of(resource_id: str) -> sa.ColumnElement[bool]:
    return table.c.resource_id == resource_id


def _newest(resource_id: str | sa.ColumnElement[str]) -> sa.Label[str]:
    """Return the query for the id of the run that loaded a resource's table last."""
    return last_load(resource_id, run.c.id).scalar_subquery().label("newest")
