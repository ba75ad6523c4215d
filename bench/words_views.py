"""Ways to find the next column that the queue is compared with: views, plain and materialized. No part of the product.

The views are those that one would write first: the number of drafts and votes of each column, and who asked for one.
Materialized, they are joined with outer joins, so that a column that is newer than the last refresh is found too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from ckanext.datapusher_plus.words.probes import Asked, Candidate

COUNT = """
WITH drafts AS (
    SELECT column_id, count(*) AS n FROM datapusher_plus_annotation WHERE state = 'open' GROUP BY column_id
), votes AS (
    SELECT a.column_id, count(*) AS n FROM datapusher_plus_annotation AS a
    JOIN datapusher_plus_vote AS v ON v.annotation_id = a.id WHERE a.state = 'open' GROUP BY a.column_id
)
SELECT c.id AS column_id, coalesce(d.n, 0) + coalesce(v.n, 0) AS total
FROM datapusher_plus_column AS c
LEFT JOIN drafts AS d ON d.column_id = c.id LEFT JOIN votes AS v ON v.column_id = c.id
"""
FLAGS = """
SELECT c.id AS column_id, EXISTS (SELECT FROM datapusher_plus_wish AS w WHERE w.column_id = c.id) AS manual
FROM datapusher_plus_column AS c
"""
NEXT = """
SELECT c.id AS column_id, c.resource_id, coalesce(f.manual, false) AS manual
FROM datapusher_plus_column AS c
JOIN resource AS r ON r.id = c.resource_id AND r.state = 'active'
JOIN package AS p ON p.id = r.package_id AND p.state = 'active'
LEFT OUTER JOIN {kind}_count AS n ON n.column_id = c.id
LEFT OUTER JOIN {kind}_flags AS f ON f.column_id = c.id
LEFT OUTER JOIN datapusher_plus_skip AS s ON s.column_id = c.id AND s.user_id = :user AND s.until > now()
WHERE c.present AND NOT (c.has_label AND c.has_notes) AND s.column_id IS NULL
    AND c.id <> ALL (CAST(:besides AS bigint[]))
    AND (:everything OR p.owner_org = ANY (CAST(:organizations AS text[])) OR p.id = ANY (CAST(:packages AS text[])))
    AND (CAST(:organization AS text) IS NULL OR p.owner_org = :organization)
    AND (CAST(:package AS text) IS NULL OR p.id = :package)
ORDER BY coalesce(f.manual, false) DESC, (
        EXISTS (SELECT FROM user_following_dataset AS u WHERE u.follower_id = :user AND u.object_id = p.id)
        OR EXISTS (SELECT FROM user_following_group AS u WHERE u.follower_id = :user AND u.object_id = p.owner_org)
    ) DESC, coalesce(n.total, 0) DESC, c.id
LIMIT 1
"""
KINDS = {"views": "bench_words_plain", "materialized": "bench_words_kept"}


@contextmanager
def views(engine: sa.Engine) -> Iterator[None]:
    """Create both kinds of views, and drop them at the end."""
    _drop(engine)
    with engine.begin() as connection:
        for part, query in (("count", COUNT), ("flags", FLAGS)):
            plain, kept = (f"{KINDS[way]}_{part}" for way in ("views", "materialized"))
            connection.execute(sa.text(f"CREATE VIEW {plain} AS {query}"))
            connection.execute(sa.text(f"CREATE MATERIALIZED VIEW {kept} AS {query}"))
            # REFRESH … CONCURRENTLY needs it
            connection.execute(sa.text(f"CREATE UNIQUE INDEX ON {kept} (column_id)"))
    try:
        yield
    finally:
        _drop(engine)


def _drop(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        for way, kind in KINDS.items():
            for part in ("count", "flags"):
                what = "MATERIALIZED VIEW" if way == "materialized" else "VIEW"
                connection.execute(sa.text(f"DROP {what} IF EXISTS {kind}_{part}"))


def refresh(engine: sa.Engine) -> None:
    """Bring the materialized views up to date while others read them."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for part in ("count", "flags"):
            connection.execute(sa.text(f"REFRESH MATERIALIZED VIEW CONCURRENTLY {KINDS['materialized']}_{part}"))


def best(kind: str, connection: sa.Connection, asked: Asked, besides: Sequence[int] = ()) -> Candidate | None:
    """Return the next column for a user by the views of one kind, as `probes.best` does by the queue."""
    values: dict[str, Any] = {
        "user": asked.user_id,
        "everything": asked.scope.everything,
        "organizations": list(asked.scope.organizations),
        "packages": list(asked.scope.packages),
        "organization": asked.organization,
        "package": asked.package,
        "besides": list(besides),
    }
    row = connection.execute(sa.text(NEXT.format(kind=kind)), values).one_or_none()
    return None if row is None else Candidate(column_id=row.column_id, resource_id=row.resource_id, manual=row.manual)
