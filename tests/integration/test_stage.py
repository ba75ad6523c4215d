"""A file that does not fit is refused by name, and an interrupted load leaves nothing at work."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace

import psycopg
import pytest

from ckanext.datapusher_plus.core.errors import DatastoreGone, RowsLost, RowTooLarge, ValueDoesNotFit
from ckanext.datapusher_plus.core.values import LoadPlan, Strategy
from ckanext.datapusher_plus.datastore import connect, parallel
from ckanext.datapusher_plus.recovery.orphans import orphans, sweep
from ckanext.datapusher_plus.recovery.restore import restore
from ckanext.datapusher_plus.steps.stage import stage
from ckanext.datapusher_plus.steps.stash import stash
from tests.fix_file import Said
from tests.fix_tables import TODAY, Table
from tests.loads import Loader

SLOW = "BEGIN PERFORM pg_sleep(30); RETURN NEW; END"
CUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = 'datapusher_plus load' AND state = 'active' AND query LIKE 'INSERT%'"""


def cut_off(administrator: psycopg.Connection) -> None:
    """End the first connection that fills a table."""
    while not administrator.execute(CUT).fetchall():
        time.sleep(0.05)


def as_numbers(plan: LoadPlan) -> LoadPlan:
    """Return the plan of somebody who has changed their mind after the file was looked at."""
    numbers = (replace(column, type="numeric", cast="{0}::numeric") for column in plan.columns[:2])
    numbers = (replace(column, type="numeric", cast="{0}::numeric") for column in plan.columns[:2])
    return replace(plan, columns=(*numbers, *plan.columns[2:]))


@pytest.mark.parametrize("strategy", Strategy)
def test_the_first_value_that_does_not_fit_is_named(live: Table, loader: Loader, strategy: Strategy) -> None:
    before = live.whole()
    plan = loader.plan(b"zahl,stadt,ort\n1,2,o\n2,3,o\n3,x,o\n4,z,o\n", strategy)
    with pytest.raises(ValueDoesNotFit, match="row 3, column “stadt” the value “x” is not a number"):
        loader.write(as_numbers(plan))
    assert live.whole() == before


def test_a_row_that_is_more_than_the_database_can_hold_is_told(live: Table, loader: Loader) -> None:
    before = live.whole()
    header, row = (",".join(f"{letter}{n:09}" for n in range(1500)) for letter in "ab")
    with pytest.raises(RowTooLarge, match="row is too big"):
        loader.load(f"{header}\n{row}\n".encode())
    assert live.whole() == before


def test_rows_that_went_missing_stop_the_load(table: Table, loader: Loader, said: Said) -> None:
    plan = loader.plan(b"a\n1\n2\n")
    with pytest.raises(RowsLost, match="3 rows but 2 arrived"):
        stage(replace(plan, rows=3), said)


def test_a_failing_connection_ends_the_others(own_settings: None) -> None:
    def sleep(connection) -> None:
        connection.execute("SELECT pg_sleep(30)")

    def fail(connection) -> None:
        connection.execute("SELECT pg_sleep(0.2), 1 / 0")

    started = time.monotonic()
    with connect.connect("test", autocommit=True) as own, pytest.raises(Exception, match="division by zero"):
        parallel.run([sleep, fail, sleep], 3, own)
    assert time.monotonic() - started < 5


class Stopped(BaseException):
    """What a signal handler raises, like Prefect's."""


def test_a_signal_interrupts_a_statement_and_ends_it_in_the_database(own_settings: None) -> None:
    def told_to_stop(*_: object) -> None:
        raise Stopped

    before = signal.signal(signal.SIGTERM, told_to_stop)
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM)).start()
    started = time.monotonic()
    try:
        with pytest.raises(Stopped), connect.connect("interrupted") as connection:
            connection.execute("SELECT pg_sleep(30)")
    finally:
        signal.signal(signal.SIGTERM, before)
    assert time.monotonic() - started < 5
    assert sleepers() == []


def sleepers() -> list[tuple[int]]:
    with connect.connect("test", autocommit=True) as connection:
        time.sleep(0.2)
        query = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(30)%' AND state = 'active'"
        return connection.execute(query).fetchall()


def test_a_database_that_is_not_there_is_said_without_its_address(
    own_settings: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ckan.plugins import toolkit as tk

    monkeypatch.setitem(tk.config, "ckan.datastore.write_url", "postgresql://someone:secret@127.0.0.1:1/x")
    with pytest.raises(DatastoreGone) as told, connect.connect():
        pass
    assert not any(word in str(told.value) for word in ("someone", "secret", "127.0.0.1"))


def test_a_database_that_goes_away_in_the_middle_of_a_load_costs_nothing(
    live: Table, loader: Loader, said: Said, superuser: psycopg.Connection
) -> None:
    live.run("CREATE OR REPLACE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS {body}", body=SLOW)
    live.run("CREATE TRIGGER t001 BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION slow()")
    before = live.whole()
    threading.Thread(target=cut_off, args=[superuser], daemon=True).start()
    with pytest.raises(DatastoreGone, match="terminating connection"):
        loader.load(TODAY)
    restore(live.resource_id, said)
    assert (live.whole(), live.ours) == (before, [])


def test_leftovers_of_dead_runs_are_swept(live: Table, loader: Loader, said: Said) -> None:
    before = live.whole()
    stage(stash(loader.plan(TODAY), said), said)
    assert orphans() == [live.resource_id]
    (sentence,) = filter(None, [sweep(left, said) for left in orphans()])
    assert live.resource_id in sentence
    assert (live.whole(), live.ours, orphans()) == (before, [], [])


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40ss@h:5433/d", {"user": "u", "password": "p@ss", "host": "h", "port": 5433, "dbname": "d"}),
        ("postgresql+psycopg2:///d?host=/run/sock", {"host": "/run/sock", "dbname": "d"}),
        ("postgresql://u@h/d?sslmode=require", {"user": "u", "host": "h", "dbname": "d", "sslmode": "require"}),
    ],
)
def test_ckans_addresses_are_understood(url: str, expected: dict[str, object]) -> None:
    assert connect.parameters(url) == expected
