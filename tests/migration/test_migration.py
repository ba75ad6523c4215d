"""The plugin's tables on a new database, and on one that DataPusher+ 2 or 3 left behind."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from ckanext.datapusher_plus import model
from tests.fix_legacy import ADDED_BY, SCHEMA, XLOADER, XLOADER_JOB, Legacy

TABLES = [table for table in model.run.metadata.sorted_tables if table.name.startswith("datapusher_plus_")]
OURS = {table.name for table in TABLES}
VERSION = "datapusher_plus_alembic_version"
REVISIONS = list(ADDED_BY)

SHAPE = f"""
SELECT table_name, column_name, data_type, is_nullable, replace(column_default, '{SCHEMA}.', '')
FROM information_schema.columns WHERE table_schema = '{SCHEMA}' AND table_name LIKE 'datapusher_plus_%%' ORDER BY 1, 2
"""
INDEXES = (
    f"SELECT indexdef FROM pg_indexes WHERE schemaname = '{SCHEMA}' AND tablename LIKE 'datapusher_plus_%%' ORDER BY 1"
)
KEYS = f"""
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = '{SCHEMA}'::regnamespace AND contype <> 'n' ORDER BY 1, 2
"""


def test_a_new_database_gets_our_tables_only(legacy: Legacy) -> None:
    legacy.migrate()
    assert legacy.tables() == {*OURS, VERSION}


def test_the_migration_makes_what_the_model_says(legacy: Legacy) -> None:
    with legacy.engine.begin() as connection:
        model.run.metadata.create_all(connection, tables=TABLES)
    said = [legacy.all(query) for query in (SHAPE, INDEXES, KEYS)]
    legacy.run(f"DROP TABLE {', '.join(OURS)}")
    legacy.migrate()
    legacy.run(f"DROP TABLE {VERSION}")
    assert [legacy.all(query) for query in (SHAPE, INDEXES, KEYS)] == said


@pytest.mark.parametrize("revision", REVISIONS)
def test_jobs_of_datapusher_plus_become_runs(revision: str, legacy: Legacy) -> None:
    legacy.leave_behind(revision)
    legacy.migrate()
    assert legacy.all("SELECT id, resource_id, state, cause, rows FROM datapusher_plus_run ORDER BY id") == [
        ("done", "res-done", "complete", "migrated", 7),
        ("fail", "res-fail", "error", "migrated", None),
        ("skip", "res-skip", "skipped", "migrated", None),
        ("wait", "res-wait", "cancelled", "migrated", None),
    ]


@pytest.mark.parametrize("revision", REVISIONS)
def test_no_token_stays_behind(revision: str, legacy: Legacy) -> None:
    legacy.leave_behind(revision)
    legacy.migrate()
    # the job without a resource stays, for a person to look at
    assert legacy.all("SELECT job_id, api_key FROM jobs") == [("lone", None)]
    assert legacy.all("SELECT * FROM datapusher_plus_run WHERE datapusher_plus_run::text LIKE '%%\"T\"%%'") == []


def test_columns_errors_and_lines_are_kept(legacy: Legacy) -> None:
    legacy.leave_behind(REVISIONS[-1])
    legacy.migrate()
    assert legacy.all("SELECT columns FROM datapusher_plus_run WHERE id = 'done'") == [([["a", "numeric"]],)]
    assert legacy.all("SELECT message, error FROM datapusher_plus_run WHERE id = 'fail'") == [
        ("bad csv", {"message": "bad csv"})
    ]
    assert legacy.all("SELECT run_id, level, message FROM datapusher_plus_log ORDER BY id") == [
        ("done", "INFO", "one"),
        ("done", "WARNING", "two"),
    ]


def test_times_are_kept_as_utc(legacy: Legacy) -> None:
    legacy.leave_behind(REVISIONS[-1])
    legacy.migrate()
    times = (
        "to_char(requested_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI'), (finished_at AT TIME ZONE 'UTC')::date::text"
    )
    assert legacy.all(f"SELECT id, {times} FROM datapusher_plus_run WHERE id IN ('done', 'wait') ORDER BY id") == [
        ("done", "2025-05-01 10:00", "2025-05-02"),
        ("wait", "2025-06-01 12:30", "2025-06-01"),
    ]


def test_empty_old_tables_are_dropped(legacy: Legacy) -> None:
    legacy.leave_behind(REVISIONS[-1])
    legacy.run("DELETE FROM jobs WHERE job_id = 'lone'")
    legacy.migrate()
    assert legacy.tables() == {*OURS, VERSION}


def test_a_task_that_nobody_works_on_any_more_ends(legacy: Legacy) -> None:
    legacy.leave_behind(REVISIONS[-1])
    legacy.migrate()
    [(state, error)] = legacy.all("SELECT state, error FROM task_status")
    assert (state, "Load it again" in error) == ("error", True)


PRIVATE = "Alice Smith SSN 123-45-6789"
TASK = """
INSERT INTO task_status (id, entity_id, entity_type, task_type, key, value, state, error)
VALUES ('{0}', 'r{0}', 'resource', '{1}', 'datapusher_plus', '{2}', 'error', '{3}')
"""


@pytest.mark.parametrize(
    "error", [f'{{"message": "{PRIVATE}"}}', f'"{PRIVATE}"', PRIVATE, f'{{"x": ["{PRIVATE}"]}}', "{}", ""], ids=str
)
@pytest.mark.parametrize("value", ['{"job_id": "j", "job_key": "K"}', PRIVATE, f'["{PRIVATE}"]', ""])
def test_task_status_loses_what_earlier_versions_told_anybody(error: str, value: str, legacy: Legacy) -> None:
    legacy.leave_behind(REVISIONS[-1])
    legacy.migrate("6f3d1b7a9c24")
    legacy.run(TASK.format("a", "datapusher_plus", value, error) + ";" + TASK.format("b", "other", value, error))
    legacy.migrate()
    kept = legacy.all("SELECT value, error FROM task_status WHERE id = 'a'")
    assert not any(secret in str(kept) for secret in ("Alice", "job_key"))
    assert ("could not be loaded" in kept[0][1]) == (len(error) > 2)
    assert ('"j"' in kept[0][0]) == ('"j"' in value)
    assert legacy.all("SELECT value, error FROM task_status WHERE id = 'b'") == [(value, error)]


THEIRS = "SELECT job_id, api_key, value, message FROM jobs JOIN metadata USING (job_id) JOIN logs USING (job_id)"


@pytest.mark.parametrize("revision", REVISIONS)
def test_an_xloaders_rows_in_shared_tables_stay(revision: str, legacy: Legacy) -> None:
    legacy.leave_behind(revision)
    legacy.run(XLOADER_JOB)
    legacy.migrate()
    assert legacy.all(f"{THEIRS} WHERE job_id <> 'lone'") == [("theirs", "X", "res-theirs", "loaded")]


def test_an_xloaders_tables_on_a_database_without_datapusher_plus_are_left_alone(legacy: Legacy) -> None:
    legacy.run(XLOADER + XLOADER_JOB)
    legacy.run("UPDATE jobs SET job_type = 'push_to_datastore'")
    before = legacy.all(THEIRS)
    legacy.migrate()
    assert legacy.all(THEIRS) == before
    assert legacy.all("SELECT * FROM datapusher_plus_run") == []


@pytest.mark.parametrize("revision", REVISIONS)
def test_a_stamped_database_without_the_old_tables_is_upgraded(revision: str, legacy: Legacy) -> None:
    legacy.leave_behind(revision)
    legacy.run("DROP TABLE logs, metadata, jobs")
    legacy.migrate()
    assert legacy.tables() == {*OURS, VERSION}


def test_downgrading_takes_our_tables_away_and_upgrading_brings_them_back(legacy: Legacy) -> None:
    legacy.migrate()
    legacy.downgrade("base")
    assert legacy.tables() == {VERSION}
    legacy.migrate()
    assert legacy.tables() == {*OURS, VERSION}


@pytest.mark.usefixtures("with_plugins", "clean_db")
def test_ckan_finds_the_migration_and_is_up_to_date(cli: Any) -> None:
    from ckan import model as ckan_model
    from ckan.cli.cli import ckan

    result = cli.invoke(ckan, ["db", "upgrade", "-p", "datapusher_plus"])
    assert "SUCCESS" in result.output, result.output
    assert sa.inspect(ckan_model.ensure_engine()).has_table("datapusher_plus_run")
    assert "datapusher_plus" not in cli.invoke(ckan, ["db", "pending-migrations"]).output
