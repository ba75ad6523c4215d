"""Fixtures: a live table with everything that people and plugins can add to one, and its whole state as a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tests.fix_ckan import Act
from tests.fix_file import Said
from tests.fix_health import Having
from tests.loads import Loader

#: The rows of `live`, and a file of the same table a day later.
ROWS = [("Ärger", 1, "2026-01-02", "Zürich"), ("Büro", 2.50, None, "Genève"), ("", None, "2026-03-04", None)]
TODAY = "stadt,zahl,tag,ort\nKöln,10,2026-05-06,Rhein\nBonn,20.25,2026-05-07,\n,,,Ruhr\nUlm,,,\n".encode()

FIELDS: list[dict[str, Any]] = [
    {"id": "stadt", "type": "text", "info": {"label": "Stadt", "notes": "who: \"says\" 'what' %s {}"}},
    {"id": "zahl", "type": "numeric", "info": {"label": "Zahl", "type_override": "numeric"}},
    {"id": "tag", "type": "timestamp", "info": {"label": "Tag", "type_override": "timestamp"}},
    {"id": "ort", "type": "text"},
]
BY_OTHER_PLUGINS = ' {"_info":{"label":"Stadt","notes":"Straße"},"otherplugin":{"unit":"m²","deep":[1,{"a":null}]}}'

BY_HAND = """
COMMENT ON TABLE {table} IS 'ours since 2019';
COMMENT ON COLUMN {table}.stadt IS {comment};
CREATE INDEX "Mein Index" ON {table} (lower(ort)) WHERE ort IS NOT NULL;
COMMENT ON INDEX "Mein Index" IS 'for the map';
ALTER TABLE {table} ADD CONSTRAINT positiv CHECK (zahl > 0);
GRANT REFERENCES ON {table} TO datastore_read WITH GRANT OPTION;
GRANT UPDATE (ort) ON {table} TO datastore_read;
CREATE VIEW nach_ort WITH (security_barrier) AS SELECT ort, sum(zahl) AS summe FROM {table} GROUP BY ort;
COMMENT ON VIEW nach_ort IS 'by hand';
GRANT SELECT ON nach_ort TO PUBLIC;
CREATE VIEW grosse AS SELECT * FROM nach_ort WHERE summe > 1;
"""


@dataclass(frozen=True)
class Whole:
    """The whole state of a table."""

    facts: Any
    rows: list[tuple[Any, ...]]
    #: number of rows by `datastore_search`, and the `_id`s of a full-text search
    total: int
    found: list[int]
    cached: list[tuple[Any, ...]]


@dataclass(frozen=True)
class Portal:
    """A portal with one dataset, and the DSN of its datastore's write role."""

    dataset: str
    datastore: str
    act: Act


@dataclass(frozen=True)
class Table:
    """A table of the datastore, seen through the API and through the database."""

    resource_id: str
    connection: psycopg.Connection
    act: Act

    def whole(self, q: str = "Zürich") -> Whole:
        """Return the whole state of the table; ``q`` is the text of the search."""
        rows = self.run("SELECT * FROM {table} ORDER BY _id")
        everything, hits = self.search(), self.search(q=q)
        cached = self.run("SELECT stats FROM _table_stats WHERE resource_id = {name}")
        return Whole(self.facts, rows, everything["total"], [row["_id"] for row in hits["records"]], cached)

    @property
    def facts(self) -> Any:
        """Return everything about the table except its rows."""
        from ckanext.datapusher_plus.datastore import catalog

        return catalog.describe(self.connection, self.resource_id)

    def search(self, **what: Any) -> dict[str, Any]:
        """Call `datastore_search` for the table."""
        return self.act("datastore_search", resource_id=self.resource_id, **what)

    def run(self, statements: str, **values: Any) -> list[tuple[Any, ...]]:
        """Run SQL, and return its rows; ``{table}`` is the table's identifier, ``{name}`` its name as a literal."""
        named = {"table": sql.Identifier(self.resource_id), "name": sql.Literal(self.resource_id)}
        literals = {key: sql.Literal(value) for key, value in values.items()}
        cursor = self.connection.execute(sql.SQL(statements).format(**named, **literals))  # pyright: ignore
        return cursor.fetchall() if cursor.description else []

    @property
    def ours(self) -> list[str]:
        """Return the names of the plugin's own tables (``_dpp_…``) that exist, without those kept for an undo."""
        from ckanext.datapusher_plus.datastore import catalog

        return [name for name in catalog.tables_like(self.connection, "_dpp_") if not name.startswith("_dpp_kept_")]

    @property
    def phases(self) -> list[str]:
        """Return the phases of the journal entries of this resource."""
        return [row[0] for row in self.run("SELECT phase FROM _datapusher_plus_journal WHERE resource_id = {name}")]


@pytest.fixture(scope="module")
def portal(reset_db: Callable[[], None], reset_index: Callable[[], None]) -> Iterator[Portal]:
    """An empty portal with the plugin for all tests of a module; each test has its own resource in it."""
    from ckan import model, plugins
    from ckan.plugins import toolkit as tk
    from ckan.tests import factories

    plugins.load_all()
    model.repo.tables_created_and_initialised = True
    reset_db()
    reset_index()
    datastore = tk.config["ckan.datastore.write_url"]
    _drop_tables("[^_]|_dpp_", datastore)
    user = factories.Sysadmin()["name"]
    yield Portal(
        factories.Dataset()["id"], datastore, lambda action, **data: tk.get_action(action)({"user": user}, data)
    )
    plugins.unload_all()


def _drop_tables(pattern: str, datastore: str) -> None:
    """Drop the tables whose names begin with a match of ``pattern``, their views, and the journal."""
    with psycopg.connect(datastore, autocommit=True) as connection:
        found = connection.execute(
            "SELECT tablename FROM pg_tables WHERE tablename ~ ('^(' || %s || ')') AND schemaname = 'public'", [pattern]
        ).fetchall()
        for (name,) in found:
            connection.execute(sql.SQL("DROP TABLE {} CASCADE").format(sql.Identifier(name)))
        connection.execute("DROP VIEW IF EXISTS cities; DROP TABLE IF EXISTS _datapusher_plus_journal")


@pytest.fixture
def own_settings(portal: Portal, tmp_path: Path) -> Iterator[Path]:
    """Settings for one test: its own stash folder, which is returned, and a short ``swap_patience``."""
    from ckanext.datapusher_plus import settings

    before, folder = settings.current(), tmp_path / "stash"
    changed = {"dictionary_stash_dir": folder, "swap_patience": 3, "load_parallelism": 2}
    settings.use(replace(before, **changed))
    yield folder
    settings.use(before)


@pytest.fixture
def table(own_settings: Path, portal: Portal) -> Iterator[Table]:
    """A resource that has no table yet, as a `Table`."""
    from ckanext.datapusher_plus.datastore import journal
    from ckanext.datapusher_plus.datastore.connect import open_connection

    about = {"name": "a table", "url": "http://example.org/t", "format": "none"}
    resource_id = portal.act("resource_create", package_id=portal.dataset, **about)["id"]
    connection = open_connection("test", autocommit=True)
    journal.prepare(connection)
    made = Table(resource_id, connection, portal.act)
    yield made
    connection.close()
    _drop_tables(f"{resource_id}|_dpp_", portal.datastore)


@pytest.fixture
def live(table: Table, having: Having) -> Table:
    """A resource whose table has everything that a table can have.

    Loads make full-text indexes by the method that CKAN has used for it, so that tests can compare the tables.
    """
    having(full_text_index="ckan")
    body = "BEGIN NEW.ort := coalesce(upper(NEW.ort), 'UNBEKANNT'); RETURN NEW; END"
    table.act("datastore_function_create", name="gross", or_replace=True, rettype="trigger", definition=body)
    table.act(
        "datastore_create",
        resource_id=table.resource_id,
        force=True,
        fields=FIELDS,
        records=[dict(zip([field["id"] for field in FIELDS], row, strict=True)) for row in ROWS],
        aliases=["staedte", "cities"],
        primary_key=["stadt", "zahl"],
        indexes=["tag"],
        triggers=[{"function": "gross"}],
        calculate_record_count=True,
    )
    table.run(BY_HAND, comment=BY_OTHER_PLUGINS)
    return table


@pytest.fixture
def loader(table: Table, tmp_path: Path, said: Said) -> Loader:
    """A loader for the table."""
    return Loader(resource_id=table.resource_id, work_dir=tmp_path, said=said)


@pytest.fixture
def superuser(pytestconfig: pytest.Config) -> Iterator[psycopg.Connection]:
    """A connection to the datastore's database as superuser."""
    import json

    from ckan.plugins import toolkit as tk

    addresses = json.loads(Path(pytestconfig.option.ckan_ini).with_name("stack.json").read_text())
    database = tk.config["ckan.datastore.write_url"].rsplit("/", 1)[1]
    with psycopg.connect(addresses["postgres_dsn"], dbname=database, autocommit=True) as connection:
        yield connection
