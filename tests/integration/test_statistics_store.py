"""The statistics of a table in CKAN's database: replaced by each load, marked stale, gone with the resource."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
import sqlalchemy as sa

from ckanext.datapusher_plus.core.statistics import ColumnStatistics, Measure, TableStatistics, Withheld
from ckanext.datapusher_plus.model import run, statistics
from ckanext.datapusher_plus.statistics import store
from ckanext.datapusher_plus.statistics.store import Known

CITY = ColumnStatistics(
    name="city",
    type="text",
    measure=Measure.TEXT,
    rows=3,
    empty=0,
    null_words={"NA": 1},
    distinct=2,
    least="Bonn",
    greatest="Ulm",
    shortest=3,
    longest=4,
    top=(("Ulm", 2), ("Bonn", 1)),
)
MADE = TableStatistics(
    resource_id="r1", run_id="one", load_key="key", made_at=datetime.now(timezone.utc), rows=3, columns=(CITY,)
)


@pytest.fixture
def database(loaded: None, clean_db: None) -> Iterator[Any]:
    """A function that executes a statement on CKAN's database."""
    from ckan import model

    def execute(statement: Any) -> Any:
        with model.ensure_engine().begin() as connection:
            return connection.execute(statement)

    execute(sa.delete(statistics))
    yield execute
    execute(sa.delete(statistics))


def loaded_by(database: Any, run_id: str, *, minute: int) -> None:
    """Record a run that loaded the table of ``r1``."""
    ended = datetime(2026, 1, 1, 12, minute, tzinfo=timezone.utc)
    database(sa.insert(run).values(id=run_id, resource_id="r1", state="complete", cause="submit", finished_at=ended))


def test_statistics_are_read_as_they_were_stored(database: Any) -> None:
    loaded_by(database, "one", minute=1)
    assert store.load("r1") is None
    assert store.save(MADE)
    assert store.load("r1") == MADE


def test_each_load_replaces_them(database: Any) -> None:
    loaded_by(database, "one", minute=1)
    store.save(MADE)
    loaded_by(database, "two", minute=2)
    assert store.load("r1") == replace(MADE, stale=True)
    newer = replace(MADE, run_id="two", rows=4)
    assert store.save(newer)
    assert store.load("r1") == newer
    assert not store.save(MADE)
    assert store.load("r1") == newer


def test_a_change_marks_them_stale_until_they_are_made_again(database: Any) -> None:
    store.mark_stale("r1")
    store.save(MADE)
    store.mark_stale("r1")
    assert store.load("r1") == replace(MADE, stale=True)
    store.begin("r1", "one")
    store.save(MADE)
    assert store.load("r1") == MADE


def test_a_change_while_they_are_made_is_noticed(database: Any) -> None:
    store.begin("r1", "one")
    store.mark_stale("r1")
    store.save(MADE)
    assert store.load("r1") == replace(MADE, stale=True)


def test_what_only_the_run_knew_is_kept_for_later_attempts(database: Any) -> None:
    known = Known(personal=frozenset({"name"}), null_words={"city": {"NA": 1}})
    store.expect("r1", "one", known)
    assert [store.begin("r1", "one"), store.begin("r1", "one")] == [known, known]
    assert store.begin("r1", "two") == Known()


def test_they_are_removed(database: Any) -> None:
    store.save(MADE)
    store.remove("r1")
    store.remove("r1")
    assert store.load("r1") is None


@pytest.mark.parametrize("key", ["pii", "personal_data"])
def test_a_column_that_is_marked_afterwards_shows_no_value(key: str, uploaded: Any, act: Any, database: Any) -> None:
    act("datastore_create", resource_id=uploaded["id"], force=True, fields=[{"id": "city", "type": "text"}])
    store.save(replace(MADE, resource_id=uploaded["id"]))
    fields = [{"id": "city", "type": "text", "info": {key: "yes"}}]
    act("datastore_create", resource_id=uploaded["id"], force=True, fields=fields)
    found = store.load(uploaded["id"])
    assert found is not None
    [column] = found.columns
    assert (column.withheld, column.top, column.least, column.longest) == (Withheld.PERSONAL, (), None, 4)
