"""One connection for block after block: it is as good as a new one, or it is not used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from ckanext.datapusher_plus import waits
from ckanext.datapusher_plus.core.errors import DatastoreRefused
from ckanext.datapusher_plus.datastore import idle
from ckanext.datapusher_plus.datastore.connect import connect, open_connection
from tests.servers import RunningStack


@pytest.fixture
def reusing(own_settings: None) -> Iterator[None]:
    """A process that reuses its connections."""
    with idle.reused():
        yield


def backend(name: str = "datapusher_plus") -> int:
    with connect(name, autocommit=True) as connection:
        return connection.info.backend_pid


def setting(connection: psycopg.Connection, name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row
    return row[0]


def test_blocks_share_a_connection(reusing: None) -> None:
    assert backend() == backend("datapusher_plus load")


def test_other_processes_open_one_for_each_block(own_settings: None) -> None:
    with idle.reused():
        first = backend()
    assert len({first, backend(), backend()}) == 3


def test_nothing_of_a_session_is_left(reusing: None) -> None:
    with connect(autocommit=True) as connection:
        new = {name: setting(connection, name) for name in ("search_path", "lock_timeout", "work_mem")}
        connection.execute("SET search_path = pg_catalog; SET lock_timeout = 1; SET work_mem = '1MB'")
        first = connection.info.backend_pid
    with connect("datapusher_plus load") as connection:
        assert {name: setting(connection, name) for name in new} == new
        assert (connection.autocommit, setting(connection, "application_name")) == (False, "datapusher_plus load")
        assert connection.info.backend_pid == first


def test_a_session_that_somebody_ended_is_replaced(reusing: None, stack: RunningStack) -> None:
    with psycopg.connect(stack.postgres_dsn, autocommit=True) as superuser:
        ended = backend()
        superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [ended])
    assert backend() != ended


def test_a_failed_block_keeps_nothing(reusing: None) -> None:
    before = backend()
    with pytest.raises(DatastoreRefused), connect() as connection:
        connection.execute("SELECT 1 / 0")
    assert backend() != before


def test_a_block_within_a_block_has_its_own(reusing: None) -> None:
    with connect() as outer, connect() as inner:
        assert outer.info.backend_pid != inner.info.backend_pid


def test_a_connection_that_was_idle_for_long_is_closed(reusing: None, monkeypatch: pytest.MonkeyPatch) -> None:
    first = backend()
    monkeypatch.setattr(waits, "IDLE_CONNECTION", -1.0)
    assert backend() != first


def test_a_server_that_does_not_answer_is_not_waited_for(own_settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waits, "IDLE_CONNECTION", 0.2)
    with closing(open_connection("datapusher_plus", autocommit=True)) as connection:
        # RESET ALL itself waits for nothing
        assert not idle._answers(connection, b"SELECT pg_sleep(60)")
