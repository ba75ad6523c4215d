"""A large site in the databases of the benchmark stack: columns, drafts and votes, and a table in the datastore each.

Written by SQL, because a hundred thousand columns through CKAN's actions would take hours; removed at the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import sqlalchemy as sa
from psycopg import sql

from ckanext.datapusher_plus.core.dictionary.described import digest
from ckanext.datapusher_plus.words import queue

from .stack import Ground

TABLES, DATASETS, ORGANIZATIONS, USERS = 1000, 600, 40, 200
#: drafts, and votes, per column
PER_COLUMN = 4.1
#: tables that one transaction creates or drops: each waits for the disk, and holds locks
_AT_ONCE = 100

_FILL = """
INSERT INTO "group" (id, name, title, type, is_organization, state, approval_status, created)
SELECT 'bench-words-org-' || n, 'bench-words-org-' || n, 'Organization ' || n, 'organization', true, 'active',
    'approved', now() FROM generate_series(0, {organizations}) AS n;
INSERT INTO package (id, name, title, type, state, private, owner_org, metadata_created, metadata_modified)
SELECT 'bench-words-' || n, 'bench-words-' || n, 'Dataset ' || n, 'dataset', 'active', false,
    'bench-words-org-' || n % {organizations}, now(), now() FROM generate_series(0, {datasets} - 1) AS n;
INSERT INTO resource (id, package_id, url, name, format, position, state, created, url_type, extras)
SELECT '00000000-0000-4000-8000-' || lpad(n::text, 12, '0'), 'bench-words-' || n % {datasets}, '', 'Table ' || n, 'CSV',
    0, 'active', now(), 'datastore', '{{"datastore_active": true}}' FROM generate_series(0, {tables} - 1) AS n;
INSERT INTO datapusher_plus_column (resource_id, name, position, pg_type, said)
SELECT '00000000-0000-4000-8000-' || lpad(n::text, 12, '0'), 'column_' || c, c, 'text', decode('{digest}', 'hex')
FROM generate_series(0, {tables} - 1) AS n, generate_series(1, {columns}) AS c;
INSERT INTO datapusher_plus_annotation (resource_id, column_id, kind, form, value, creator)
SELECT resource_id, id, 'label', 'value', to_jsonb('Draft ' || n), 'bench'
FROM datapusher_plus_column, generate_series(1, 8) AS n
WHERE resource_id LIKE '00000000-0000-4000-8000-%' AND abs(hashint8(id * 8 + n)) % 1000 < {per_mille};
INSERT INTO datapusher_plus_vote (annotation_id, user_id, vote)
SELECT DISTINCT id, 'bench-user-' || abs(hashint8(id * 8 + n)) % {users}, 1
FROM datapusher_plus_annotation, generate_series(1, 8) AS n
WHERE resource_id LIKE '00000000-0000-4000-8000-%' AND abs(hashint8(id * 16 + n)) % 1000 < 125;
"""
_EMPTY = """
DELETE FROM datapusher_plus_column WHERE resource_id LIKE '00000000-0000-4000-8000-%';
DELETE FROM resource WHERE id LIKE '00000000-0000-4000-8000-%';
DELETE FROM package WHERE id LIKE 'bench-words-%';
DELETE FROM "group" WHERE id LIKE 'bench-words-org-%';
"""


@contextmanager
def site(ground: Ground, engine: sa.Engine, columns: int) -> Iterator[None]:
    """Fill the databases with so many columns in all, and empty them at the end."""
    per_table = columns // TABLES
    values = {
        "organizations": ORGANIZATIONS,
        "datasets": DATASETS,
        "tables": TABLES,
        "columns": per_table,
        "users": USERS,
        "per_mille": int(1000 * PER_COLUMN / 8),
        "digest": digest(None).hex(),
    }
    _empty(ground)
    with psycopg.connect(ground.ckan_dsn, autocommit=True) as connection:
        connection.execute(_FILL.format(**values))  # pyright: ignore
    with engine.begin() as connection:
        queue.match_all(connection)
    with psycopg.connect(ground.ckan_dsn, autocommit=True) as connection:
        for name in ("column", "annotation", "vote", "queue"):
            connection.execute(sql.SQL("VACUUM ANALYZE {}").format(sql.Identifier(f"datapusher_plus_{name}")))
        connection.execute('ANALYZE resource, package, "group"')
    _tables(ground, per_table)
    try:
        yield
    finally:
        _empty(ground)


def _tables(ground: Ground, per_table: int) -> None:
    fields = sql.SQL(", ").join(sql.SQL("{} text").format(sql.Identifier(f"column_{n + 1}")) for n in range(per_table))
    with ground.session() as session:
        for first in range(0, TABLES, _AT_ONCE):
            with session.transaction():
                for number in range(first, first + _AT_ONCE):
                    name = sql.Identifier(f"00000000-0000-4000-8000-{number:012}")
                    session.execute(sql.SQL("CREATE TABLE {} (_id int, {})").format(name, fields))
                    session.execute(sql.SQL("GRANT SELECT ON {} TO PUBLIC").format(name))


def _empty(ground: Ground) -> None:
    with psycopg.connect(ground.ckan_dsn, autocommit=True) as connection:
        connection.execute(_EMPTY)
    with ground.session() as session:
        found = session.execute(
            "SELECT relname FROM pg_class WHERE relname LIKE '00000000-0000-4000-8000-%' AND relkind = 'r'"
        ).fetchall()
        for first in range(0, len(found), _AT_ONCE):
            with session.transaction():
                for (name,) in found[first : first + _AT_ONCE]:
                    session.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(name)))
