"""Recreate a lost table, empty, from what is known about it: dictionary, aliases, keys, triggers, grants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..core import index_plan, table_names
from ..core.dictionary import merge
from ..core.index_plan import Index
from ..core.types import column_type
from ..core.values import ColumnSpec, Log
from ..datastore import indexes, raw, stage, swap
from ..datastore.connect import Connection
from ..datastore.table_facts import TableFacts

#: Takes the place of a run id in the staged table's name.
_NO_RUN = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spare:
    """An empty table, ready to replace a lost one."""

    table: str
    indexes: tuple[Index, ...]
    #: what is known of the lost table
    old: TableFacts


def spare_table(connection: Connection, old: TableFacts, log: Log) -> Spare:
    """Create an empty table with the old one's columns, triggers, keys and indexes; readers do not see it yet."""
    table = table_names.staged(old.table, _NO_RUN)
    raw.drop(connection, table)
    specs = [
        ColumnSpec(name=c.name, type=column_type.restored_type(c), cast="{0}", comment=c.comment) for c in old.columns
    ]
    stage.make(table, specs)
    stage.drop_indexes(connection, table)
    stage.carry_triggers(connection, old, table, log.warning)
    stage.carry_constraints(connection, old, table, log.warning)
    named = [(spec.name, spec.type) for spec in specs]
    automatic = [index for index in old.indexes if index.automatic]
    planned = index_plan.plan(old.table, named, indexes.text_search(), old.indexes, automatic).build
    for index, means in zip(planned, indexes.means_for(connection, table, planned), strict=True):
        with connection.transaction():
            indexes.make(connection, table, table_names.index(table, index.name), index, log.warning, means)
    return Spare(table=table, indexes=planned, old=old)


def put_in_place(connection: Connection, spare: Spare, edits: Mapping[str, str | None], lock_timeout: float) -> None:
    """Put the spare in place of what is left of the lost table; ``edits`` are comments changed since the swap."""
    comments = merge.edited(spare.old.columns, edits)
    swap.put_empty(
        connection, spare.table, spare.old, comments=comments, indexes=spare.indexes, lock_timeout=lock_timeout
    )
