"""Make ``_full_text`` by one SQL expression over a row, with the same result as CKAN's row trigger."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql
from typing_extensions import LiteralString

from ..core.values import FullText

Expression = sql.Composable

#: PostgreSQL takes at most 100 arguments in one call.
_CALL = 90

#: CKAN's function since 2.8 (set_permissions.sql), compared without white space. A site may have replaced it.
_TRIGGER = """
    BEGIN
        IF NEW._full_text IS NOT NULL THEN
            RETURN NEW;
        END IF;
        NEW._full_text := (
            SELECT to_tsvector(string_agg(value, ' '))
            FROM json_each_text(row_to_json(NEW.*))
            WHERE key NOT LIKE '\\_%');
        RETURN NEW;
    END;
"""
_SOURCE = "SELECT prosrc FROM pg_proc WHERE oid = 'public.populate_full_text_trigger()'::regprocedure"

#: How many characters of a row's text are tried, None for all. A tsvector has at most 1 MB, and words with their
#: positions can take several times as much space as their text.
LETTERS = (None, 400_000, 100_000, 25_000)

#: SQL for a value's text in JSON; and for types where the same text can be had several times as fast.
_BY_JSON: LiteralString = "to_json({}) #>> '{{}}'"
_TEXTS: dict[str, LiteralString] = {
    "text": "{}",
    **dict.fromkeys(("numeric", "int2", "int4", "int8", "float4", "float8", "bool"), "{}::text"),
}
#: The same for dates and times while the session writes them as ISO. JSON has a T before the time, and no year of a
#: file is before Christ, which would add a word.
_ISO_TEXTS: dict[str, LiteralString] = {**_TEXTS, "date": "{}::text", "timestamp": "replace({}::text, ' ', 'T')"}


def is_known(connection: psycopg.Connection) -> bool:
    """Return whether the database's trigger function is the one that ``expression`` is equal to."""
    row = connection.execute(_SOURCE).fetchone()
    return row is not None and row[0].split() == _TRIGGER.split()


def writes_iso(connection: psycopg.Connection) -> bool:
    """Return whether the session writes dates and times as ISO 8601, PostgreSQL's default."""
    return (connection.info.parameter_status("DateStyle") or "").startswith("ISO")


def expression(
    columns: Sequence[tuple[str, str]],
    what: FullText = FullText.ALL,
    letters: int | None = None,
    *,
    iso: bool = False,
) -> Expression:
    """Return the ``_full_text`` of a row with ``columns`` (name, type name), each available under its name.

    :param letters: number of characters at the beginning of the row's text to use; None for all.
    :param iso: whether the session ``writes_iso``.
    """
    columns = _searched(columns, what)
    if not columns:
        return sql.SQL("NULL")
    texts = _ISO_TEXTS if iso else _TEXTS
    text = _joined([sql.SQL(texts.get(kind, _BY_JSON)).format(sql.Identifier(name)) for name, kind in columns])
    if letters is not None:
        text = sql.SQL("left({}, {})").format(text, sql.Literal(letters))
    # without any value _full_text is NULL, as CKAN's trigger leaves it; to_tsvector of an empty text is not NULL
    return sql.SQL("CASE WHEN {} THEN to_tsvector({}) END").format(
        sql.SQL(" OR ").join(
            sql.SQL("num_nonnulls({}) > 0").format(sql.SQL(", ").join(sql.Identifier(name) for name, _ in group))
            for group in _groups(columns)
        ),
        text,
    )


def _searched(columns: Sequence[tuple[str, str]], what: FullText) -> Sequence[tuple[str, str]]:
    kinds = {FullText.TEXT: ("text",), FullText.NONE: ()}.get(what)
    return columns if kinds is None else [column for column in columns if column[1] in kinds]


def _joined(texts: Sequence[sql.Composable]) -> sql.Composable:
    """Join texts by blanks, leaving out NULLs."""
    if len(texts) > _CALL:
        return _joined([_joined(group) for group in _groups(texts)])
    return sql.SQL("concat_ws(' ', {})").format(sql.SQL(", ").join(texts))


def _groups(items: Sequence) -> list[Sequence]:
    return [items[start : start + _CALL] for start in range(0, len(items), _CALL)]
