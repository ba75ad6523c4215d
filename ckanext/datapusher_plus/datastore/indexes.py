"""Build the indexes of a staged table after it is filled, several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

import psycopg
from psycopg import errors, sql

from .. import settings
from ..checkpoint import reach
from ..core import index_build, table_names
from ..core.errors import UniqueKeyBroken
from ..core.index_build import Means, Spare
from ..core.index_plan import Index, TextSearch
from ..core.message import say
from . import catalog, ddl, parallel
from .parallel import Work
from .spare import spare

#: Errors that mean that an index that was added to the old table is not possible on the new one.
_IMPOSSIBLE = (errors.ProgrammingError, errors.DataError, errors.NotSupportedError, errors.ProgramLimitExceeded)


def text_search() -> TextSearch:
    """Return the site's settings for full-text indexes."""
    from ckan.plugins import toolkit as tk

    method = settings.current().full_text_index
    return TextSearch(
        method=tk.config["ckan.datastore.default_fts_index_method"] if method == "ckan" else method,
        language=tk.config["ckan.datastore.default_fts_lang"],
        types=frozenset(tk.config["ckan.datastore.default_fts_index_field_types"]),
    )


def build(
    connection: psycopg.Connection,
    table: str,
    wanted: Sequence[Index],
    *,
    connections: int,
    warn: Callable[[str], None],
    done: Callable[[], None] = lambda: None,
) -> None:
    """Build the primary key, unless the staged ``table`` has it, and the wanted indexes.

    :raises UniqueKeyBroken: when the rows violate a unique key.
    """
    found, version = spare(connection, table), connection.info.server_version
    alone = index_build.first_alone(wanted, found, version=version)
    if alone:
        means = index_build.for_index(alone, _means(found), found, version=version)
        parallel.run([_work(table, alone, warn, means)], 1, connection, done=done)
    rest = [index for index in wanted if index is not alone]
    each = _means(found, at_once=min(connections, len(rest) + 1))
    key = partial(_build_one, partial(_key_index, table, each))
    works = [_work(table, index, warn, index_build.for_index(index, each, found, version=version)) for index in rest]
    parallel.run([key, *works], connections, connection, done=done)
    _attach_key(connection, table)


def early(connection: psycopg.Connection, table: str, index: Index, warn: Callable[[str], None]) -> Work:
    """Return the work that builds one index of the staged ``table`` while other sessions fill in rows beside it."""
    return _work(table, index, warn, means_for(connection, table, [index])[0])


def means_for(connection: psycopg.Connection, table: str, wanted: Sequence[Index]) -> list[Means]:
    """Return what each of the indexes of a table may use that are built one after another."""
    found, version = spare(connection, table), connection.info.server_version
    return [index_build.for_index(index, _means(found), found, version=version) for index in wanted]


def _means(found: Spare, *, at_once: int = 1) -> Means:
    return index_build.means(found, limit=settings.current().index_memory, at_once=at_once)


def _work(table: str, index: Index, warn: Callable[[str], None], means: Means) -> Work:
    return partial(_build_one, partial(_build, table, index, warn, means))


def _build_one(build: Work, connection: psycopg.Connection) -> None:
    reach("index.before")
    build(connection)
    reach("index.built")


def _key_index(table: str, means: Means, connection: psycopg.Connection) -> None:
    """Build only the primary key's index, so that other indexes can be built at the same time.

    Adding the constraint itself takes a lock that excludes them.
    """
    if _lacks_key(connection, table):
        _use(connection, means)
        create = sql.SQL("CREATE UNIQUE INDEX {} ON {} (_id)")
        connection.execute(create.format(sql.Identifier(table_names.primary_key(table)), ddl.public(table)))


def _attach_key(connection: psycopg.Connection, table: str) -> None:
    if _lacks_key(connection, table):
        add = sql.SQL("ALTER TABLE {} ADD PRIMARY KEY USING INDEX {}")
        connection.execute(add.format(ddl.public(table), sql.Identifier(table_names.primary_key(table))))


def _lacks_key(connection: psycopg.Connection, table: str) -> bool:
    facts = catalog.describe(connection, table)
    return facts is not None and facts.primary_key is None


def _build(table: str, index: Index, warn: Callable[[str], None], means: Means, connection: psycopg.Connection) -> None:
    make(connection, table, table_names.index(table, index.name), index, warn, means)


def make(
    connection: psycopg.Connection,
    table: str,
    name: str,
    index: Index,
    warn: Callable[[str], None],
    means: Means,
) -> None:
    """Build one index of a table, in the current transaction.

    :raises UniqueKeyBroken: when the rows violate a unique key.
    """
    _use(connection, means)
    try:
        with connection.transaction():
            ddl.run(connection, _create(table, name, index))
    except errors.UniqueViolation as error:
        broken = _broken(connection, table, index)
        if not index.automatic:
            raise broken from error
        warn(
            say(
                "The column “{column}” was to be unique, but {why}. It has no unique index.",
                column=index.columns[0],
                why=broken.why,
            )
        )
    except _IMPOSSIBLE as error:
        if index.automatic:
            warn(
                say(
                    "The index on “{column}” was not made: {reason}.",
                    column=index.columns[0],
                    reason=error.diag.message_primary,
                )
            )
            return
        warn(
            say(
                "The index “{name}” of the old table was not made on the new one: {reason}.",
                name=index.name,
                reason=error.diag.message_primary,
            )
        )


def _create(table: str, name: str, index: Index) -> Iterable[sql.Composed]:
    if index.constraint:
        add = sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}")
        yield add.format(ddl.public(table), sql.Identifier(name), ddl.own_text(index.constraint))
    else:
        unique = sql.SQL("UNIQUE " if index.unique else "")
        statement = sql.SQL("CREATE {}INDEX {} ON {} {}")
        yield statement.format(unique, sql.Identifier(name), ddl.public(table), ddl.own_text(index.body))
    if index.comment:
        yield sql.SQL("COMMENT ON INDEX {} IS {}").format(ddl.public(name), sql.Literal(index.comment))


def _use(connection: psycopg.Connection, means: Means) -> None:
    """Set memory and parallel workers for the current transaction; never more workers than the server's own setting."""
    connection.execute(
        "SELECT set_config('maintenance_work_mem', %s || 'kB', true),"
        " set_config('max_parallel_maintenance_workers', least(reset_val::int, %s)::text, true)"
        " FROM pg_settings WHERE name = 'max_parallel_maintenance_workers'",
        [str(means.memory), means.workers],
    )


def _broken(connection: psycopg.Connection, table: str, index: Index) -> UniqueKeyBroken:
    """Return the error that names the first value, in file order, that occurs more than once, and its two rows."""
    if not index.plain:
        return UniqueKeyBroken(index.columns, say("a value"))
    names = sql.SQL(", ").join(sql.Identifier(column) for column in index.columns)
    query = sql.SQL(
        "SELECT (array_agg(_id ORDER BY _id))[1:2], concat_ws(', ', {0}) FROM {1} WHERE num_nulls({0}) = 0"
        " GROUP BY {0} HAVING count(*) > 1 ORDER BY min(_id) LIMIT 1"
    )
    found = connection.execute(query.format(names, ddl.public(table))).fetchone()
    if found is None:
        return UniqueKeyBroken(index.columns, say("a value"))
    rows, value = found
    return UniqueKeyBroken(index.columns, f"“{value}”", rows=(rows[1], rows[0]))
