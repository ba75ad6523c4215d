"""The queue of columns without a description: a read model that every writer brings up to date in its own transaction.

Only this module writes ``datapusher_plus_queue``. It has one row for each present column that lacks a label or notes,
of an active resource in an active dataset. `reconcile` makes it anew; the result must equal what was kept.

Whoever changes what a row is made of first locks the column's row (`lock`), and computes in a later statement, which
sees what the earlier holder of the lock has committed. Locks are taken in one order: dataset, then columns by id.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from .. import settings
from ..model.database import transaction

#: Most skips that are kept of one user; the oldest go.
MOST_SKIPS = 1000

_LACKS = {"label": "NOT c.has_label", "notes": "NOT c.has_notes"}

_WANTED = """
SELECT c.id AS column_id, c.resource_id, p.id AS package_id, coalesce(p.owner_org, '') AS owner_org, p.private,
    EXISTS (SELECT FROM datapusher_plus_wish AS w WHERE w.column_id = c.id) AS manual,
    {total} AS total
FROM datapusher_plus_column AS c
JOIN resource AS r ON r.id = c.resource_id AND r.state = 'active'
JOIN package AS p ON p.id = r.package_id AND p.state = 'active'
WHERE c.present AND ({lacks}) AND {scope}
"""
# each open draft counts one, and each vote on it
_TOTAL = """(
    SELECT coalesce(sum(1 + (SELECT count(*) FROM datapusher_plus_vote AS v WHERE v.annotation_id = a.id)), 0)
    FROM datapusher_plus_annotation AS a WHERE a.column_id = {column} AND a.state = 'open'
)::int"""

_LOCK = "SELECT c.id FROM datapusher_plus_column AS c WHERE {scope} ORDER BY c.id FOR NO KEY UPDATE"
_DELETE = """
DELETE FROM datapusher_plus_queue AS q USING datapusher_plus_column AS c
WHERE c.id = q.column_id AND {scope} AND NOT EXISTS (SELECT FROM ({wanted}) AS w WHERE w.column_id = q.column_id)
"""
_INSERT = """
INSERT INTO datapusher_plus_queue AS q (column_id, resource_id, package_id, owner_org, private, manual, total)
SELECT * FROM ({wanted}) AS w ORDER BY column_id
ON CONFLICT (column_id) DO UPDATE SET resource_id = EXCLUDED.resource_id, package_id = EXCLUDED.package_id,
    owner_org = EXCLUDED.owner_org, private = EXCLUDED.private, manual = EXCLUDED.manual, total = EXCLUDED.total
WHERE (q.resource_id, q.package_id, q.owner_org, q.private, q.manual, q.total) IS DISTINCT FROM
    (EXCLUDED.resource_id, EXCLUDED.package_id, EXCLUDED.owner_org, EXCLUDED.private, EXCLUDED.manual, EXCLUDED.total)
"""

_OF_RESOURCE = "c.resource_id = :scope"
_OF_PACKAGE = "c.resource_id IN (SELECT id FROM resource WHERE package_id = :scope)"
_EVERYTHING = "CAST(:scope AS text) IS NULL"


def lacks() -> str:
    """Return the SQL condition by which a column ``c`` of the registry lacks a description, as the site wants it."""
    return " OR ".join(_LACKS[each] for each in settings.current().words_lack)


def match_resource(connection: sa.Connection, resource_id: str) -> None:
    """Make the queue's rows of a resource match; the caller holds the locks of its dataset and columns."""
    _match(connection, _OF_RESOURCE, resource_id)


def match_dataset(connection: sa.Connection, package_id: str) -> None:
    """Make the queue's rows of a dataset match, in the transaction that changes the dataset."""
    locked = connection.execute(sa.text(_LOCK.format(scope=_OF_PACKAGE)), {"scope": package_id})
    if locked.first() is not None:
        _match(connection, _OF_PACKAGE, package_id)


def reconcile() -> None:
    """Make the whole queue anew from CKAN's tables, the registry, the drafts and the wishes; claims stay."""
    with transaction() as connection:
        match_all(connection)


def match_all(connection: sa.Connection) -> None:
    """Make the whole queue match, in the caller's transaction."""
    connection.execute(sa.text(_LOCK.format(scope=_EVERYTHING)), {"scope": None})
    _match(connection, _EVERYTHING, None)


def _match(connection: sa.Connection, scope: str, key: str | None) -> None:
    for statement, total in ((_DELETE, "0"), (_INSERT, _TOTAL.format(column="c.id"))):
        wanted = _WANTED.format(total=total, lacks=lacks(), scope=scope)
        connection.execute(sa.text(statement.format(wanted=wanted, scope=scope)), {"scope": key})


def lock(connection: sa.Connection, column_ids: Iterable[int]) -> None:
    """Lock rows of the registry until the end of the transaction, so that one writer at a time computes their rank."""
    scope = "c.id = ANY (:ids)"
    connection.execute(sa.text(_LOCK.format(scope=scope)), {"ids": list(column_ids)})


# two statements in one message: the second sees what the earlier holder of the lock has committed; without
# MATERIALIZED each total would be counted twice
_RECOUNT = sa.text(
    _LOCK.format(scope="c.id = ANY (:ids)") + "; WITH n AS MATERIALIZED ("  # noqa: S608 (constants)
    f"SELECT column_id, {_TOTAL.format(column='k.column_id')} AS total"
    " FROM unnest(CAST(:ids AS bigint[])) AS k (column_id)"
    ") UPDATE datapusher_plus_queue AS q SET total = n.total FROM n"
    " WHERE q.column_id = n.column_id AND q.total <> n.total"
)


def recount(connection: sa.Connection, column_ids: Iterable[int]) -> None:
    """Count the open drafts of columns and the votes on them, in the transaction that changed them."""
    ids = sorted(set(column_ids))
    if ids:
        connection.execute(_RECOUNT, {"ids": ids})


#: Locks the column of a draft; the statements after it in one message see what the earlier holder has committed.
LOCK_OF_DRAFT = """
SELECT FROM datapusher_plus_column
WHERE id = (SELECT column_id FROM datapusher_plus_annotation WHERE id = :draft) FOR NO KEY UPDATE;
"""
_VOTES = """;
SELECT (SELECT state FROM datapusher_plus_annotation WHERE id = :draft) AS state,
    count(*) FILTER (WHERE vote > 0) AS votes_for, count(*) FILTER (WHERE vote < 0) AS votes_against
FROM datapusher_plus_vote WHERE annotation_id = :draft
"""
_VOTE = sa.text(f"""{LOCK_OF_DRAFT}
WITH draft AS (SELECT id, column_id FROM datapusher_plus_annotation WHERE id = :draft AND state = 'open'),
given AS (
    INSERT INTO datapusher_plus_vote (annotation_id, user_id, vote) SELECT id, :user, :vote FROM draft
    ON CONFLICT (annotation_id, user_id) DO UPDATE SET vote = EXCLUDED.vote, at = now() RETURNING xmax = 0 AS is_new
)
UPDATE datapusher_plus_queue AS q SET total = total + 1 FROM draft, given
WHERE q.column_id = draft.column_id AND given.is_new{_VOTES}""")  # noqa: S608 (constants)
_NO_VOTE = sa.text(f"""{LOCK_OF_DRAFT}
WITH taken AS (
    DELETE FROM datapusher_plus_vote USING datapusher_plus_annotation AS a
    WHERE annotation_id = a.id AND user_id = :user AND a.id = :draft AND a.state = 'open' RETURNING a.column_id
)
UPDATE datapusher_plus_queue AS q SET total = total - 1 FROM taken WHERE q.column_id = taken.column_id{_VOTES}
""")  # noqa: S608 (constants)


def vote(connection: sa.Connection, annotation_id: int, *, user_id: str, vote: int) -> Any:
    """Write a vote on an open draft, 0 for none; return the draft's state and the votes for and against it.

    Nothing is written on a draft that is not open; its state is None when it is not there. The column is locked, so
    one more or less in the queue is exact.
    """
    given = {"draft": annotation_id, "user": user_id}
    done = connection.execute(_VOTE, {**given, "vote": vote}) if vote else connection.execute(_NO_VOTE, given)
    return done.one()


def wish(column_id: int, user_id: str, *, on: bool = True) -> int:
    """Record that a reader asks for a description of a column, or does not any more; return how many ask for it."""
    with transaction() as connection:
        lock(connection, [column_id])
        statement = _WISH if on else _NO_WISH
        connection.execute(statement, {"column": column_id, "user": user_id})
        asked = wishes(connection, column_id)
        manual = sa.text("UPDATE datapusher_plus_queue SET manual = :on WHERE column_id = :column AND manual <> :on")
        connection.execute(manual, {"column": column_id, "on": asked > 0})
    return asked


_WISH = sa.text("INSERT INTO datapusher_plus_wish (column_id, user_id) VALUES (:column, :user) ON CONFLICT DO NOTHING")
_NO_WISH = sa.text("DELETE FROM datapusher_plus_wish WHERE column_id = :column AND user_id = :user")
_WISHES = sa.text("SELECT count(*) FROM datapusher_plus_wish WHERE column_id = :column")


def wishes(connection: sa.Connection, column_id: int) -> int:
    """Return how many readers ask for a description of a column."""
    return connection.execute(_WISHES, {"column": column_id}).scalar_one()


_SKIP = sa.text("""
INSERT INTO datapusher_plus_skip (column_id, user_id, until)
VALUES (:column, :user, now() + make_interval(days => :days))
ON CONFLICT (column_id, user_id) DO UPDATE SET until = EXCLUDED.until
""")
_CAP = sa.text("""
DELETE FROM datapusher_plus_skip WHERE user_id = :user AND (until <= now() OR column_id IN (
    SELECT column_id FROM datapusher_plus_skip WHERE user_id = :user ORDER BY until DESC, column_id DESC OFFSET :most))
""")


def skip(column_id: int, user_id: str, *, days: int = 30) -> None:
    """Do not hand out a column to a user for some days, and release the user's claim of it."""
    values = {"column": column_id, "user": user_id, "days": days, "most": MOST_SKIPS}
    with transaction() as connection:
        connection.execute(_SKIP, values)
        connection.execute(_CAP, values)
        connection.execute(_RELEASE, values)


_RELEASE = sa.text(
    "UPDATE datapusher_plus_queue SET claimed_by = NULL, claimed_until = NULL"
    " WHERE column_id = :column AND claimed_by = :user"
)
# the answer does not wait until the claim is on disk: after a crash, the column is at worst handed out twice
_CLAIM = sa.text("""
SET LOCAL synchronous_commit TO off;
UPDATE datapusher_plus_queue SET claimed_by = :user, claimed_until = now() + make_interval(mins => :minutes)
WHERE column_id = :column AND (claimed_by IS NULL OR claimed_by = :user OR claimed_until <= now())
RETURNING claimed_until
""")


def release(column_id: int, user_id: str) -> None:
    """Release a user's claim of a column."""
    with transaction() as connection:
        connection.execute(_RELEASE, {"column": column_id, "user": user_id})


def end_claims(connection: sa.Connection, column_ids: Iterable[int]) -> None:
    """End the claims of columns whose Data Dictionary has changed: what is on a screen is not the present one."""
    ids = list(column_ids)
    if ids:
        connection.execute(_END_CLAIMS, {"ids": ids})


_END_CLAIMS = sa.text(
    "UPDATE datapusher_plus_queue SET claimed_by = NULL, claimed_until = NULL"
    " WHERE column_id = ANY (:ids) AND claimed_by IS NOT NULL"
)


def claim(connection: sa.Connection, column_id: int, user_id: str) -> Any:
    """Claim a column for a user for ``words_claim_minutes``, and return until when; None when another user has it."""
    minutes = settings.current().words_claim_minutes
    return connection.execute(_CLAIM, {"column": column_id, "user": user_id, "minutes": minutes}).scalar()


_HOLDER = sa.text("""
SELECT claimed_by, claimed_until > now() AS active FROM datapusher_plus_queue
WHERE column_id = :column AND claimed_by IS NOT NULL
""")


def holder(column_id: int) -> tuple[str, bool] | None:
    """Return who claimed a column last, and whether the claim still holds; None when nobody has."""
    with transaction() as connection:
        row = connection.execute(_HOLDER, {"column": column_id}).one_or_none()
    return None if row is None else (row.claimed_by, row.active)


_WISHED = sa.text("SELECT column_id FROM datapusher_plus_wish WHERE user_id = :user AND column_id = ANY (:columns)")


def wished_by(user_id: str, column_ids: list[int]) -> set[int]:
    """Return those of some columns for which a user has asked for a description."""
    with transaction() as connection:
        return set(connection.execute(_WISHED, {"user": user_id, "columns": column_ids}).scalars())
