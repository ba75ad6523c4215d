r"""Like psql's ``\copy``: send a file to the server unchanged."""

from __future__ import annotations

from pathlib import Path

import psycopg
from psycopg import sql


def copy(connection: psycopg.Connection, statement: sql.Composed, file: Path) -> None:
    """Send a file to a COPY … FROM STDIN statement."""
    with connection.cursor() as cursor, cursor.copy(statement) as sink, file.open("rb") as stream:
        while block := stream.read(1 << 20):
            sink.write(block)


def text_columns(names: tuple[str, ...]) -> sql.Composed:
    """Return the definitions of columns of type text."""
    return sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(name)) for name in names)
