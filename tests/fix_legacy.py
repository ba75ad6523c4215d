"""A separate schema in CKAN's database with the tables of DataPusher+ or ckanext-xloader."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

MIGRATION = Path(__file__).parents[1] / "ckanext/datapusher_plus/migration/datapusher_plus"
SCHEMA = "datapusher_plus_scratch"

# The tables that ckanext-xloader creates when it shares CKAN's database; DataPusher+ adds its columns to them.
XLOADER = """
CREATE TABLE jobs (job_id text PRIMARY KEY, job_type text, status text, data text, error text,
    requested_timestamp timestamp, finished_timestamp timestamp, sent_data text, result_url text, api_key text);
CREATE TABLE metadata (job_id text REFERENCES jobs ON DELETE CASCADE, key text, value text, type text,
    PRIMARY KEY (job_id, key));
CREATE TABLE logs (job_id text NOT NULL REFERENCES jobs ON DELETE CASCADE, timestamp timestamp, message text,
    level text, module text, "funcName" text, lineno integer);
"""
ADDED_BY = {
    "e9c4a88839c8": "ALTER TABLE jobs ADD aps_job_id text; ALTER TABLE logs ADD id serial PRIMARY KEY;",
    "201f7ead1850": "ALTER TABLE metadata ADD id serial;",
    "23d45fa26447": "ALTER TABLE jobs ADD job_key text;",
}
JOBS = """
INSERT INTO jobs (job_id, job_type, status, data, error, finished_timestamp, api_key) VALUES
('done', 'push_to_datastore', 'complete', '{"rows": 7, "headers": [{"id": "a", "type": "numeric"}]}', 'null',
    '2025-05-02', 'T'),
('skip', 'push_to_datastore', 'complete', '{"skipped": "datastore-managed"}', NULL, '2025-05-02', 'T'),
('fail', 'push_to_datastore', 'error', '{}', '{"message": "bad csv"}', '2025-05-02', 'T'),
('wait', 'push_to_datastore', 'pending', 'no json', NULL, NULL, 'T'),
('lone', 'push_to_datastore', 'complete', '{}', NULL, '2025-05-02', 'T');
INSERT INTO metadata (job_id, key, value, type)
    SELECT job_id, 'resource_id', 'res-' || job_id, 'string' FROM jobs WHERE job_id <> 'lone';
INSERT INTO metadata (job_id, key, value, type) VALUES ('done', 'ckan_url', 'http://x', 'string'),
    ('wait', 'task_created', '2025-06-01 12:30:00.5', 'string');
INSERT INTO logs (job_id, timestamp, message, level)
    VALUES ('done', '2025-05-01 10:00', 'one', 'INFO'), ('done', '2025-05-01 10:01', 'two', 'WARNING');
INSERT INTO task_status (id, entity_id, entity_type, task_type, key, value, state, error)
    VALUES ('t', 'res-wait', 'resource', 'datapusher_plus', 'datapusher_plus', '{}', 'submitting', '{}');
"""
XLOADER_JOB = """
INSERT INTO jobs (job_id, job_type, status, api_key) VALUES ('theirs', 'xloader_to_datastore', 'complete', 'X');
INSERT INTO metadata (job_id, key, value, type) VALUES ('theirs', 'resource_id', 'res-theirs', 'string');
INSERT INTO logs (job_id, message) VALUES ('theirs', 'loaded');
"""


@dataclass(frozen=True)
class Legacy:
    """The schema, with methods to change and read it."""

    engine: sa.Engine

    def run(self, sql: str) -> None:
        with self.engine.begin() as connection:
            connection.exec_driver_sql(sql)

    def all(self, sql: str) -> list[tuple[Any, ...]]:
        with self.engine.begin() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]

    def tables(self) -> set[str]:
        return set(sa.inspect(self.engine).get_table_names()) - {"task_status"}

    def leave_behind(self, revision: str) -> None:
        """Create the tables that DataPusher+ had at a revision, with jobs in them."""
        self.run(XLOADER)
        for added, change in ADDED_BY.items():
            self.run(change)
            if added == revision:
                break
        self.run(JOBS)
        self.run("CREATE TABLE datapusher_plus_alembic_version (version_num varchar(32) PRIMARY KEY)")
        self.run(f"INSERT INTO datapusher_plus_alembic_version VALUES ('{revision}')")

    def migrate(self, revision: str = "head") -> None:
        """Migrate like `ckan db upgrade -p datapusher_plus`."""
        from alembic import command

        command.upgrade(self._config(), revision)

    def downgrade(self, revision: str) -> None:
        """Migrate like `ckan db downgrade -p datapusher_plus`."""
        from alembic import command

        command.downgrade(self._config(), revision)

    def _config(self) -> Any:
        from alembic.config import Config

        config = Config(str(MIGRATION / "alembic.ini"))
        config.set_main_option(
            "sqlalchemy.url", self.engine.url.render_as_string(hide_password=False).replace("%", "%%")
        )
        return config


@pytest.fixture
def legacy() -> Iterator[Legacy]:
    """A schema that has only CKAN's table ``task_status``."""
    from ckan import model
    from ckan.plugins import toolkit as tk

    remove = f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE"
    with model.ensure_engine().begin() as connection:
        for statement in (remove, f"CREATE SCHEMA {SCHEMA}", f"CREATE TABLE {SCHEMA}.task_status (LIKE task_status)"):
            connection.exec_driver_sql(statement)
    engine = sa.create_engine(tk.config["sqlalchemy.url"] + f"?options=-csearch_path={SCHEMA}")
    yield Legacy(engine)
    engine.dispose()
    with model.ensure_engine().begin() as connection:
        connection.exec_driver_sql(remove)
