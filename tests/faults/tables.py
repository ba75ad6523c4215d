"""Create a live table with everything that people can add to one, and read its whole state."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import Any

import psycopg
import requests
from psycopg import sql

from dev.portal import Portal
from dev.stack import MAIN
from tests.faults.files import COLUMNS, File
from tests.faults.site import Site

FIELDS: list[dict[str, Any]] = [
    {"id": "stadt", "type": "text", "info": {"label": "Stadt", "notes": "who: \"says\" 'what' %s {}"}},
    {"id": "zahl", "type": "numeric", "info": {"label": "Zahl", "type_override": "numeric"}},
    {"id": "tag", "type": "timestamp", "info": {"label": "Tag", "type_override": "timestamp"}},
    {"id": "ort", "type": "text"},
    {"id": "land", "type": "text", "info": {"label": "Land", "notes": "ISO 3166\nalt: Staat"}},
    {"id": "menge", "type": "numeric", "info": {"label": "Menge"}},
]
BY_OTHER_PLUGINS = ' {"_info":{"label":"Stadt","notes":"Straße"},"otherplugin":{"unit":"m²","deep":[1,{"a":null}]}}'
BY_HAND = """
COMMENT ON TABLE {table} IS 'ours since 2019';
COMMENT ON COLUMN {table}.stadt IS {comment};
CREATE INDEX {index} ON {table} (lower(ort)) WHERE ort IS NOT NULL;
COMMENT ON INDEX {index} IS 'for the map';
ALTER TABLE {table} ADD CONSTRAINT positiv CHECK (zahl > 0);
GRANT UPDATE (ort) ON {table} TO datastore_read;
CREATE VIEW {by_place} WITH (security_barrier) AS SELECT ort, sum(zahl) AS summe FROM {table} GROUP BY ort;
COMMENT ON VIEW {by_place} IS 'by hand';
GRANT SELECT ON {by_place} TO PUBLIC;
CREATE VIEW {large} AS SELECT * FROM {by_place} WHERE summe > 1;
"""
TRIGGER = "BEGIN NEW.ort := coalesce(upper(NEW.ort), 'UNBEKANNT'); RETURN NEW; END"

#: The column whose description publishers edit.
EDITED = "tag"
ORGANIZATION = "faults"

#: Query for the objects that depend on a table, with PostgreSQL's own definitions.
HANGING = """
SELECT 'index', c.relname, pg_get_indexdef(i.indexrelid) || coalesce(' -- ' || obj_description(c.oid), '')
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = {oid}
UNION ALL SELECT 'constraint', conname, pg_get_constraintdef(oid) FROM pg_constraint
  WHERE conrelid = {oid} AND contype IN ('c', 'u', 'p', 'x')
UNION ALL SELECT 'trigger', tgname, pg_get_triggerdef(oid) || tgenabled::text FROM pg_trigger
  WHERE tgrelid = {oid} AND NOT tgisinternal
UNION ALL SELECT 'alias', name, '' FROM _table_metadata WHERE alias_of = {table}
UNION ALL SELECT 'view', relname, concat(pg_get_viewdef(oid), relacl, obj_description(oid), reloptions) FROM pg_class
  WHERE relkind = 'v' AND relname IN ({by_place}, {large})
UNION ALL SELECT 'grants', '', relacl::text FROM pg_class WHERE oid = {oid}
UNION ALL SELECT 'comment', '', obj_description({oid}, 'pg_class')
"""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The whole state of a table, read without the code under test."""

    columns: tuple[str, ...]
    rows: list[tuple[str | None, ...]]
    #: raw comment by column
    comments: dict[str, str | None]
    types: dict[str, str]
    #: (kind, name, definition)
    hanging: frozenset[tuple[str, str, str]]
    #: number of rows without a full text, which no search finds
    unsearchable: int


@dataclass
class Resource:
    """A resource in its own dataset."""

    site: Site
    id: str
    package_id: str
    #: the published files, oldest first; the first one is what the table held at the start
    files: list[File] = field(default_factory=list)
    trigger: bool = True
    before: Seen | None = None
    #: allowed descriptions of the column ``EDITED``: only the last edit, unless CKAN's request failed; None is the
    #: original one
    edits: list[str | None] = field(default_factory=list)

    @property
    def portal(self) -> Portal:
        """Return the site's API."""
        return self.site.portal

    def publish(self, file: File) -> None:
        """Upload a file, which requests its load."""
        self.files.append(file)
        reply = requests.post(
            f"{self.portal.url}/api/3/action/resource_patch",
            data={"id": self.id, "format": "CSV"},
            files={"upload": (f"v{file.version}.csv", io.BytesIO(file.content()), "text/csv")},
            headers={"Authorization": self.portal.token},
            timeout=120,
        )
        assert reply.ok, reply.text

    def submit(self) -> None:
        """Request another load."""
        self.portal.act("datapusher_submit", resource_id=self.id, ignore_hash=True)

    def undo(self) -> None:
        """Request that the table of the first file comes back; it is the newest file from then on."""
        self.files.append(self.files[0])
        self.portal.act("datapusher_plus_undo", resource_id=self.id)

    def edit_dictionary(self, notes: str = "written while the file was loaded") -> None:
        """Change the description of the column ``EDITED`` in the Data Dictionary."""
        info = {"label": "Tag", "notes": notes, "type_override": "timestamp"}
        fields = [{"id": name} for name in COLUMNS[:2]] + [{"id": EDITED, "info": info}]
        self.edits[:] = [*(self.edits or [None]), notes]
        self.portal.act("datastore_create", resource_id=self.id, force=True, fields=fields)
        self.edits[:] = [notes]

    def look(self) -> Seen | None:
        """Return the state of the table, None when there is no table."""
        with self.site.database(MAIN.datastore_db) as connection, connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            return _look(connection, self.id)


def make(site: Site, *, table: bool = True, trigger: bool = True) -> Resource:
    """Create a resource, with a table that has everything, or without a table."""
    dataset = site.portal.act(
        "package_create",
        name=f"faults-{_number(site)}",
        owner_org=ORGANIZATION,
        resources=[{"name": "a table", "url": "http://example.org/t", "format": "none"}],
    )
    made = Resource(site=site, id=dataset["resources"][0]["id"], package_id=dataset["id"], trigger=table and trigger)
    if table:
        _fill(made)
        made.before = made.look()
    return made


def _number(site: Site) -> int:
    with site.database(MAIN.ckan_db) as connection:
        found = connection.execute("SELECT nextval('faults_number')").fetchone()
    assert found
    return found[0]


def _fill(made: Resource) -> None:
    old = File(version=1, rows=40)
    made.files.append(old)
    made.portal.act(
        "datastore_create",
        resource_id=made.id,
        force=True,
        fields=FIELDS,
        records=[{k: v or None for k, v in zip(COLUMNS, row, strict=True)} for row in old.values()],
        aliases=[f"staedte_{made.id[:8]}", f"cities_{made.id[:8]}"],
        primary_key=["stadt", "zahl"],
        indexes=["tag"],
        triggers=[{"function": "gross"}] if made.trigger else [],
        calculate_record_count=True,
    )
    with made.site.database(MAIN.datastore_db, "datastore_write") as connection:
        names = {key: sql.Identifier(name) for key, name in _names(made.id).items()}
        connection.execute(sql.SQL(BY_HAND).format(**names, comment=sql.Literal(BY_OTHER_PLUGINS)))


def renew(resource: Resource) -> Resource:
    """Return a resource of an earlier case, with its present state as the start of the next one."""
    resource.before, resource.edits = resource.look(), []
    return resource


def prepare(portal: Portal) -> None:
    """Create the organization of the datasets, and the function of the user-defined trigger."""
    if portal.find("organization_show", id=ORGANIZATION) is None:
        portal.act("organization_create", name=ORGANIZATION)
    portal.act("datastore_function_create", name="gross", or_replace=True, rettype="trigger", definition=TRIGGER)


def _names(resource_id: str) -> dict[str, str]:
    short = resource_id[:8]
    return {
        "table": resource_id,
        "index": f"Mein Index {short}",
        "by_place": f"nach_ort_{short}",
        "large": f"grosse_{short}",
    }


def _look(connection: psycopg.Connection, table: str) -> Seen | None:
    found = connection.execute("SELECT oid FROM pg_class WHERE relname = %s AND relkind = 'r'", [table]).fetchone()
    if found is None:
        return None
    oid = sql.Literal(found[0])
    columns = connection.execute(
        "SELECT attname::text, col_description(attrelid, attnum), format_type(atttypid, atttypmod) FROM pg_attribute"
        " WHERE attrelid = %s AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        [found[0]],
    ).fetchall()
    names = [name for name, *_ in columns if not name.startswith("_")]
    cells = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(name)) for name in ["_id", *names])
    values = {key: sql.Literal(name) for key, name in _names(table).items()}
    hanging = sql.SQL(HANGING).format(oid=oid, **values)
    every = sql.SQL("SELECT {} FROM {} AS t ORDER BY t._id").format(cells, sql.Identifier(table))
    empty = connection.execute(
        sql.SQL("SELECT count(*) FROM {} WHERE _full_text IS NULL").format(sql.Identifier(table))
    ).fetchone()
    return Seen(
        columns=tuple(names),
        rows=connection.execute(every).fetchall(),
        comments={name: comment for name, comment, _ in columns},
        types={name: kind for name, _, kind in columns},
        hanging=frozenset((kind, name, _plain(text or "")) for kind, name, text in connection.execute(hanging)),
        unsearchable=empty[0] if empty else 0,
    )


def _plain(definition: str) -> str:
    """Return a definition without the method of a full-text index: a load makes it by the site's method."""
    return definition.replace("USING gist (_full_text)", "USING gin (_full_text)")


def kept_words(site: Site, resource_id: str) -> dict[str, str | None]:
    """Return the comments of removed columns in the stash folder, by column."""
    path = site.stash_disk.path / f"{resource_id}.vanished.json"
    if not path.exists():
        return {}
    return {column["name"]: column["comment"] for column in json.loads(path.read_text())["columns"]}
