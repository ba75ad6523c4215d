"""Drafts of Data Dictionary entries in CKAN's database: each is made once, whoever drafts at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError

from ..core.dictionary.personal import is_personal
from ..core.drafts.model import Draft, Form, Kind, State
from ..core.errors import IngestError
from ..datastore import comments
from ..model import words as model
from ..model.database import transaction
from ..model.words import annotation, column, vote
from . import queue

#: The columns by which the database tells the pipeline's drafts apart: exactly those of its partial unique indexes.
VALUE_KEY = ("column_id", "kind", "value", "creator")
SPAN_KEY = ("column_id", "kind", "value", "span", "creator")

_KEYS = {Form.VALUE: VALUE_KEY, Form.SPAN: SPAN_KEY}
_OURS = frozenset((model.VALUE_KEY, model.SPAN_KEY))


class WrongIsolation(RuntimeError):
    """Drafts are written in a transaction that does not see what others commit meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A stored draft, with the votes on it."""

    id: int
    resource_id: str
    column_id: int
    #: name of the column
    column: str
    kind: Kind
    form: Form
    value: Any
    span: Mapping[str, int]
    evidence: Mapping[str, Any]
    confidence: float | None
    creator: str
    structural: bool
    is_pipeline: bool
    state: State
    superseded_by: int | None
    created_at: datetime
    votes_for: int
    votes_against: int


def require_read_committed(connection: sa.Connection) -> None:
    """Refuse a transaction in which a second SELECT would not see the row that another one has committed.

    :raises WrongIsolation: under REPEATABLE READ or SERIALIZABLE.
    """
    level = connection.execute(sa.text("SHOW transaction_isolation")).scalar_one()
    if level != "read committed":
        raise WrongIsolation(f"Drafts must be written under READ COMMITTED, and this transaction is {level.upper()}.")


def get_or_create(
    connection: sa.Connection,
    draft: Draft,
    *,
    column_id: int,
    resource_id: str,
    creator: str,
    run_id: str | None,
) -> tuple[int, bool]:
    """Return the id of the pipeline's draft with this content, and whether it was made now.

    An existing one is found in any state, so that a rejected proposal is not made anew. Evidence and confidence are
    only set when it is made. Spans are compared as jsonb, by their structure: as texts, {"from": 1, "to": 5} would
    differ from the same object with the keys in another order, or with 5.0, and the place would be drafted twice.

    :raises WrongIsolation: unless the transaction is READ COMMITTED.
    """
    require_read_committed(connection)
    values = values_of(draft, column_id=column_id, resource_id=resource_id, creator=creator)
    found = find_or_insert(connection, draft.form, values)
    link(connection, run_id, [found[0]])
    return found


def values_of(draft: Draft, *, column_id: int, resource_id: str, creator: str) -> dict[str, Any]:
    """Return the row of a draft of the pipeline."""
    return {
        "resource_id": resource_id,
        "column_id": column_id,
        "kind": draft.kind.value,
        "form": draft.form.value,
        "value": draft.value,
        "span": dict(draft.span),
        "evidence": dict(draft.evidence),
        "confidence": draft.confidence,
        "creator": creator,
        "structural": draft.structural,
        "is_pipeline": True,
    }


def find_or_insert(connection: sa.Connection, form: Form, values: Mapping[str, Any]) -> tuple[int, bool]:
    """Return the id of the row with the same key, and whether it was inserted now, in a savepoint of its own."""
    found = _find(connection, form, values)
    if found is not None:
        return found, False
    try:
        with connection.begin_nested():
            made = connection.execute(sa.insert(annotation).values(**values).returning(annotation.c.id))
            return made.scalar_one(), True
    except IntegrityError as error:
        if constraint_of(error) not in _OURS:
            raise
        found = _find(connection, form, values)
        if found is None:
            raise
        return found, False


def _find(connection: sa.Connection, form: Form, values: Mapping[str, Any]) -> int | None:
    query = sa.select(sa.func.min(annotation.c.id)).where(
        annotation.c.structural == values["structural"],
        annotation.c.form == form.value,
        annotation.c.is_pipeline,
        *(annotation.c[name] == _typed(name, values[name]) for name in _KEYS[form]),
    )
    return connection.execute(query).scalar()


def _typed(name: str, value: Any) -> Any:
    return sa.literal(value, JSONB) if name in ("value", "span") else value


def constraint_of(error: IntegrityError) -> str | None:
    """Return the name of the constraint or unique index that refused a row."""
    return getattr(getattr(error.orig, "diag", None), "constraint_name", None)


_LINK = sa.text("""
INSERT INTO datapusher_plus_run_annotation (run_id, annotation_id)
SELECT r.id, a.id FROM (SELECT id FROM datapusher_plus_run WHERE id = :run FOR KEY SHARE) AS r,
    unnest(CAST(:ids AS bigint[])) AS a (id)
ON CONFLICT DO NOTHING
""")


def link(connection: sa.Connection, run_id: str | None, ids: Sequence[int]) -> None:
    """Record that a run has made or found drafts; a run that was removed meanwhile is left out."""
    if run_id and ids:
        connection.execute(_LINK, {"run": run_id, "ids": list(ids)})


def find(
    resource_id: str,
    *,
    column: str | None = None,
    kind: Kind | str | None = None,
    state: State | str | None = State.OPEN,
    column_id: int | None = None,
) -> tuple[Annotation, ...]:
    """Return the drafts of a resource, in the order of its columns, the most likely first.

    What was taken from private datasets is left out once the resource's own dataset is not private any more.

    :param state: None for all states.
    """
    chosen = [annotation.c.resource_id == resource_id]
    if column is not None:
        chosen.append(model.column.c.name == column)
    if column_id is not None:
        chosen.append(annotation.c.column_id == column_id)
    if kind is not None:
        chosen.append(annotation.c.kind == Kind(kind).value)
    if state is not None:
        chosen.append(annotation.c.state == State(state).value)
    with transaction() as connection:
        found = _read(connection, *chosen)
    return _without_personal_values(found)


def without_codes(found: Iterable[Annotation]) -> tuple[Annotation, ...]:
    """Leave out code lists, which are values of the column."""
    return tuple(each for each in found if each.kind is not Kind.CODES)


def _without_personal_values(found: tuple[Annotation, ...]) -> tuple[Annotation, ...]:
    """Leave out code lists of columns that were marked as personal data after they were drafted."""
    listed = {(each.resource_id, each.column) for each in found if each.kind is Kind.CODES}
    if not listed:
        return found
    try:
        texts = comments.of_columns(sorted(listed))
    except IngestError:
        # without the datastore nobody knows
        return without_codes(found)
    hidden = {place for place in listed if is_personal(texts.get(place))}
    return tuple(each for each in found if each.kind is not Kind.CODES or (each.resource_id, each.column) not in hidden)


def get(annotation_id: int) -> Annotation | None:
    """Return one draft, None when there is no such id, or when it may not be shown any more."""
    with transaction() as connection:
        found = _read(connection, annotation.c.id == annotation_id)
    return next(iter(_without_personal_values(found)), None)


_MAY_BE_SHOWN = sa.text("""(datapusher_plus_annotation.evidence ->> 'private' IS NULL OR EXISTS (
    SELECT FROM resource AS r JOIN package AS p ON p.id = r.package_id
    WHERE r.id = datapusher_plus_annotation.resource_id AND p.private))""")


_ZERO = sa.literal_column("0")


def _query(*chosen: sa.ColumnElement[bool]) -> sa.Select[Any]:
    votes = (
        sa.select(
            sa.func.count().filter(vote.c.vote > _ZERO).label("votes_for"),
            sa.func.count().filter(vote.c.vote < _ZERO).label("votes_against"),
        )
        .where(vote.c.annotation_id == annotation.c.id)
        .lateral()
    )
    return (
        sa.select(annotation, column.c.name.label("column"), votes)
        .join(column, column.c.id == annotation.c.column_id)
        .join(votes, sa.true())
        .where(*chosen, _MAY_BE_SHOWN)
        .order_by(column.c.position, column.c.id, annotation.c.kind, annotation.c.confidence.desc(), annotation.c.id)
    )


def _read(connection: sa.Connection, *chosen: sa.ColumnElement[bool]) -> tuple[Annotation, ...]:
    return tuple(map(_annotation, connection.execute(_query(*chosen)).mappings()))


def _annotation(row: Mapping[Any, Any]) -> Annotation:
    given = {name: row[name] for name in Annotation.__slots__}
    return Annotation(
        **{**given, "kind": Kind(given["kind"]), "form": Form(given["form"]), "state": State(given["state"])}
    )


def _as_text(query: sa.Select[Any]) -> sa.TextualSelect:
    """Return a query as text: SQLAlchemy takes longer to prepare it each time than PostgreSQL to answer."""
    dialect = postgresql.dialect(paramstyle="named")
    return sa.text(str(query.compile(dialect=dialect))).columns(*query.selected_columns)


#: The open drafts of the column ``:column``.
_OF_COLUMN = _as_text(
    _query(annotation.c.column_id == sa.bindparam("column"), annotation.c.state == sa.literal_column("'open'"))
)


def of_column(connection: sa.Connection, column_id: int) -> tuple[Annotation, ...]:
    """Return the open drafts of one column as ``find`` does.

    The caller must leave out code lists (``without_codes``) if the column is marked as personal data now.
    """
    return tuple(map(_annotation, connection.execute(_OF_COLUMN, {"column": column_id}).mappings()))


def clear(resource_id: str) -> int:
    """Delete the open drafts of the pipeline, which the next load makes anew; return how many there were."""
    drafts = (annotation.c.resource_id == resource_id, annotation.c.is_pipeline, annotation.c.state == State.OPEN.value)
    with transaction() as connection:
        queue.lock(connection, connection.execute(sa.select(annotation.c.column_id).where(*drafts)).scalars())
        gone = (
            connection.execute(sa.delete(annotation).where(*drafts).returning(annotation.c.column_id)).scalars().all()
        )
        queue.recount(connection, gone)
    return len(gone)


def forget(resource_id: str) -> None:
    """Delete all drafts of a deleted resource; may be repeated."""
    with transaction() as connection:
        connection.execute(sa.delete(annotation).where(annotation.c.resource_id == resource_id))
