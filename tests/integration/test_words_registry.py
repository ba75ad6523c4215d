"""The registry of columns follows the tables, and the queue that is kept equals the one that is made anew."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.plugins import toolkit as tk
from ckan.tests.helpers import call_action
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql
from sqlalchemy.exc import OperationalError

from ckanext.datapusher_plus import dictionary_stash
from ckanext.datapusher_plus.core.dictionary.described import digest, has_label_and_notes
from ckanext.datapusher_plus.core.dictionary.model import Column
from ckanext.datapusher_plus.datastore.ddl import public
from ckanext.datapusher_plus.model.database import transaction
from ckanext.datapusher_plus.words import decisions, queue, registry
from ckanext.datapusher_plus.words.reconcile import reconcile
from tests.fix_words import Portal

DESCRIBED = {"label": "A label", "notes": "Notes"}


def by_sql(table: dict[str, Any], statement: str) -> None:
    """Change a table behind the plugin's back."""
    with psycopg.connect(tk.config["ckan.datastore.write_url"], autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(public(table["resource"])))  # pyright: ignore


def test_a_column_keeps_its_row_when_it_vanishes_and_comes_back(words: Portal) -> None:
    table = words.table(None, [("größe", {"label": "G"}), "東"])
    before = registry.columns(table["resource"])
    assert [(c.name, c.position, c.pg_type, c.has_label) for c in before] == [
        ("größe", 1, "text", True),
        ("東", 2, "text", False),
    ]
    by_sql(table, 'ALTER TABLE {} DROP COLUMN "größe"')
    registry.refresh(table["resource"], "run", {"東": "Osten"})
    assert [(c.name, c.heading, c.position) for c in registry.columns(table["resource"])] == [("東", "Osten", 1)]
    gone = registry.column(before[0].id)
    assert gone is not None
    assert (gone.present, gone.has_label) == (False, True)
    by_sql(table, 'ALTER TABLE {} ADD COLUMN "größe" int')
    registry.refresh(table["resource"])
    assert {c.id for c in registry.columns(table["resource"])} == {c.id for c in before}
    assert registry.columns(table["resource"])[0].heading == "Osten"


def test_a_rename_keeps_what_refers_to_the_column(words: Portal, editor: str) -> None:
    table = words.table(None, ["heigth"])
    old = table["columns"]["heigth"]
    words.act(editor, "datapusher_plus_words_wish", column_id=old)
    words.draft(old, "Height", votes=1)
    by_sql(table, "ALTER TABLE {0} DROP COLUMN heigth; ALTER TABLE {0} ADD COLUMN height text")
    registry.refresh(table["resource"])
    new = words.columns(table["resource"])["height"]
    words.draft(new, "Height")
    words.draft(new, "Of trees")
    gone = Column(name="heigth", type="text", comment=' {"_info":{"label":"Height in m"}}')
    dictionary_stash.remember(table["resource"], (gone,))
    call_action("datapusher_plus_dictionary_carry", resource_id=table["resource"], old="heigth", new="height")
    [column] = registry.columns(table["resource"], present_only=False)
    assert (column.id, column.name, column.has_label) == (old, "height", True)
    # the draft that both had counts once, with its vote
    assert [row[4:6] for row in words.queue().values()] == [(True, 3)]


def test_a_failed_refresh_leaves_a_mark_that_the_sweep_repairs(words: Portal) -> None:
    from ckanext.datapusher_plus.recovery.sweep import _columns

    table = words.table(None, ["a"])
    before = words.queue()
    with words_lost(words, "datapusher_plus_queue"):
        words.edit(table["resource"], [("a", DESCRIBED)])
    assert words.queue() == before
    words.sql("UPDATE datapusher_plus_dirty SET at = at - interval '1 hour'")
    assert len(list(_columns(True))) == 1
    assert words.queue() == before
    assert len(list(_columns(False))) == 1
    assert words.queue() == {}
    assert registry.marked(0) == {}
    assert list(_columns(False)) == []


class words_lost:  # noqa: N801 (a context manager)
    """A table that cannot be reached for a time."""

    def __init__(self, words: Portal, name: str) -> None:
        self.words, self.name = words, name

    def __enter__(self) -> None:
        self.words.sql(f"ALTER TABLE {self.name} RENAME TO lost")

    def __exit__(self, *_: object) -> None:
        self.words.sql(f"ALTER TABLE lost RENAME TO {self.name}")


def test_reconcile_finds_what_changed_behind_our_back(words: Portal) -> None:
    first, second, third = (words.table(None, ["a", "b"]) for _ in range(3))
    by_sql(first, "COMMENT ON COLUMN {0}.a IS 'plain text'; ALTER TABLE {0} ADD COLUMN c int")
    by_sql(second, "DROP TABLE {}")
    words.sql("DELETE FROM datapusher_plus_column WHERE resource_id = :id", id=third["resource"])
    words.sql(
        "INSERT INTO datapusher_plus_column (resource_id, name, position, pg_type) VALUES ('gone', 'a', 1, 'text')"
    )
    assert reconcile() == 4
    assert [(c.name, c.has_notes) for c in registry.columns(first["resource"])] == [
        ("a", True),
        ("b", False),
        ("c", False),
    ]
    assert registry.columns(second["resource"]) == []
    assert list(words.columns(third["resource"])) == ["a", "b"]
    assert reconcile() == 0
    assert len(words.queue()) == 5


@pytest.mark.parametrize(
    ("comment", "has"),
    [
        (None, (False, False)),
        ("", (False, False)),
        ("plain", (False, True)),
        (' {"_info":{"label":" ","notes":"N"}}', (False, True)),
        ('{"label":"old layout"}', (True, False)),
        (' {"other":{"label":"x"}}', (False, False)),
        (' {"_info":"text"}', (False, False)),
        ("[1]", (False, True)),
    ],
)
def test_what_a_comment_has(comment: str | None, has: tuple[bool, bool]) -> None:
    assert has_label_and_notes(comment) == has
    assert len(digest(comment)) == 32


def test_two_votes_at_once_are_both_counted(words: Portal) -> None:
    column = words.table(None, ["a"])["columns"]["a"]
    words.draft(column, "A")
    barrier = threading.Barrier(4)

    def vote(number: int) -> None:
        with transaction() as connection:
            added = sa.text(
                "INSERT INTO datapusher_plus_vote (annotation_id, user_id, vote)"
                " SELECT id, :user, 1 FROM datapusher_plus_annotation"
            )
            connection.execute(added, {"user": f"u{number}"})
            barrier.wait(30)
            queue.recount(connection, [column])

    threads = [threading.Thread(target=vote, args=[number]) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [row[5] for row in words.queue().values()] == [5]


def test_a_vote_waits_for_whoever_counts_the_drafts_of_its_column(words: Portal) -> None:
    column = words.table(None, ["a"])["columns"]["a"]
    words.draft(column, "A")
    [(draft,)] = words.sql("SELECT id FROM datapusher_plus_annotation")

    def vote(number: int, patience: str) -> Any:
        with transaction() as connection:
            connection.execute(sa.text(f"SET LOCAL lock_timeout = '{patience}'"))
            return queue.vote(connection, draft, user_id="u", vote=number)

    with transaction() as counting:
        queue.lock(counting, [column])
        for number in (1, 0):
            with pytest.raises(OperationalError, match="lock timeout"):
                vote(number, "50ms")
    done = vote(-1, "10s")
    assert (done.state, done.votes_for, done.votes_against) == ("open", 0, 1)
    assert [row[5] for row in words.queue().values()] == [2]


def test_nothing_is_written_by_a_vote_on_a_draft_that_is_decided_or_gone(words: Portal) -> None:
    column = words.table(None, ["a"])["columns"]["a"]
    words.draft(column, "A", votes=1)
    [(draft,)] = words.sql("UPDATE datapusher_plus_annotation SET state = 'rejected' RETURNING id")
    before = words.sql("SELECT user_id, vote FROM datapusher_plus_vote"), words.queue()
    for id_, user, number in ((draft, "other", 1), (draft, "user0", -1), (draft, "user0", 0), (draft + 1, "other", 1)):
        with pytest.raises(decisions.NotOpen):
            decisions.vote(id_, user_id=user, vote=number)
    assert (words.sql("SELECT user_id, vote FROM datapusher_plus_vote"), words.queue()) == before


def test_loads_that_read_an_older_table_never_overwrite_a_newer_one(words: Portal) -> None:
    table = words.table(None, ["a"])
    threads = [threading.Thread(target=registry.refresh, args=[table["resource"]]) for _ in range(4)]
    for thread in threads:
        thread.start()
    by_sql(table, "COMMENT ON COLUMN {}.a IS 'notes'")
    registry.refresh(table["resource"])
    for thread in threads:
        thread.join()
    assert registry.columns(table["resource"])[0].has_notes


INFO = st.sampled_from([{}, {"label": "L"}, {"notes": "N"}, DESCRIBED])
OPERATION = st.one_of(
    st.tuples(st.just("edit"), st.integers(0, 1), INFO),
    st.tuples(st.just("wish"), st.integers(0, 3), st.booleans()),
    st.tuples(st.just("vote"), st.integers(0, 3), st.integers(0, 2)),
    st.tuples(st.just("dataset"), st.integers(0, 1), st.sampled_from(["active", "deleted", "draft"])),
    st.tuples(st.just("private"), st.integers(0, 1), st.booleans()),
    st.tuples(st.just("move"), st.integers(0, 1), st.integers(0, 1)),
    st.tuples(st.just("table"), st.integers(0, 1), st.just(None)),
    st.tuples(st.just("skip"), st.integers(0, 3), st.integers(1, 9)),
)


def test_the_queue_that_is_kept_equals_the_one_made_anew(words: Portal, editor: str) -> None:
    organizations = [words.organization(editor=editor) for _ in range(2)]
    tables = [words.table(organizations[0], ["a", "b"]) for _ in range(2)]

    @settings(
        max_examples=12,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(st.lists(OPERATION, min_size=1, max_size=6))
    def after(operations: list[tuple[str, int, Any]]) -> None:
        for name, which, value in operations:
            do(words, tables, organizations, name, which, value)
            # as CKAN does after each request; an open transaction would hold the dataset's lock
            model.Session.remove()
        kept = words.queue()
        words.sql("DELETE FROM datapusher_plus_queue")
        assert reconcile() == 0
        assert words.queue() == kept

    after()


def do(words: Portal, tables: Any, organizations: Any, name: str, which: int, value: Any) -> None:
    """Carry out one operation of the property test."""
    table = tables[which % 2]
    column = table["columns"]["ab"[which // 2]]
    if name == "edit":
        words.edit(table["resource"], [("a", value), "b"])
    elif name == "wish":
        queue.wish(column, "somebody", on=value)
    elif name == "vote":
        words.draft(column, "A draft", votes=value)
    elif name == "skip":
        queue.skip(column, "somebody", days=value)
    elif name == "table":
        call_action("datastore_delete", resource_id=table["resource"], force=True)
        words.edit(table["resource"], ["a", "b"])
    else:
        value = {"dataset": {"state": value}, "private": {"private": value}}.get(name) or {
            "owner_org": organizations[int(value)]
        }
        call_action("package_patch", id=table["package"], **value)
