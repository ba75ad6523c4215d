"""A load whose connections are cut, or whose process is told to end, in the middle of a statement."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import cycle

import psycopg
import pytest
from psycopg import sql

from ckanext.datapusher_plus.core.errors import DatastoreGone
from ckanext.datapusher_plus.core.values import Strategy
from tests.fix_tables import TODAY, Table
from tests.fix_way_back import FILES, Scene, differences, expected
from tests.fix_worker import until
from tests.loads import end_of, forked

#: Where the own connections are cut, and which rows there are when that is put right.
CUT = {
    Strategy.SWAP: {
        **dict.fromkeys(["journal.begun", "copy.block", "copy.sent", "stage.copied", "stage.made"], "old"),
        **dict.fromkeys(["fill.piece", "fill.pieced", "stage.cast", "stage.counted", "index.before"], "old"),
        **dict.fromkeys(["index.built", "swap.locked", "swap.parked", "swap.journaled"], "old"),
        **dict.fromkeys(["commit.dropped"], "old"),
    },
    Strategy.REPLACE: {
        **dict.fromkeys(["copy.block", "swap.journaled"], "old"),
        **dict.fromkeys(["replace.deleted", "replace.cast", "replace.indexed"], "none"),
        "commit.dropped": "new",
    },
}
OURS = "usename = 'datastore_write' AND starts_with(application_name, 'datapusher_plus')"
#: Exit status of a process that was told that the database has gone away, and of one that was told to stop.
TOLD = 3
STOPPED = 128 + signal.SIGTERM


def says_that_the_database_is_gone(act: Callable[[], object]) -> None:
    """Do something and end this process as a run ends that was told so."""
    try:
        act()
    except DatastoreGone:
        raise SystemExit(TOLD) from None


@dataclass(frozen=True)
class Cut:
    """Cuts the connections of a process that is held at a point."""

    scene: Scene
    superuser: psycopg.Connection

    def __call__(self, point: str, act: Callable[[], object]) -> int:
        """Do something in a process that is cut off at a point, and return its exit status."""
        self.scene.orders.give({point: "hold"})
        child = forked(partial(says_that_the_database_is_gone, act))
        self.scene.orders.held()
        self.superuser.execute(f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE {OURS}")
        self.scene.orders.release()
        return end_of(child, 30)


@pytest.fixture
def cut(scene: Scene, superuser: psycopg.Connection) -> Cut:
    """The end of all connections of ours."""
    return Cut(scene, superuser)


@pytest.mark.parametrize("strategy", Strategy)
def test_a_load_whose_connections_are_cut_says_so_and_is_undone(
    live: Table, scene: Scene, cut: Cut, strategy: Strategy
) -> None:
    wrong = {}
    for (point, end), (word, content) in zip(CUT[strategy].items(), cycle(FILES.items()), strict=False):
        before = live.whole(word)
        status = cut(point, partial(scene.load, scene.plan(content, strategy)))
        scene.heal()
        wrong[point] = status, differences(live.whole(word), expected(before, end)), scene.orphans()
    assert {point: found for point, found in wrong.items() if found != (TOLD, {}, [])} == {}


def test_a_way_back_whose_connections_are_cut_can_be_gone_again(live: Table, scene: Scene, cut: Cut) -> None:
    before = live.whole()
    for point in ("restore.cleaned", "restore.undoing", "restore.dropped", "restore.closing"):
        scene.die("sigkill", "swap.after", partial(scene.load, scene.plan(FILES["Köln"], Strategy.SWAP)))
        assert cut(point, scene.heal) == TOLD
        scene.heal()
        assert (point, live.whole(), scene.orphans()) == (point, before, [])


def undone_when_stopped(scene: Scene, load: Callable[[], object]) -> None:
    """Load as the flow does: a signal raises, and what raises is undone."""

    def stop(*_: object) -> None:
        raise SystemExit(STOPPED)

    signal.signal(signal.SIGTERM, stop)
    try:
        load()
    except BaseException:
        scene.heal()
        raise


def seconds_to_end(child: int) -> float:
    """Tell a process to end and return how long that takes."""
    started = time.monotonic()
    os.kill(child, signal.SIGTERM)
    assert end_of(child, 30) == STOPPED
    return time.monotonic() - started


def waiting(table: Table, event: str) -> bool:
    """Tell whether a statement of ours waits for something in the database."""
    return bool(table.run(f"SELECT 1 FROM pg_stat_activity WHERE {OURS} AND wait_event = {{event}}", event=event))


SLOW_TRIGGER = """
CREATE OR REPLACE FUNCTION gross() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.stadt = 'Ulm' THEN PERFORM pg_sleep(60); END IF; RETURN NEW; END $$
"""
SLOW_INDEX = """
CREATE OR REPLACE FUNCTION langsam(word text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS
    $$ BEGIN IF word = 'Ulm' THEN PERFORM pg_sleep(60); END IF; RETURN word; END $$;
CREATE INDEX langsam ON {table} (langsam(stadt))
"""


@pytest.mark.parametrize(
    ("strategy", "slow", "end"),
    [
        pytest.param(Strategy.SWAP, SLOW_TRIGGER, "old", id="filling in a thread"),
        pytest.param(Strategy.REPLACE, SLOW_TRIGGER, "none", id="filling in place"),
        pytest.param(Strategy.SWAP, SLOW_INDEX, "old", id="indexing in a thread"),
        pytest.param(Strategy.REPLACE, SLOW_INDEX, "none", id="indexing in place"),
    ],
)
def test_a_load_told_to_end_in_a_long_statement_ends_it_and_undoes_itself(
    live: Table, scene: Scene, strategy: Strategy, slow: str, end: str
) -> None:
    live.run(slow)
    before = live.whole()
    plan = scene.plan(TODAY, strategy)
    child = forked(partial(undone_when_stopped, scene, partial(scene.load, plan)))
    until(lambda: waiting(live, "PgSleep"), 20)
    assert seconds_to_end(child) < 10
    after = live.whole()
    assert (after.facts, after.rows) == (before.facts, before.rows if end == "old" else [])
    assert not waiting(live, "PgSleep")
    assert scene.orphans() == []


def test_a_load_told_to_end_in_the_middle_of_the_copy_undoes_itself(live: Table, scene: Scene) -> None:
    before = live.whole()
    plan = scene.plan(TODAY, Strategy.SWAP)
    scene.orders.give({"copy.block": "hold"})
    child = forked(partial(undone_when_stopped, scene, partial(scene.load, plan)))
    scene.orders.held()
    assert live.run("SELECT type FROM pg_stat_progress_copy") == [("PIPE",)]
    assert seconds_to_end(child) < 10
    assert live.whole() == before
    assert scene.orphans() == []


def test_a_load_told_to_end_while_it_waits_for_a_reader_undoes_itself(
    live: Table, scene: Scene, superuser: psycopg.Connection
) -> None:
    before = live.whole()
    plan = scene.plan(TODAY, Strategy.SWAP)
    with superuser.transaction():
        superuser.execute(sql.SQL("SELECT FROM {}").format(sql.Identifier(live.resource_id)))
        child = forked(partial(undone_when_stopped, scene, partial(scene.load, plan)))
        until(lambda: waiting(live, "relation"), 20)
        assert seconds_to_end(child) < 10
    assert live.whole() == before
    assert scene.orphans() == []
