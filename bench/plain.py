r"""(d) A plain ``\copy`` into a table of text columns, without types, text search or key."""

from __future__ import annotations

import time

from psycopg import sql

from .copying import copy, text_columns
from .stack import Ground
from .subject import Subject

TABLE = "_bench_plain"


def load(ground: Ground, subject: Subject) -> float:
    """Copy the subject's file into a new table, and return the seconds that it took."""
    table = sql.Identifier(TABLE)
    names = tuple(name for name, _ in subject.columns)
    with ground.session() as connection:
        start = time.perf_counter()
        connection.execute(sql.SQL("CREATE TABLE {} ({})").format(table, text_columns(names)))
        copy(connection, sql.SQL("COPY {} FROM STDIN (FORMAT csv, HEADER true)").format(table), subject.file)
        took = time.perf_counter() - start
        connection.execute(sql.SQL("DROP TABLE {}").format(table))
    return took
