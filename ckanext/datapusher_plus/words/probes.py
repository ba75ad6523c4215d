"""Find the next column of the queue for a user: asked for > followed > number of drafts and votes > id.

One large statement has to look at all rows. These queries each end at the first row of an index.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from .permissions import Scope


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Who asks for a column, and where it may be."""

    user_id: str
    scope: Scope
    #: id of the only organization, or dataset, whose columns are wanted
    organization: str | None = None
    package: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A column of the queue."""

    column_id: int
    resource_id: str
    manual: bool
    #: whether the user follows anything
    follows: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Follows:
    packages: tuple[str, ...]
    groups: tuple[str, ...]


#: What one user may be given now.
_FREE = """(q.claimed_by IS NULL OR q.claimed_by = :user OR q.claimed_until <= now())
    AND q.column_id <> ALL (CAST(:besides AS bigint[]))
    AND NOT EXISTS (SELECT FROM datapusher_plus_skip AS s
        WHERE s.column_id = q.column_id AND s.user_id = :user AND s.until > now())"""
_ORDER = "ORDER BY q.manual DESC, q.total DESC, q.column_id"
_BEST = (
    "SELECT q.column_id, q.resource_id, q.manual,"  # noqa: S608 (constants)
    " EXISTS (SELECT FROM user_following_dataset WHERE follower_id = :user)"
    " OR EXISTS (SELECT FROM user_following_group WHERE follower_id = :user) AS follows"
    " FROM datapusher_plus_queue AS q"
    f" WHERE {{where}} AND {_FREE} {_ORDER} LIMIT 1 FOR UPDATE OF q SKIP LOCKED"
)
# the best columns of each organization or dataset, from an index that has them in order
_SOURCE = (
    "SELECT best.column_id FROM unnest(CAST(:{keys} AS text[])) AS k (key), LATERAL ("  # noqa: S608 (constants)
    f"SELECT q.column_id FROM datapusher_plus_queue AS q WHERE q.{{field}} = k.key AND {{where}} AND {_FREE}"
    f" {_ORDER} LIMIT :some) AS best"
)
_WITHIN = "(q.owner_org = ANY (CAST(:organizations AS text[])) OR q.package_id = ANY (CAST(:packages AS text[])))"
_IN_ORGANIZATION = "(CAST(:organization AS text) IS NULL OR q.owner_org = :organization)"
_IN_FOLLOWED = "q.owner_org = ANY (CAST(:groups AS text[]))"

# a group that is not an organization stands for its datasets; the queue knows the organization of each dataset
_FOLLOWED = sa.text("""
SELECT 'package' AS kind, object_id AS id FROM user_following_dataset WHERE follower_id = :user
UNION ALL SELECT 'group', object_id FROM user_following_group WHERE follower_id = :user
UNION ALL SELECT 'package', m.table_id FROM user_following_group AS f JOIN member AS m ON m.group_id = f.object_id
    AND m.table_name = 'package' AND m.state = 'active' AND m.capacity <> 'organization' WHERE f.follower_id = :user
""")

#: How many columns of each organization are looked at when the best ones are being claimed by others.
_SOME = (1, 32)


def best(connection: sa.Connection, asked: Asked, besides: Sequence[int] = ()) -> Candidate | None:
    """Return the next column for a user and lock it, None when there is none; others skip a locked one.

    :param besides: columns that are not wanted.
    """
    first = _probe(connection, asked, besides)
    if first is None or not first.follows or asked.package:
        # all columns of one dataset are followed alike
        return first
    follows = _follows(connection, asked.user_id)
    followed = follows and _probe(connection, asked, besides, follows, manual=first.manual)
    return followed or first


def _follows(connection: sa.Connection, user_id: str) -> _Follows | None:
    rows = connection.execute(_FOLLOWED, {"user": user_id}).all()
    if not rows:
        return None
    packages, groups = (tuple(row.id for row in rows if row.kind == kind) for kind in ("package", "group"))
    return _Follows(packages=packages, groups=groups)


def _probe(
    connection: sa.Connection,
    asked: Asked,
    besides: Sequence[int],
    follows: _Follows | None = None,
    *,
    manual: bool = False,
) -> Candidate | None:
    values: dict[str, Any] = {
        "user": asked.user_id,
        "besides": list(besides),
        "organization": asked.organization,
        "organizations": list(asked.scope.organizations),
        "packages": list(asked.scope.packages),
        "groups": list(follows.groups) if follows else [],
    }
    parts: list[tuple[str, list[str], str]] = []
    for field, keys, where in _branches(asked, follows):
        if keys is None:
            return _first(connection, "true", values)
        if keys:
            parts.append((field, list(keys), f"{where} AND q.manual" if manual else where))
    if not parts:
        return None
    field, keys, where = parts[0]
    if len(parts) == len(keys) == 1:
        # one stretch of one index has all of them in order
        return _first(connection, f"q.{field} = :key AND {where}", {**values, "key": keys[0]})
    sources: list[str] = []
    for place, (field, keys, where) in enumerate(parts):
        sources.append(_SOURCE.format(keys=f"keys{place}", field=field, where=where))
        values[f"keys{place}"] = keys
    where = f"q.column_id IN ({' UNION ALL '.join(sources)})"
    return next(filter(None, (_first(connection, where, {**values, "some": some}) for some in _SOME)), None)


def _branches(asked: Asked, follows: _Follows | None) -> Iterator[tuple[str, Sequence[str] | None, str]]:
    """Yield (field, keys, condition) of each part of the queue where the column may be; without keys, all of it."""
    scope, one = asked.scope, asked.organization
    within = "true" if scope.everything else _WITHIN
    if asked.package:
        yield "package_id", [asked.package], f"{within} AND {_IN_ORGANIZATION}"
    elif follows:
        yield "package_id", follows.packages, f"{within} AND {_IN_ORGANIZATION}"
        groups = [each for each in follows.groups if one in (None, each)]
        yield "owner_org", [each for each in groups if scope.everything or each in scope.organizations], "true"
        yield "package_id", scope.packages, f"{_IN_FOLLOWED} AND {_IN_ORGANIZATION}"
    elif scope.everything:
        yield "owner_org", None if one is None else [one], "true"
    else:
        yield "owner_org", [each for each in scope.organizations if one in (None, each)], "true"
        yield "package_id", scope.packages, _IN_ORGANIZATION


def _first(connection: sa.Connection, where: str, values: dict[str, Any]) -> Candidate | None:
    row = connection.execute(_statement(where), values).one_or_none()
    if row is None:
        return None
    return Candidate(**row._mapping)


@lru_cache(maxsize=64)
def _statement(where: str) -> sa.TextClause:
    # to find its parameters takes SQLAlchemy longer than the query takes
    return sa.text(_BEST.format(where=where))
