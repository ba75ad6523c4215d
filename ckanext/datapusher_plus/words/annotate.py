"""Draft entries of a table's Data Dictionary by rules, after a load or when an editor asks for it."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DataError, IntegrityError

from ..core.dictionary.comment import content_of, is_blank
from ..core.dictionary.model import Column as LiveColumn
from ..core.dictionary.personal import KEYS as PERSONAL_KEYS
from ..core.dictionary.personal import is_personal
from ..core.drafts.model import Draft, Form, Kind, State, Subject
from ..core.drafts.neighbours import neighbour_drafts
from ..core.drafts.rules import drafts
from ..core.statistics import TableStatistics, Withheld
from ..datastore import catalog, connect
from ..model.database import transaction
from ..model.words import annotation
from . import neighbours, queue, registry
from .annotations import find_or_insert, link, require_read_committed, values_of

log = logging.getLogger(__name__)

#: A draft's row without what is only set when it is made; texts, so that it can be a key.
Key = tuple[int, str, str, str, str]

# `json.dumps` would make an encoder for each of thousands of drafts
_as_text = json.JSONEncoder(sort_keys=True).encode


def draft(
    resource_id: str,
    run_id: str | None,
    creator: str,
    statistics: TableStatistics,
    *,
    columns: Collection[str] | None = None,
) -> int:
    """Draft entries for columns of a table by rules, and return how many drafts are new.

    Entries that the Data Dictionary has are not drafted, nor what was proposed before, whatever became of it.

    :param columns: only these columns.
    :raises IngestError: when the datastore cannot be read.
    """
    about = subjects(resource_id, statistics, columns)
    names = [subject.name for subject in about]
    filled = {subject.name: subject.filled for subject in about}
    found = (*drafts(about), *neighbour_drafts(neighbours.described(resource_id, names), filled))
    return keep(resource_id, run_id, creator, found, columns=names)


def subjects(resource_id: str, statistics: TableStatistics, chosen: Collection[str] | None) -> list[Subject]:
    """Return what drafts of a table's columns are made from.

    :param chosen: only these columns.
    :raises IngestError: when the datastore cannot be read.
    """
    with connect.connect() as connection:
        live = {column.name: column for column in catalog.columns(connection, resource_id)}
    registered = {column.name: column for column in registry.columns(resource_id)}
    if not live.keys() <= registered.keys():
        registry.refresh(resource_id)
        registered = {column.name: column for column in registry.columns(resource_id)}
    return [
        Subject(
            statistics=each,
            heading=registered[each.name].heading or each.name,
            personal=each.withheld is Withheld.PERSONAL or is_personal(live[each.name].comment),
            filled=filled(live[each.name]),
        )
        for each in statistics.columns
        if each.name in live and each.name in registered and (chosen is None or each.name in chosen)
    ]


def filled(column: LiveColumn) -> frozenset[Kind]:
    """Return which entries of a column's Data Dictionary are filled in; a comment that is plain text is the notes."""
    content = content_of(column.comment)
    if isinstance(content, str):
        return frozenset([Kind.NOTES] if content else [])
    info = content.get("_info")
    entries = {**content, **(info if isinstance(info, dict) else {})}
    keys = {kind: PERSONAL_KEYS if kind is Kind.PII else (kind.value,) for kind in Kind}
    return frozenset(kind for kind, names in keys.items() if any(not is_blank(entries.get(name)) for name in names))


def keep(
    resource_id: str,
    run_id: str | None,
    creator: str,
    found: Iterable[Draft],
    *,
    columns: Collection[str],
) -> int:
    """Store drafts for a table's columns, and return how many are new; open structural ones are replaced.

    A draft that the database refuses is left out with a warning; the others are stored.

    :param columns: the columns that were looked at.
    """
    ids = {column.name: column.id for column in registry.columns(resource_id) if column.name in columns}
    wanted: dict[Key, dict[str, Any]] = {}
    # of rules that propose the same, the surest gives the evidence
    for each in sorted(found, key=lambda proposed: -(proposed.confidence or 0)):
        if each.column in ids:
            row = values_of(each, column_id=ids[each.column], resource_id=resource_id, creator=creator)
            wanted.setdefault(_key(row), row)
    with transaction() as connection:
        require_read_committed(connection)
        # one pass at a time on these columns; whoever writes without this lock still meets the unique indexes
        queue.lock(connection, ids.values())
        known = _replace_structural(connection, _known(connection, ids.values()), wanted)
        made = _insert(connection, [row for key, row in wanted.items() if key not in known])
        every = [*((known[key], False) for key in wanted if key in known), *made]
        # two rules may meet on one value that the database alone sees as the same (5 and 5.0): each id once
        once = dict(reversed(every))
        link(connection, run_id, sorted(once))
        queue.recount(connection, ids.values())
    return sum(once.values())


def _key(row: Any) -> Key:
    span = _as_text(row["span"]) if row["span"] else ""
    return row["column_id"], row["kind"], row["form"], _as_text(row["value"]), span


def _known(connection: sa.Connection, ids: Iterable[int]) -> list[Any]:
    """Return the pipeline's drafts for columns, of any creator and in any state, the oldest last."""
    fields = ("id", "column_id", "kind", "form", "value", "span", "structural", "state")
    query = sa.select(*(annotation.c[name] for name in fields))
    query = query.where(annotation.c.column_id.in_(list(ids)), annotation.c.is_pipeline)
    return list(connection.execute(query.order_by(annotation.c.id.desc())).mappings())


def _replace_structural(connection: sa.Connection, known: Sequence[Any], wanted: Collection[Key]) -> dict[Key, int]:
    """Delete open drafts of facts that the table does not have any more, and return the ids of the others."""
    stale = [
        row["id"] for row in known if row["structural"] and row["state"] == State.OPEN.value and _key(row) not in wanted
    ]
    if stale:
        connection.execute(sa.delete(annotation).where(annotation.c.id.in_(stale)))
    gone = set(stale)
    return {_key(row): row["id"] for row in known if row["id"] not in gone}


_INSERT = sa.text("""
INSERT INTO datapusher_plus_annotation
    (resource_id, column_id, kind, form, value, span, evidence, confidence, creator, structural, is_pipeline)
SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r (resource_id text, column_id bigint, kind text, form text,
    value jsonb, span jsonb, evidence jsonb, confidence real, creator text, structural boolean, is_pipeline boolean)
ON CONFLICT DO NOTHING RETURNING id
""")


def _insert(connection: sa.Connection, rows: Sequence[dict[str, Any]]) -> list[tuple[int, bool]]:
    """Insert rows as one document of JSON; rows that are there meanwhile are found, and refused ones left out."""
    if not rows:
        return []
    try:
        with connection.begin_nested():
            added = set(connection.execute(_INSERT, {"rows": json.dumps(rows)}).scalars())
    except (DataError, IntegrityError):
        # one row is refused, and nobody knows which
        added = set[int]()
    made = [(id_, True) for id_ in added]
    if len(added) < len(rows):
        there = {_key(row): row["id"] for row in _known(connection, {row["column_id"] for row in rows})}
        ids = {_key(row): there.get(_key(row)) for row in rows}
        made += [(id_, False) for id_ in ids.values() if id_ is not None and id_ not in added]
        made += _one_by_one(connection, [row for row in rows if ids[_key(row)] is None])
    return made


def _one_by_one(connection: sa.Connection, rows: Iterable[dict[str, Any]]) -> Iterator[tuple[int, bool]]:
    for row in rows:
        try:
            with connection.begin_nested():
                yield find_or_insert(connection, Form(row["form"]), row)
        except (DataError, IntegrityError) as error:
            log.warning("a draft of %s for column %s was refused: %s", row["kind"], row["column_id"], error.orig)
