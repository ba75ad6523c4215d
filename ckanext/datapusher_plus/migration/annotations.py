"""Steps of the migrations of drafts: what DataPusher+ left in datasets, and unique drafts.

The revisions import this module, and tests call each step alone. It imports nothing of the plugin, and its constants
are written out: a migration must do in years what it does today, whatever becomes of the code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

#: ``creator`` of the drafts that DataPusher+ left behind.
MARKER = "datapusher_plus"
RUNNING = (
    "{count} load(s) are running. Stop all workers, wait until their loads have ended, and run `ckan db upgrade -p "
    "datapusher_plus` again: a load could add a duplicate after the duplicates were removed. If no worker runs, "
    "`ckan datapusher_plus sweep` ends what is left of its loads."
)
#: Keys of a suggestion, and the kinds of drafts that they become.
KINDS = {
    "label": "label",
    "title": "label",
    "notes": "notes",
    "description": "notes",
    "unit": "unit",
    "units": "unit",
}
NAMES = ("name", "field", "column", "id")
LONGEST = 2000
FAILED = "#ERROR!"
NOT_RESOURCES = ("package", "resource", "STATUS", "ai_suggestions")

KEYS = {"value": "column_id, kind, value, creator", "span": "column_id, kind, value, span, creator"}
UNIQUE = "NOT structural AND form = '{form}' AND is_pipeline"


class LoadsAreRunning(Exception):
    """The migration must not work beside a load."""


# what DataPusher+ left behind


def import_left_behind(connection: sa.Connection) -> int:
    """Make drafts of the column descriptions in ``dpp_suggestions`` of datasets, and return how many.

    They are copied as they are, duplicates too: the same suggestion may be there as a resource's and, by a mistake of
    DataPusher+, beside the others. The datasets stay as they are.
    """
    existing = sa.inspect(connection)
    if not existing.has_table("resource") or not existing.has_table("package"):
        return 0
    resources = _resources(connection)
    known = _known_columns(connection)
    made = 0
    for package_id, given in _suggestions(connection):
        found = _parsed(given)
        if isinstance(found, dict):
            mine = resources.get(package_id, [])
            for resource_id, name, kind, text, rule in _entries(found, mine, known):
                _insert(connection, resource_id, name, kind, text, rule)
                made += 1
    return made


def _resources(connection: sa.Connection) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    query = "SELECT package_id, id, coalesce(name, '') FROM resource WHERE state = 'active' ORDER BY position, id"
    for package_id, resource_id, name in connection.execute(sa.text(query)):
        found.setdefault(package_id, []).append((resource_id, name))
    return found


def _known_columns(connection: sa.Connection) -> dict[str, set[str]]:
    """Return the columns of the newest run of each resource that has some."""
    query = (
        "SELECT DISTINCT ON (resource_id) resource_id, columns FROM datapusher_plus_run"
        " WHERE jsonb_typeof(columns) = 'array' ORDER BY resource_id, finished_at DESC NULLS LAST"
    )
    return {
        resource_id: {str(each[0]) for each in columns if isinstance(each, list) and each}
        for resource_id, columns in connection.execute(sa.text(query))
    }


def _suggestions(connection: sa.Connection) -> Iterator[tuple[str, Any]]:
    """Yield the field of each dataset: CKAN keeps it in the dataset's extras, before 2.12 in a table of their own."""
    existing = sa.inspect(connection)
    if "extras" in {column["name"] for column in existing.get_columns("package")}:
        query = "SELECT id, extras ->> 'dpp_suggestions' FROM package WHERE extras ? 'dpp_suggestions' ORDER BY id"
        yield from connection.exec_driver_sql(query).tuples().all()
    if existing.has_table("package_extra"):
        query = (
            "SELECT package_id, value FROM package_extra WHERE key = 'dpp_suggestions' AND state = 'active' ORDER BY 1"
        )
        yield from connection.exec_driver_sql(query).tuples().all()


def _entries(
    found: Mapping[str, Any], resources: Sequence[tuple[str, str]], known: Mapping[str, set[str]]
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield (resource, column, kind, text, rule) of each suggestion for a column."""
    by_resource = found.get("resource")
    beside = {name: each for name, each in found.items() if name not in NOT_RESOURCES}
    for container in (by_resource, beside):
        for name, fields in container.items() if isinstance(container, dict) else ():
            same = [resource_id for resource_id, title in resources if name in (resource_id, title)]
            # of two resources with one name nobody knows which was meant
            if len(same) == 1 and isinstance(fields, dict):
                for column, said in fields.items():
                    yield from _of_field(same[0], str(column), said, known)
    for said in _dictionary(found.get("ai_suggestions")):
        column = next((str(said[name]) for name in NAMES if isinstance(said.get(name), str) and said[name]), "")
        for resource_id in _with_column(column, resources, known) if column else ():
            for kind, text in _texts(said):
                yield resource_id, column, kind, text, "ai_suggestions"


def _of_field(
    resource_id: str, column: str, said: Any, known: Mapping[str, set[str]]
) -> Iterator[tuple[str, str, str, str, str]]:
    """Yield what a formula says of a column; a text alone may be one of the resource itself."""
    if isinstance(said, dict):
        for kind, text in _texts(said):
            yield resource_id, column, kind, text, "formula"
    elif isinstance(said, str) and _is_text(said) and column in known.get(resource_id, ()):
        yield resource_id, column, "notes", said.strip(), "formula"


def _texts(said: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, kind in KINDS.items():
        text = next((each for name, each in said.items() if str(name).lower() == key), None)
        if isinstance(text, str) and _is_text(text):
            yield kind, text.strip()


def _is_text(text: str) -> bool:
    return bool(text.strip()) and not text.startswith(FAILED) and "\x00" not in text


def _dictionary(given: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the entries of a language model's dictionary, wherever its answer has them."""
    found = _parsed(given)
    for key, value in found.items() if isinstance(found, dict) else ():
        inner = _parsed(value)
        if isinstance(inner, list):
            yield from (each for each in inner if isinstance(each, dict))
        elif isinstance(inner, dict) and str(key).lower() in ("dictionary", "response", "fields"):
            yield from _dictionary(inner)


def _with_column(column: str, resources: Sequence[tuple[str, str]], known: Mapping[str, set[str]]) -> Iterator[str]:
    """Yield the resources of a dataset that have a column: as their runs say, or because there is only one."""
    having = [resource_id for resource_id, _ in resources if column in known.get(resource_id, ())]
    if having:
        yield from having
    elif len(resources) == 1 and resources[0][0] not in known:
        yield resources[0][0]


def _insert(connection: sa.Connection, resource_id: str, name: str, kind: str, text: str, rule: str) -> None:
    value, evidence = _cut(text), {"rule": MARKER, "from": rule}
    if value != text:
        evidence["whole"] = text
    given = {"resource": resource_id, "name": name}
    connection.execute(sa.text(REGISTER), given)
    drafted = {**given, "kind": kind, "value": json.dumps(value), "evidence": json.dumps(evidence), "creator": MARKER}
    connection.execute(sa.text(DRAFT), drafted)


REGISTER = """
INSERT INTO datapusher_plus_column (resource_id, name, position, pg_type, present)
SELECT :resource, :name, 1 + count(*), 'text', false FROM datapusher_plus_column WHERE resource_id = :resource
ON CONFLICT (resource_id, name) DO NOTHING
"""
DRAFT = """
INSERT INTO datapusher_plus_annotation (resource_id, column_id, kind, form, value, evidence, creator)
SELECT :resource, id, :kind, 'value', CAST(:value AS jsonb), CAST(:evidence AS jsonb), :creator
FROM datapusher_plus_column WHERE resource_id = :resource AND name = :name
"""


def _cut(text: str) -> str:
    if _size(text) <= LONGEST:
        return text
    while _size(text + "…") > LONGEST:
        text = text[: len(text) - max(1, (_size(text) - LONGEST) // 8)]
    return text + "…"


def _size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "surrogatepass"))


def _parsed(given: Any) -> Any:
    if not isinstance(given, str):
        return given
    try:
        return json.loads(given)
    except (ValueError, RecursionError):
        return None


# unique drafts


def refuse_while_running(connection: sa.Connection) -> None:
    """Refuse to work beside loads.

    :raises LoadsAreRunning: says what to do.
    """
    count = connection.execute(sa.text("SELECT count(*) FROM datapusher_plus_run WHERE state = 'running'")).scalar_one()
    if count:
        raise LoadsAreRunning(RUNNING.format(count=count))


def add_flag(connection: sa.Connection) -> None:
    """Add ``is_pipeline``; may be repeated, since an earlier attempt may have ended after this step."""
    connection.execute(
        sa.text(
            "ALTER TABLE datapusher_plus_annotation ADD COLUMN IF NOT EXISTS is_pipeline boolean NOT NULL DEFAULT false"
        )
    )


def backfill(connection: sa.Connection) -> None:
    """Flag the drafts that DataPusher+ left behind; people's own drafts stay without the flag."""
    flag = "UPDATE datapusher_plus_annotation SET is_pipeline = true WHERE creator = :marker AND NOT structural"
    connection.execute(sa.text(flag), {"marker": MARKER})


def dedup(engine: sa.Engine) -> int:
    """Merge drafts that the unique indexes would refuse into the oldest of each group; return how many went.

    Each group has its own transaction, so that groups that are done stay done when a later one fails.
    """
    gone = 0
    for form, keys in KEYS.items():
        unique = UNIQUE.format(form=form)
        find = (
            f"SELECT array_agg(id ORDER BY id) FROM datapusher_plus_annotation WHERE {unique}"  # noqa: S608 (constants)
            f" GROUP BY {keys} HAVING count(*) > 1 ORDER BY 1"
        )
        with engine.begin() as connection:
            groups = connection.execute(sa.text(find)).scalars().all()
        for ids in groups:
            with engine.begin() as connection:
                gone += merge(connection, ids)
    return gone


STATES = ("accepted", "rejected", "open", "superseded")


def merge(connection: sa.Connection, ids: Sequence[int]) -> int:
    """Merge drafts of the same content into the one with the lowest id, and return how many were deleted."""
    lock = "SELECT * FROM datapusher_plus_annotation WHERE id = ANY (:ids) ORDER BY id FOR UPDATE"
    rows = connection.execute(sa.text(lock), {"ids": list(ids)}).mappings().all()
    if len(rows) < 2:
        return 0
    keeper, every = rows[0]["id"], [row["id"] for row in rows]
    evidence: dict[str, Any] = {}
    for row in reversed(rows):
        evidence |= row["evidence"]
    by = [row["superseded_by"] for row in rows if row["superseded_by"] not in (None, *every)]
    state = min((row["state"] for row in rows), key=STATES.index)
    given = {
        "keeper": keeper,
        "every": every,
        "evidence": json.dumps(evidence),
        "state": state,
        "confidence": max((row["confidence"] for row in rows if row["confidence"] is not None), default=None),
        "by": by[0] if by and state == "superseded" else None,
        "column": rows[0]["column_id"],
    }
    for statement in MERGE:
        connection.execute(sa.text(statement), given)
    return len(rows) - 1


# Of the link rows of one owner one stays: first those go whose owner has the keeper, and among redundant drafts all
# but one that share an owner; otherwise the update would make two equal rows. Of votes the newest stays.
MERGE = (
    """
    DELETE FROM datapusher_plus_run_annotation AS l WHERE l.annotation_id = ANY (:every) AND EXISTS (
        SELECT FROM datapusher_plus_run_annotation AS o WHERE o.annotation_id = ANY (:every)
            AND o.run_id = l.run_id AND o.annotation_id < l.annotation_id)
    """,
    "UPDATE datapusher_plus_run_annotation SET annotation_id = :keeper WHERE annotation_id = ANY (:every)",
    """
    DELETE FROM datapusher_plus_vote AS v WHERE v.annotation_id = ANY (:every) AND EXISTS (
        SELECT FROM datapusher_plus_vote AS o WHERE o.annotation_id = ANY (:every)
            AND o.user_id = v.user_id AND (o.at, o.annotation_id) > (v.at, v.annotation_id))
    """,
    "UPDATE datapusher_plus_vote SET annotation_id = :keeper WHERE annotation_id = ANY (:every)",
    "UPDATE datapusher_plus_accepted SET annotation_id = :keeper WHERE annotation_id = ANY (:every)",
    "UPDATE datapusher_plus_annotation SET superseded_by = :keeper WHERE superseded_by = ANY (:every)",
    "DELETE FROM datapusher_plus_annotation WHERE id = ANY (:every) AND id <> :keeper",
    """
    UPDATE datapusher_plus_annotation SET evidence = CAST(:evidence AS jsonb), state = :state,
        confidence = :confidence, superseded_by = :by WHERE id = :keeper
    """,
    """
    UPDATE datapusher_plus_queue SET total =
        (SELECT count(*) FROM datapusher_plus_annotation AS a WHERE a.column_id = :column AND a.state = 'open')
        + (SELECT count(*) FROM datapusher_plus_annotation AS a JOIN datapusher_plus_vote AS v ON v.annotation_id = a.id
           WHERE a.column_id = :column AND a.state = 'open')
    WHERE column_id = :column
    """,
)


def create_index(connection: sa.Connection, form: str) -> None:
    """Create a unique index without blocking writers; the connection must be in autocommit mode.

    An attempt that failed leaves an index that is not valid, which ``IF NOT EXISTS`` would take for the real one.
    """
    name = f"datapusher_plus_annotation_{form}_key"
    find = "SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(:name)"
    valid = connection.execute(sa.text(find), {"name": name}).scalar()
    if valid is False:
        connection.execute(sa.text(f"DROP INDEX CONCURRENTLY {name}"))
    if not valid:
        connection.execute(
            sa.text(
                f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON datapusher_plus_annotation ({KEYS[form]})"
                f" WHERE {UNIQUE.format(form=form)}"
            )
        )


def analyze(connection: sa.Connection) -> None:
    """Tell PostgreSQL's planner about the new column and what is left."""
    connection.execute(sa.text("ANALYZE datapusher_plus_annotation"))
