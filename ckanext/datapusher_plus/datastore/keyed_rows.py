"""Compare a file with the live table by the values of a unique key, in a transaction that leaves nothing behind."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql
from typing_extensions import LiteralString

from ..core import table_names
from ..core.difference import KeyedRows
from ..core.values import LoadPlan
from . import connect, ddl, raw, stage

#: seconds that each statement of the comparison may take
_SECONDS = 60
#: values of the key that are shown of each kind, and their longest
_SHOWN, _LONGEST = 5, 60
_KINDS = ("added", "removed", "changed")
#: rows of the text of the key, of the same for display, and of a hash of the other columns
_SIDE: LiteralString = "SELECT ROW({key})::text AS key, left(concat_ws(', ', {key}), {most}) AS shown, {rest} AS rest"
_DIFFERENT: LiteralString = """
CREATE UNLOGGED TABLE {target} AS
SELECT coalesce(n.shown, o.shown) AS shown,
       CASE WHEN o.key IS NULL THEN 'added' WHEN n.key IS NULL THEN 'removed' ELSE 'changed' END AS kind
  FROM ({new}) AS n FULL JOIN ({old}) AS o ON n.key = o.key
 WHERE n.key IS NULL OR o.key IS NULL OR n.rest <> o.rest
"""


def count(plan: LoadPlan, key: tuple[str, ...], others: Sequence[str], *, shows: bool) -> KeyedRows:
    """Return how many rows are new, gone and different.

    :param others: the further columns to compare.
    :param shows: whether some values of the key are returned too.
    :raises IngestError: when they cannot be counted, or that takes too long.
    """
    with connect.translated():
        connection = connect.open_connection("datapusher_plus compare", autocommit=False)
        try:
            connection.execute("SELECT set_config('statement_timeout', %s, true)", [f"{_SECONDS}s"])
            counts, shown = _compared(connection, plan, key, others)
        finally:
            # this rolls back, so neither of the two tables ever exists for others
            connect.close(connection)
    return KeyedRows(
        key=key,
        added=counts["added"],
        removed=counts["removed"],
        changed=counts["changed"],
        added_keys=shown["added"] if shows else (),
        removed_keys=shown["removed"] if shows else (),
        changed_keys=shown["changed"] if shows else (),
    )


def _compared(
    connection: psycopg.Connection, plan: LoadPlan, key: Sequence[str], others: Sequence[str]
) -> tuple[dict[str, int], dict[str, tuple[str, ...]]]:
    """Return the numbers of rows, and some values of the key, by kind."""
    source, target = (name(plan.resource_id, plan.run_id) for name in (table_names.raw, table_names.beside))
    names = [column.name for column in plan.columns]
    raw.create(connection, source, names)
    raw.copy(connection, source, names, plan.csv.path, lambda sent: None)
    casts = {column.name: stage.cast(column) for column in plan.columns}
    new = _side(source, [casts[name] for name in key], [casts[name] for name in others])
    old = _side(plan.resource_id, list(map(sql.Identifier, key)), list(map(sql.Identifier, others)))
    connection.execute(sql.SQL(_DIFFERENT).format(target=ddl.public(target), new=new, old=old))
    counting = sql.SQL("SELECT kind, count(*) FROM {} GROUP BY kind").format(ddl.public(target))
    counts: dict[str, int] = dict(connection.execute(counting).fetchall())
    few = sql.SQL("SELECT shown FROM {} WHERE kind = {} ORDER BY shown LIMIT {}")
    shown = {
        kind: tuple(row[0] for row in connection.execute(few.format(ddl.public(target), kind, _SHOWN)).fetchall())
        for kind in _KINDS
    }
    return {kind: counts.get(kind, 0) for kind in _KINDS}, shown


def _side(table: str, key: Sequence[sql.Composable], others: Sequence[sql.Composable]) -> sql.Composed:
    rest = sql.SQL("hashtextextended(ROW({})::text, 0)").format(sql.SQL(", ").join(others))
    return sql.SQL(_SIDE + " FROM {table}").format(
        key=sql.SQL(", ").join(key), most=_LONGEST, rest=rest if others else sql.Literal(0), table=ddl.public(table)
    )
