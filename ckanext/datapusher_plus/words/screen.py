"""What an editor needs to describe one column: its place, its statistics, drafts, and what others call such a column.

All that CKAN's database has is read in the transaction that hands the column out, by one statement each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from ..core.dictionary.comment import is_blank
from ..core.dictionary.model import Column as LiveColumn
from ..core.dictionary.personal import is_personal
from ..core.statistics import ColumnStatistics, Withheld, withhold
from ..datastore import comments
from . import annotations
from .annotations import Annotation
from .permissions import Scope
from .registry import Column

#: Reads the statistics of one column, with its values: (transaction, resource's id, column's name).
StatisticsOf = Callable[[sa.Connection, str, str], "ColumnStatistics | None"]

#: Keys of the Data Dictionary that an editor is asked for.
KEYS = ("label", "notes", "unit")
#: Most other tables whose column of the same name is shown.
MOST_NEIGHBOURS = 5

_COLUMN = sa.text("""
SELECT c.id, c.resource_id, c.name, c.heading, c.position, c.pg_type, c.present, c.has_label, c.has_notes, c.said,
    r.name AS resource_name, r.format, p.id AS package_id, p.name AS package_name, p.title AS package_title, p.private,
    p.owner_org, g.name AS organization_name, g.title AS organization_title,
    (SELECT count(*) FROM datapusher_plus_wish AS w WHERE w.column_id = c.id) AS wishes,
    (SELECT jsonb_agg(to_jsonb(n) ORDER BY n.id DESC) FROM (
        SELECT o.id, o.resource_id, s.name AS resource_name, d.id AS package_id, d.name AS package_name,
            d.title AS package_title
        FROM datapusher_plus_column AS o
        JOIN resource AS s ON s.id = o.resource_id AND s.state = 'active'
        JOIN package AS d ON d.id = s.package_id AND d.state = 'active'
        WHERE o.name = c.name AND o.present AND o.has_label AND o.resource_id <> c.resource_id
            AND d.owner_org = p.owner_org
            AND (NOT d.private OR :everything OR d.owner_org = ANY (CAST(:organizations AS text[]))
                OR d.id = ANY (CAST(:packages AS text[])))
        ORDER BY o.id DESC LIMIT :most) AS n) AS neighbours
FROM datapusher_plus_column AS c LEFT JOIN resource AS r ON r.id = c.resource_id
LEFT JOIN package AS p ON p.id = r.package_id LEFT JOIN "group" AS g ON g.id = p.owner_org
WHERE c.id = :column
""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """What CKAN's database has about a column; some of it may be shown only after a look at the live comment."""

    column: Column
    #: SHA-256 of the column's comment when it was read last
    said: bytes
    #: ``dataset``, ``resource``, ``organization`` and ``wishes``
    place: Mapping[str, Any]
    #: columns of the same name in other tables of the organization
    neighbours: Sequence[Mapping[str, Any]]
    statistics: ColumnStatistics | None
    drafts: tuple[Annotation, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What an editor sees of a column."""

    column: Column
    #: ``dataset``, ``resource``, ``organization`` and ``wishes``
    place: Mapping[str, Any]
    #: label, notes and unit; each may be empty
    entries: Mapping[str, str]
    #: what columns of the same name are called in other tables
    neighbours: Sequence[Mapping[str, Any]]
    #: without values if the column has personal data; None when there are none
    statistics: ColumnStatistics | None
    drafts: tuple[Annotation, ...]


def of_column(connection: sa.Connection, column_id: int, scope: Scope, statistics_of: StatisticsOf) -> Stored:
    """Return what CKAN's database has about a column that the queue has."""
    values = {
        "column": column_id,
        "everything": scope.everything,
        "organizations": list(scope.organizations),
        "packages": list(scope.packages),
        "most": MOST_NEIGHBOURS,
    }
    row = connection.execute(_COLUMN, values).mappings().one()
    column = Column(**{name: row[name] for name in Column.__slots__})
    return Stored(
        column=column,
        said=bytes(row["said"] or b""),
        place={**_names(row), "wishes": row["wishes"]},
        neighbours=row["neighbours"] or (),
        statistics=statistics_of(connection, column.resource_id, column.name),
        drafts=annotations.of_column(connection, column_id),
    )


def live_comments(stored: Stored) -> dict[str, str | None]:
    """Return the raw comments now of the column and its neighbours, by table; tables without the column are left out.

    :raises DatastoreGone, DatastoreRefused: when the datastore does not answer.
    """
    tables = [stored.column.resource_id, *(each["resource_id"] for each in stored.neighbours)]
    return comments.of_name(stored.column.name, tables)


def shown(stored: Stored, live: Mapping[str, str | None]) -> Shown:
    """Return what an editor may see of a column.

    :param live: what `live_comments` returned; it has the column.
    """
    comment = live[stored.column.resource_id]
    statistics, drafts = stored.statistics, stored.drafts
    if is_personal(comment):
        statistics = statistics and withhold(statistics, Withheld.PERSONAL)
        drafts = annotations.without_codes(drafts)
    return Shown(
        column=stored.column,
        place=stored.place,
        entries=entries(comment),
        neighbours=_described(stored.neighbours, live),
        statistics=statistics,
        drafts=drafts,
    )


def entries(comment: str | None) -> dict[str, str]:
    """Return the entries of a raw comment that an editor is asked for; each may be empty."""
    info = LiveColumn(name="", type="", comment=comment).info
    return {key: "" if is_blank(info.get(key)) else str(info[key]) for key in KEYS}


def _names(here: Mapping[Any, Any]) -> dict[str, Any]:
    organization = {key: here[f"organization_{key}"] for key in ("name", "title")}
    return {
        "dataset": {
            "id": here["package_id"],
            "name": here["package_name"],
            "title": here["package_title"],
            "private": here["private"],
        },
        "resource": {"id": here["resource_id"], "name": here["resource_name"], "format": here["format"]},
        "organization": {"id": here["owner_org"], **organization} if here["owner_org"] else None,
    }


def _described(others: Sequence[Mapping[str, Any]], live: Mapping[str, str | None]) -> list[dict[str, Any]]:
    """Return what the columns of other tables are called by their comments now."""
    found = [
        {
            "dataset": {"id": other["package_id"], "name": other["package_name"], "title": other["package_title"]},
            "resource": {"id": other["resource_id"], "name": other["resource_name"]},
            **entries(live.get(other["resource_id"])),
        }
        for other in others
    ]
    return [each for each in found if each["label"]]
