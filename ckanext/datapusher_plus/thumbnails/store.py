"""What is known about pictures, in CKAN's database; and the locks under which they are made and removed."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from ckan import model
from sqlalchemy.dialects.postgresql import BIT, insert

from .. import settings, waits
from ..core.thumbnail import Row
from ..model import HAS_LOADED, run
from ..model import thumbnail as table
from ..model.database import transaction

log = logging.getLogger(__name__)

#: First half of our advisory locks in CKAN's database. Second half: 0 while files change, from 1 the places of makers.
LOCKS = 0x64707074
_FILES = 0
#: Recipes of pictures whose source is a table and not a file.
_OF_TABLES = "table/%"
_COLUMNS = tuple(each.name for each in fields(Row))


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The stored pictures of a resource."""

    #: by label
    rows: Mapping[str, Row] = field(default_factory=dict)
    #: end of the last load of the resource's table, if there are pictures of it
    loaded_at: datetime | None = None


class NotPublic(Exception):
    """Not everybody may read the resource, or it is deleted."""


def find(resource_ids: Collection[str], connection: sa.Connection | None = None) -> dict[str, Found]:
    """Return the stored pictures of some resources by one query; resources without any are left out.

    :param connection: an open transaction to read in, instead of a new one.
    """
    if not resource_ids:
        return {}
    is_of_table = table.c.recipe.like(_OF_TABLES)
    loaded_at = sa.case((is_of_table, _last_load(table.c.resource_id).scalar_subquery())).label("loaded_at")
    query = sa.select(table, loaded_at).where(table.c.resource_id == sa.any_(sa.literal(list(resource_ids), _TEXTS)))
    rows: dict[str, dict[str, Row]] = {}
    loads: dict[str, datetime | None] = {}
    with nullcontext(connection) if connection else transaction() as asked:
        for found in asked.execute(query):
            rows.setdefault(found.resource_id, {})[found.label] = _row(found)
            loads[found.resource_id] = loads.get(found.resource_id) or found.loaded_at
    return {each: Found(rows=rows[each], loaded_at=loads[each]) for each in rows}


_TEXTS = sa.ARRAY(sa.Text)


def last_load(connection: sa.Connection, resource_id: str) -> datetime | None:
    """Return when the last load of the resource's table ended."""
    return connection.execute(_last_load(sa.literal(resource_id))).scalar()


def is_public(resource_id: str) -> bool:
    """Return whether a resource and its dataset are active and not private."""
    with transaction() as connection:
        return bool(connection.execute(sa.select(_is_public(sa.literal(resource_id)))).scalar())


@contextmanager
def place() -> Iterator[sa.Connection | None]:
    """Take one of the site's places for making pictures, and yield the transaction that holds it; None if none is free.

    The locks belong to a transaction, so they also work behind a pooler, and end with the process. The maker works in
    this transaction, so that many requests at once do not use up the process's connections.
    """
    with transaction() as connection:
        places = range(1, settings.current().thumbnail_at_once + 1)
        yield connection if any(_is_locked(connection, each) for each in places) else None


def keep_files(connection: sa.Connection) -> None:
    """Let nobody remove a file until the end of the transaction: a new file has no row for a moment."""
    _limit_waits(connection)
    connection.execute(sa.select(sa.func.pg_advisory_xact_lock_shared(LOCKS, _FILES)))


@contextmanager
def removing() -> Iterator[sa.Connection]:
    """Begin a transaction during which no picture is published."""
    with transaction() as connection:
        _limit_waits(connection)
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCKS, _FILES)))
        yield connection


def save(connection: sa.Connection, row: Row, began: datetime) -> tuple[Row, str]:
    """Store a picture, unless another maker has stored one since this one began; return what is stored now.

    :param began: when this maker read what is stored.
    :returns: the row, and the path that the row had before, or that of this picture if another maker won; blank if
        no file is superfluous.
    :raises NotPublic: when not everybody may read the resource any more.
    """
    _require_public(connection, row.resource_id)
    key = (table.c.resource_id == row.resource_id) & (table.c.label == row.label)
    before = connection.execute(sa.select(table.c.path).where(key).with_for_update()).scalar() or ""
    values = {**asdict(row), "made_at": sa.func.clock_timestamp()}
    given = insert(table).values(**values)
    saved = connection.execute(
        given.on_conflict_do_update(
            index_elements=["resource_id", "label"], set_=values, where=_may_replace(given.excluded, began)
        ).returning(table)
    ).one_or_none()
    if saved is not None:
        return _row(saved), before if before != row.path else ""
    winner = _row(connection.execute(sa.select(table).where(key)).one())
    return winner, row.path if row.path != winner.path else ""


def hidden(resource_ids: Collection[str] | None = None) -> dict[str, list[str]]:
    """Return the paths of pictures that nobody may see any more, by resource.

    :param resource_ids: which resources to look at; None for all.
    """
    query = sa.select(table.c.resource_id, table.c.path).where(~_is_public(table.c.resource_id))
    if resource_ids is not None:
        query = query.where(table.c.resource_id.in_(resource_ids))
    found: dict[str, list[str]] = {}
    with transaction() as connection:
        for resource_id, path in connection.execute(query):
            found.setdefault(resource_id, []).append(path)
    return found


def forget(resource_id: str, paths: Sequence[str]) -> None:
    """Remove the rows of a resource that have these paths."""
    with transaction() as connection:
        connection.execute(sa.delete(table).where(table.c.resource_id == resource_id, table.c.path.in_(paths)))


def blank(paths: Collection[str]) -> None:
    """Record that files are gone."""
    with transaction() as connection:
        connection.execute(sa.update(table).where(table.c.path.in_(paths)).values(path=""))


def used(connection: sa.Connection, paths: Collection[str]) -> set[str]:
    """Return those paths that a row has."""
    return set(connection.execute(sa.select(table.c.path).where(table.c.path.in_(paths))).scalars())


def in_slice(part: int, parts: int) -> dict[str, str]:
    """Return path and resource of the pictures of a part of all resources."""
    digits = sa.func.concat("x", sa.func.substr(sa.func.md5(table.c.resource_id), 1, 4))
    number = sa.cast(sa.cast(digits, BIT(16)), sa.Integer)
    query = sa.select(table.c.path, table.c.resource_id).where(table.c.path != "", number % parts == part)
    with transaction() as connection:
        return dict(connection.execute(query).tuples().all())


def _row(found: Any) -> Row:
    return Row(**{name: getattr(found, name) for name in _COLUMNS})


def _last_load(resource_id: Any) -> sa.Select[Any]:
    return sa.select(sa.func.max(run.c.finished_at)).where(run.c.resource_id == resource_id, HAS_LOADED)


def _is_locked(connection: sa.Connection, number: int) -> bool:
    return bool(connection.execute(sa.select(sa.func.pg_try_advisory_xact_lock(LOCKS, number))).scalar())


def _may_replace(new: Any, began: datetime) -> sa.ColumnElement[bool]:
    """Return the condition under which a maker replaces a row: it is no newer, or it is of something else."""
    return (
        (table.c.made_at < began)
        | (table.c.width.is_distinct_from(new.width) & new.width.is_not(None))
        | (table.c.recipe != new.recipe)
        | (table.c.source_modified < new.source_modified)
        | ((table.c.path == "") & (new.path != ""))
    )


def _is_public(resource_id: Any) -> sa.ColumnElement[bool]:
    return _public(resource_id).exists()


def _public(resource_id: Any) -> sa.Select[Any]:
    """Return the query for an active resource of an active dataset that is not private."""
    resource, package = model.resource_table, model.package_table
    return (
        sa.select(resource.c.id)
        .join(package, package.c.id == resource.c.package_id)
        .where(resource.c.id == resource_id, resource.c.state == model.State.ACTIVE)
        .where(package.c.state == model.State.ACTIVE, ~package.c.private)
    )


def _limit_waits(connection: sa.Connection) -> None:
    connection.execute(sa.text(f"SET LOCAL lock_timeout = '{waits.CKAN_ROW_LOCK}s'"))


def _require_public(connection: sa.Connection, resource_id: str) -> None:
    """Keep the dataset as it is until the end of the transaction: who hides it meanwhile removes what is saved here.

    :raises NotPublic: when the dataset is private, or not there.
    """
    query = _public(resource_id).with_for_update(read=True)
    if connection.execute(query).one_or_none() is None:
        raise NotPublic
