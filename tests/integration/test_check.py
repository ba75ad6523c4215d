"""`ckan datapusher_plus check` on databases, uploads and queues that are really broken."""

from __future__ import annotations

import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from ckanext.datapusher_plus.core import table_names
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.model import run
from ckanext.datapusher_plus.runs import database
from tests.fix_ckan import Act, Upload
from tests.fix_health import Ask, Having
from tests.fix_worker import WorkerUnderTest
from tests.pooler import Pooler
from tests.servers import RunningStack

pytestmark = pytest.mark.usefixtures("loaded")

RESOURCE = "0c0a7b0e-6a1d-4c57-9d7a-3f1f6f0d5e11"


@contextmanager
def broken(connection: psycopg.Connection, breaking: str, mending: str) -> Iterator[None]:
    """Break something in the database for one block."""
    connection.execute(breaking.encode())
    try:
        yield
    finally:
        connection.execute(mending.encode())


def left(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
    """Return what the self-test has left in the database."""
    return connection.execute("SELECT relname FROM pg_class WHERE relname ~ '_dpp_check'").fetchall()


@pytest.mark.parametrize(
    "check", ["ckan_database", "migrations", "datastore", "datastore_write", "datastore_read", "journal", "disk"]
)
def test_sound_databases_are_well_and_left_as_they_were(ask: Ask, superuser: psycopg.Connection, check: str) -> None:
    found = ask(check)
    assert (found.state.value, found.advice) == ("ok", ""), found
    assert left(superuser) == []


def test_every_leg_is_explained() -> None:
    from ckanext.datapusher_plus.health.checkup import NAMES

    page = (Path(__file__).parents[2] / "docs" / "operate.md").read_text()
    assert {name for name in NAMES if f"`{name}`" not in page} == set()


BY_DEFAULT = "ALTER DEFAULT PRIVILEGES FOR USER datastore_write IN SCHEMA public"

RIGHTS = {
    "no table can be made": (
        "datastore_write",
        "ALTER SCHEMA public OWNER TO postgres; REVOKE CREATE ON SCHEMA public FROM datastore_write",
        "ALTER SCHEMA public OWNER TO pg_database_owner; GRANT CREATE ON SCHEMA public TO datastore_write",
        "may not make a table in the schema public: permission denied for schema public.",
    ),
    "CKAN 2.12's trigger is missing": (
        "datastore_write",
        "ALTER FUNCTION populate_full_text_trigger() RENAME TO gone",
        "ALTER FUNCTION gone() RENAME TO populate_full_text_trigger",
        "may not use CKAN's function populate_full_text_trigger(): ",
    ),
    "CKAN 2.12's functions are missing": (
        "datastore_write",
        "ALTER FUNCTION update_table_stats(name) RENAME TO gone",
        "ALTER FUNCTION gone(name) RENAME TO update_table_stats",
        "may not use CKAN's function update_table_stats(): ",
    ),
    "the counts cannot be written": (
        "datastore_write",
        "ALTER TABLE _table_stats OWNER TO postgres",
        "ALTER TABLE _table_stats OWNER TO datastore_write",
        "may not write into CKAN's table _table_stats: permission denied for table _table_stats.",
    ),
    "the list of tables is missing": (
        "datastore_write",
        "ALTER VIEW _table_metadata RENAME TO gone",
        "ALTER VIEW gone RENAME TO _table_metadata",
        "may not read CKAN's view _table_metadata: ",
    ),
    "tables belong to somebody else": (
        "datastore_write",
        "CREATE TABLE restored (); ALTER TABLE restored OWNER TO postgres",
        "DROP TABLE restored",
        "do not belong to the write role, so that no load can replace them: restored.",
    ),
    "new tables are hidden": (
        "datastore_read",
        f"{BY_DEFAULT} REVOKE SELECT ON TABLES FROM datastore_read",
        f"{BY_DEFAULT} GRANT SELECT ON TABLES TO datastore_read",
        "does not see the tables that the write role makes",
    ),
    "a table is hidden": (
        "datastore_read",
        "CREATE TABLE hidden ()",
        "DROP TABLE hidden",
        "Tables that the read role may not read: hidden.",
    ),
    "the list of tables is hidden": (
        "datastore_read",
        "REVOKE SELECT ON _table_metadata FROM datastore_read",
        "GRANT SELECT ON _table_metadata TO datastore_read",
        "The read role may not read CKAN's view _table_metadata.",
    ),
    "readers may make tables": (
        "datastore_read",
        "GRANT CREATE ON SCHEMA public TO datastore_read",
        "REVOKE CREATE ON SCHEMA public FROM datastore_read",
        "The read role may make tables",
    ),
    "the journal is somebody else's": (
        "journal",
        "CREATE TABLE IF NOT EXISTS _datapusher_plus_journal ();ALTER TABLE _datapusher_plus_journal OWNER TO postgres",
        "DROP TABLE _datapusher_plus_journal",
        "may not write the journal of loads",
    ),
}


@pytest.mark.parametrize(("check", "breaking", "mending", "told"), RIGHTS.values(), ids=RIGHTS)
def test_a_right_that_is_missing_is_named(
    ask: Ask, superuser: psycopg.Connection, check: str, breaking: str, mending: str, told: str
) -> None:
    with broken(superuser, breaking, mending):
        found = ask(check)
        assert (found.state.value, told in found.sentence) == ("fail", True), found
        assert found.advice
        assert left(superuser) == []
    assert ask(check).state.value == "ok"


def test_several_missing_rights_are_told_at_once(ask: Ask, superuser: psycopg.Connection) -> None:
    both = [RIGHTS[name] for name in ("the counts cannot be written", "the list of tables is missing")]
    breaking, mending = ("; ".join(each[which] for each in both) for which in (1, 2))
    with broken(superuser, breaking, mending):
        sentence = ask("datastore_write").sentence
    assert all(each[3] in sentence for each in both)


@pytest.fixture
def pooled(stack: RunningStack, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pooler]:
    """The datastore's database behind PgBouncer, which is not started yet."""
    from ckan.plugins import toolkit as tk

    # a user other than root must come to its configuration
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        pooler = Pooler(Path(folder), tk.config["ckan.datastore.write_url"], uid=61203)
        monkeypatch.setitem(tk.config, "ckan.datastore.write_url", pooler.dsn)
        yield pooler
        pooler.stop()


@pytest.mark.parametrize(
    ("mode", "options", "state"),
    [
        ("transaction", {}, "fail"),
        ("transaction", {"server_round_robin": "1", "min_pool_size": "3"}, "fail"),
        ("session", {}, "ok"),
    ],
    ids=str,
)
def test_a_pooler_that_lends_sessions_is_seen(
    ask: Ask, pooled: Pooler, mode: str, options: dict[str, str], state: str
) -> None:
    pooled.start(mode, **options)
    found = ask("datastore_write")
    assert (found.state.value, "A connection pooler lends" in found.sentence) == (state, state == "fail"), found


def test_a_pooler_that_lends_sessions_by_the_statement_is_seen(pooled: Pooler) -> None:
    from ckanext.datapusher_plus.datastore import pooling

    pooled.start("statement")
    assert pooling.lends_sessions()


def test_nothing_stays_set_in_a_session_that_is_lent(ask: Ask, pooled: Pooler) -> None:
    pooled.start("transaction", default_pool_size="1")
    ask("datastore_write")
    with psycopg.connect(pooled.dsn, autocommit=True) as next_one:
        assert next_one.execute("SHOW statement_timeout").fetchone() == ("0",)


def test_a_gate_opens_when_sessions_last_again(pooled: Pooler) -> None:
    from ckanext.datapusher_plus.health import sessions

    gate = sessions.Gate()
    pooled.start("transaction")
    assert not gate.is_open()
    pooled.stop()
    gate = _asked_anew(gate)
    # a database that is away is no reason to open
    assert not gate.is_open()
    pooled.start("session")
    assert _asked_anew(gate).is_open()


def _asked_anew(gate: Any) -> Any:
    gate._asked_again_at = 0.0
    return gate


def test_a_database_without_the_last_migration_is_told(ask: Ask, clean_db: None) -> None:
    version = sa.table("datapusher_plus_alembic_version", sa.column("version_num"))
    with database.transaction() as connection:
        newest = connection.scalar(sa.select(version))
    for other, told in (("c27d9e48b6a1", "that are not applied: "), ("fffffffffff1", "by a newer version")):
        try:
            with database.transaction() as connection:
                connection.execute(sa.update(version).values(version_num=other))
            found = ask("migrations")
        finally:
            with database.transaction() as connection:
                connection.execute(sa.update(version).values(version_num=newest))
        assert (found.state.value, told in found.sentence) == ("fail", True), found


# -- room ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("strategy", "copies"), [("swap", 2), ("replace", 1)])
def test_room_for_the_largest_table_is_asked_of_both_disks(
    ask: Ask, having: Having, superuser: psycopg.Connection, tmp_path: Path, strategy: str, copies: int
) -> None:
    having(work_dir=tmp_path / "work", load_strategy=strategy)
    with broken(superuser, "CREATE TABLE large AS SELECT generate_series(1, 1000)", "DROP TABLE large"):
        found = ask("disk")
        assert found.sentence.startswith(f"There is room for {copies} copies of the largest table, large with "), found
        # the server of the tests is on this machine, and so is its disk
        assert "cannot be seen" not in found.sentence


def test_too_little_room_names_the_disk(tmp_path: Path) -> None:
    from ckanext.datapusher_plus.datastore.selftest import Largest
    from ckanext.datapusher_plus.health import disk

    found = disk.judged(Largest(table="huge", size=10**18), [tmp_path], 2, {})
    assert found.state.value == "fail"
    assert found.sentence.startswith(f"{tmp_path} has ")
    assert found.sentence.endswith(" free, of 2.0 EB for 2 copies of the largest table, huge with 1.0 EB.")


def test_what_loads_can_remove_counts_as_room(tmp_path: Path) -> None:
    from ckanext.datapusher_plus.datastore.selftest import Largest
    from ckanext.datapusher_plus.health import disk

    largest, other = Largest(table="huge", size=10**18), tmp_path / "other"
    assert disk.judged(largest, [tmp_path], 2, {tmp_path: 2 * 10**18}).state.value == "ok"
    assert disk.judged(largest, [tmp_path], 2, {tmp_path: 10**18}).state.value == "fail"
    assert disk.judged(largest, [tmp_path], 2, {other: 2 * 10**18}).state.value == "fail"


# -- files --------------------------------------------------------------------------------------


def test_uploads_that_cannot_be_read_are_told(
    ask: Ask, dataset: dict[str, Any], act: Act, upload: Upload, tmp_path: Path
) -> None:
    assert ask("uploads").sentence == "Nobody has uploaded a file yet."
    resource = act("resource_create", package_id=dataset["id"], upload=upload())
    assert ask("uploads").sentence == "The files that people uploaded can be read."
    from ckan.lib import uploader

    keeper: Any = uploader.get_resource_uploader(resource)
    folder = Path(keeper.storage.settings.path)
    away = folder.rename(tmp_path / "unmounted")
    try:
        found = ask("uploads")
    finally:
        away.rename(folder)
    assert (found.state.value, "the newest uploads (1 tried)" in found.sentence) == ("fail", True), found


# -- queue --------------------------------------------------------------------------------------


@pytest.fixture
def idle(worker_process: WorkerUnderTest, request: pytest.FixtureRequest) -> None:
    """An empty queue that no worker looks at."""
    worker_process.stop()
    request.getfixturevalue("clean_db")


def add(state: State, **values: Any) -> None:
    """Put a run into the queue; spans of time mean so long ago."""
    now = datetime.now(timezone.utc)
    row = {"id": str(uuid.uuid4()), "resource_id": str(uuid.uuid4()), "state": state.value, "cause": "upload", **values}
    row = {name: now - value if isinstance(value, timedelta) else value for name, value in row.items()}
    with database.transaction() as connection:
        connection.execute(sa.insert(run).values(row))


WAITING = {
    "nothing": ([], "ok", "Requests waiting: 0."),
    "just asked for": ([{"requested_at": timedelta(seconds=5)}], "ok", "Requests waiting: 1."),
    "nobody hands it over": (
        [{"requested_at": timedelta(minutes=5)}],
        "fail",
        "Requests that nobody handed to Prefect: 1, the oldest for 5 minutes.",
    ),
    "to be tried later": (
        [{"requested_at": timedelta(minutes=5), "not_before": timedelta(minutes=-5)}],
        "ok",
        "Requests waiting: 0.",
    ),
    "just due again": (
        [{"requested_at": timedelta(minutes=5), "not_before": timedelta(seconds=1)}],
        "ok",
        "Requests waiting: 1.",
    ),
    "all workers are busy": (
        [{"requested_at": timedelta(hours=3), "dispatched_at": timedelta(hours=3)}],
        "warn",
        "Requests that wait for a worker to be free: 1, the oldest for 3 hours.",
    ),
}


@pytest.mark.parametrize(("rows", "state", "told"), WAITING.values(), ids=WAITING)
def test_requests_that_wait_too_long_are_told(
    ask: Ask, idle: None, rows: list[dict[str, Any]], state: str, told: str
) -> None:
    for row in rows:
        add(State.QUEUED, **row)
    found = ask("requests")
    assert (found.state.value, found.sentence) == (state, told)


def test_a_request_behind_a_long_run_is_not_forgotten(ask: Ask, idle: None) -> None:
    add(State.RUNNING, resource_id=RESOURCE, requested_at=timedelta(hours=1), started_at=timedelta(minutes=59))
    add(State.QUEUED, resource_id=RESOURCE, requested_at=timedelta(minutes=50))
    assert ask("requests").state.value == "ok"
    with database.transaction() as connection:
        connection.execute(
            sa.update(run)
            .where(run.c.state == "running")
            .values(state="complete", finished_at=datetime.now(timezone.utc))
        )
    assert ask("requests").state.value == "ok"


@pytest.mark.parametrize(
    ("started", "worker", "state"),
    [
        (timedelta(minutes=30), None, "ok"),
        (timedelta(hours=5), None, "fail"),
        (timedelta(hours=5), "datapusher_hook", "fail"),
    ],
)
def test_a_run_that_never_ends_is_told(
    ask: Ask, idle: None, started: timedelta, worker: str | None, state: str
) -> None:
    add(State.RUNNING, started_at=started, worker=worker)
    assert ask("runs").state.value == state


@pytest.mark.parametrize(
    ("ended", "state"), [(None, "warn"), (timedelta(hours=5), "warn"), (timedelta(minutes=5), "ok")]
)
def test_what_dead_runs_left_long_ago_is_told(
    ask: Ask, idle: None, superuser: psycopg.Connection, ended: timedelta | None, state: str
) -> None:
    from ckanext.datapusher_plus.datastore.lock import ResourceLock

    if ended:
        add(State.ERROR, resource_id=RESOURCE, started_at=ended, finished_at=ended)
    parked = f'"{table_names.parked(RESOURCE, "12345678")}"'
    with broken(superuser, f"CREATE TABLE {parked} ()", f"DROP TABLE {parked}"):
        found = ask("leftovers")
        assert (found.state.value, RESOURCE in found.sentence) == (state, state == "warn")
        with ResourceLock(RESOURCE) as lock:
            # whoever holds the lock is at it
            assert lock.acquire()
            assert ask("leftovers").state.value == "ok"
