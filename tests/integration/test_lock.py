"""One run at a time on a resource, and the lock ends with its holder."""

from __future__ import annotations

import os
import signal
import time
import uuid

import pytest

from ckanext.datapusher_plus.core.errors import DatastoreBusy, LockLost
from ckanext.datapusher_plus.datastore.connect import connect
from ckanext.datapusher_plus.datastore.lock import ResourceLock, is_free, key_of
from ckanext.datapusher_plus.recovery.orphans import sweep
from tests.fix_file import Said
from tests.loads import in_child


@pytest.fixture
def rid(own_settings: None) -> str:
    """A resource that nobody else knows."""
    return str(uuid.uuid4())


def test_only_one_holds_the_lock(rid: str) -> None:
    assert is_free(rid)
    with ResourceLock(rid) as first, ResourceLock(rid) as second:
        assert first.acquire()
        assert not is_free(rid)
        assert not second.acquire()
        started = time.monotonic()
        assert not second.acquire(0.3)
        assert 0.2 < time.monotonic() - started < 3
    assert is_free(rid)


def test_a_waiting_run_gets_the_lock_when_it_is_let_go(rid: str) -> None:
    with ResourceLock(rid) as second:
        with ResourceLock(rid) as first:
            assert first.acquire()
        assert second.acquire(5)
        second.check()


def test_resources_do_not_share_a_lock(rid: str) -> None:
    other = str(uuid.uuid4())
    assert key_of(rid) != key_of(other)
    with ResourceLock(rid) as first, ResourceLock(other) as second:
        assert first.acquire()
        assert second.acquire()


def test_a_killed_holder_holds_no_more(rid: str) -> None:
    def hold() -> None:
        with ResourceLock(rid) as lock:
            lock.acquire()
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(hold) == -signal.SIGKILL
    with ResourceLock(rid) as lock:
        assert lock.acquire(5)


def test_a_lost_connection_is_a_lost_lock(rid: str) -> None:
    with ResourceLock(rid) as lock:
        with pytest.raises(LockLost):
            lock.check()
        lock.acquire()
        lock.check()
        with connect("test", autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%lock'")
        with pytest.raises(LockLost, match=rid):
            lock.check()


def test_the_sweep_leaves_a_resource_alone_that_a_run_holds(rid: str, said: Said) -> None:
    with ResourceLock(rid) as lock:
        lock.acquire()
        assert sweep(rid, said) is None


def test_a_lock_that_is_not_open_is_lost() -> None:
    with pytest.raises(LockLost):
        ResourceLock("x").check()


def read(table: str) -> None:
    """Read a table, waiting for its lock only for a moment."""
    with connect() as connection:
        connection.execute("SET LOCAL lock_timeout = '50ms'")
        connection.execute(f'SELECT FROM "{table}"'.encode())


def test_a_statement_that_waits_too_long_for_a_table_says_that_the_table_is_in_use(rid: str) -> None:
    with connect() as holder:
        holder.execute(f'CREATE TABLE "{rid}" ()'.encode())
        holder.commit()
        holder.execute(f'LOCK TABLE "{rid}"'.encode())
        with pytest.raises(DatastoreBusy, match="in use by other queries, so"):
            read(rid)
        holder.execute(f'DROP TABLE "{rid}"'.encode())
