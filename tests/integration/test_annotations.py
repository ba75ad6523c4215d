"""Stored drafts: each once, whoever drafts at the same time; decided by people; gone with their columns."""

from __future__ import annotations

import multiprocessing
import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from ckanext.datapusher_plus.core.drafts.model import Draft, Form, Kind
from ckanext.datapusher_plus.core.statistics import ColumnStatistics, Measure, TableStatistics, Withheld
from ckanext.datapusher_plus.model import words as tables
from ckanext.datapusher_plus.words import annotate, annotations, decisions
from ckanext.datapusher_plus.words.annotations import get_or_create
from tests import drafts_apart
from tests.fix_words import Portal

VALUE = Draft(column="a", kind=Kind.LABEL, value="Name", evidence={"rule": "test"}, confidence=0.5)
SPAN = replace(VALUE, form=Form.SPAN, span={"from": 1, "to": 5})
FORMS = pytest.mark.parametrize("draft", [VALUE, SPAN], ids=["value", "span"])


@pytest.fixture
def engine(words: Portal) -> Iterator[sa.Engine]:
    """Connections of their own to CKAN's database, with one registered column."""
    from ckan.plugins import toolkit as tk

    words.sql("INSERT INTO datapusher_plus_column (resource_id, name, position, pg_type) VALUES ('r', 'a', 1, 'text')")
    engine = sa.create_engine(tk.config["sqlalchemy.url"])
    yield engine
    engine.dispose()


def column_id(engine: sa.Engine) -> int:
    """Return the id of the column."""
    with engine.begin() as connection:
        return connection.execute(sa.text("SELECT id FROM datapusher_plus_column WHERE resource_id = 'r'")).scalar_one()


def make(connection: sa.Connection, draft: Draft, creator: str = "site", run_id: str | None = None) -> tuple[int, bool]:
    """Find or make a draft for the column."""
    found = connection.execute(sa.text("SELECT id FROM datapusher_plus_column WHERE resource_id = 'r'")).scalar_one()
    return get_or_create(connection, draft, column_id=found, resource_id="r", creator=creator, run_id=run_id)


@pytest.mark.parametrize(
    ("name", "key", "form"),
    [(tables.VALUE_KEY, annotations.VALUE_KEY, "value"), (tables.SPAN_KEY, annotations.SPAN_KEY, "span")],
)
def test_the_indexes_are_the_keys_of_the_code(name: str, key: tuple[str, ...], form: str, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        made = connection.execute(
            sa.text("SELECT pg_get_indexdef(CAST(:name AS regclass))"), {"name": name}
        ).scalar_one()
    found = re.fullmatch(r"CREATE UNIQUE INDEX .* USING btree \((.*)\) WHERE \((.*)\)", made)
    assert found
    assert tuple(found[1].split(", ")) == key
    assert found[2] == f"(NOT structural) AND (form = '{form}'::text) AND is_pipeline"


@FORMS
def test_two_that_miss_at_the_same_time_get_one_draft(draft: Draft, engine: sa.Engine) -> None:
    barrier, found = threading.Barrier(2), list[tuple[int, bool]]()
    values = annotations.values_of(draft, column_id=column_id(engine), resource_id="r", creator="site")
    real = annotations._find

    with engine.connect() as first, engine.connect() as second:
        assert [real(each, draft.form, values) for each in (first, second)] == [None, None]

        def work(connection: sa.Connection) -> None:
            barrier.wait()
            found.append(make(connection, draft))
            connection.commit()

        threads = [threading.Thread(target=work, args=(each,)) for each in (first, second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len({id_ for id_, _ in found}) == 1
    assert sorted(new for _, new in found) == [False, True]


@FORMS
def test_the_loser_of_a_race_waits_and_finds_the_winners(draft: Draft, engine: sa.Engine) -> None:
    found = list[tuple[int, bool]]()
    with engine.connect() as winner, engine.connect() as loser:
        mine = make(winner, draft)
        # the winner has not committed, so the loser misses and then waits at the unique index
        thread = threading.Thread(target=lambda: found.append(make(loser, draft)))
        thread.start()
        wait_for_lock(engine)
        winner.commit()
        thread.join()
        # the savepoint failed, not the transaction
        assert loser.execute(sa.text("SELECT 1")).scalar() == 1
    assert (mine[1], found) == (True, [(mine[0], False)])


def wait_for_lock(engine: sa.Engine) -> None:
    """Wait until a session waits for another one's transaction."""
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    for _ in range(500):
        with engine.begin() as connection:
            if connection.execute(sa.text(waiting)).scalar_one():
                return
        threading.Event().wait(0.02)
    raise AssertionError


def test_eight_processes_make_each_draft_once(engine: sa.Engine, words: Portal) -> None:
    words.sql(
        "INSERT INTO datapusher_plus_column (resource_id, name, position, pg_type)"
        " SELECT 'r', 'c' || n, n, 'text' FROM generate_series(2, 40) AS n"
    )
    ids = [row[0] for row in words.sql("SELECT id FROM datapusher_plus_column WHERE resource_id = 'r'")]
    fork = multiprocessing.get_context("fork")
    barrier, url = fork.Barrier(8), engine.url.render_as_string(hide_password=False)
    workers = [fork.Process(target=drafts_apart.take_turns, args=(url, barrier, ids)) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0] * 8
    assert words.sql("SELECT count(*), count(DISTINCT column_id) FROM datapusher_plus_annotation") == [(40, 40)]


@pytest.mark.parametrize("other", [{"to": 5, "from": 1}, {"from": 1.0, "to": 5.0}])
def test_spans_are_compared_by_their_structure(other: dict[str, Any], engine: sa.Engine) -> None:
    with engine.begin() as connection:
        first, second = make(connection, SPAN), make(connection, replace(SPAN, span=other))
        third = make(connection, replace(SPAN, span={"from": 1, "to": 6}))
    assert (first[0] == second[0], second[1], third[1]) == (True, False, True)


@FORMS
def test_another_creator_and_a_person_are_not_blocked(draft: Draft, engine: sa.Engine, words: Portal) -> None:
    with engine.begin() as connection:
        assert [make(connection, draft, creator)[1] for creator in ("site", "ada", "site")] == [True, True, False]
        by_hand = annotations.values_of(draft, column_id=column_id(engine), resource_id="r", creator="site")
        for _ in range(2):
            connection.execute(sa.insert(tables.annotation).values({**by_hand, "is_pipeline": False}))
        assert make(connection, draft)[1] is False
    assert words.sql("SELECT count(*) FROM datapusher_plus_annotation") == [(4,)]


def test_evidence_is_not_part_of_the_key(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        again = replace(VALUE, evidence={"rule": "other"}, confidence=0.9)
        assert make(connection, VALUE)[0] == make(connection, again)[0]


@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_other_isolation_is_refused(level: str, engine: sa.Engine) -> None:
    with (
        engine.connect().execution_options(isolation_level=level) as connection,
        pytest.raises(annotations.WrongIsolation, match=f"READ COMMITTED, and this transaction is {level}"),
    ):
        make(connection, VALUE)


def test_other_constraints_are_not_taken_for_a_race(engine: sa.Engine) -> None:
    with (
        engine.begin() as connection,
        pytest.raises(IntegrityError, match="datapusher_plus_annotation_value_size"),
    ):
        make(connection, replace(VALUE, value="x" * 2001))
    with engine.begin() as connection, pytest.raises(IntegrityError, match="foreign key"):
        get_or_create(connection, VALUE, column_id=0, resource_id="r", creator="site", run_id=None)


def test_the_longest_value_fits_into_the_index(engine: sa.Engine) -> None:
    import random
    import string

    text = "".join(random.Random(1).choices(string.ascii_letters + string.digits, k=1998))
    with engine.begin() as connection:
        assert make(connection, replace(SPAN, value=text), "c" * 36)[1]
        with pytest.raises(IntegrityError, match="datapusher_plus_annotation_span_size"), connection.begin_nested():
            make(connection, replace(SPAN, span={"x" * 200: 1}))


# a pass over a table


def statistics(resource_id: str, *columns: ColumnStatistics, run_id: str = "one") -> TableStatistics:
    """Return the statistics of a table."""
    at = datetime.now(timezone.utc)
    return TableStatistics(resource_id=resource_id, run_id=run_id, load_key="k", made_at=at, rows=4, columns=columns)


def text_column(name: str, *top: tuple[str, int], **given: Any) -> ColumnStatistics:
    """Return the statistics of a text column of four rows."""
    figures = {"rows": 4, "empty": 0, "null_words": {}, "distinct": len(top) or 4, "top": top, **given}
    return ColumnStatistics(name=name, type="text", measure=Measure.TEXT, **figures)


STATE = text_column("tree_state", ("felled", 2), ("bad", 2))


def drafted(resource_id: str, **given: Any) -> dict[str, Any]:
    """Return the drafted values by kind."""
    return {each.kind.value: each.value for each in annotations.find(resource_id, **given)}


def test_a_second_pass_adds_nothing_and_links_its_run(words: Portal) -> None:
    table = words.table(fields=["tree_state"])
    resource, runs = table["resource"], "SELECT count(*) FROM datapusher_plus_run_annotation WHERE run_id = 'two'"
    for run in ("one", "two"):
        words.sql(
            "INSERT INTO datapusher_plus_run (id, resource_id, state, cause) VALUES (:run, :id, 'complete', 'submit')",
            run=run,
            id=resource,
        )
    assert annotate.draft(resource, "one", "site", statistics(resource, STATE)) == 2
    assert annotate.draft(resource, "two", "site", statistics(resource, STATE)) == 0
    assert annotate.draft(resource, "gone", "editor", statistics(resource, STATE)) == 0
    assert drafted(resource) == {"label": "Tree state", "codes": ["bad", "felled"]}
    assert words.sql(runs) == [(2,)]
    assert words.queue()[table["columns"]["tree_state"]][-1] == 2


def test_facts_of_the_table_are_replaced_and_other_drafts_stay(words: Portal) -> None:
    resource = words.table(fields=["tree_state"])["resource"]
    annotate.draft(resource, None, "site", statistics(resource, STATE))
    newer = text_column("tree_state", ("good", 3), ("ill", 1))
    assert annotate.draft(resource, None, "site", statistics(resource, newer)) == 0 + 1
    assert drafted(resource) == {"label": "Tree state", "codes": ["good", "ill"]}


def test_rejected_drafts_are_found_and_not_made_anew(words: Portal) -> None:
    resource = words.table(fields=["tree_state"])["resource"]
    annotate.draft(resource, None, "site", statistics(resource, STATE))
    for each in annotations.find(resource):
        decisions.reject(each.id, user="ada", why="wrong")
    assert annotate.draft(resource, None, "site", statistics(resource, STATE)) == 0
    assert (drafted(resource), len(annotations.find(resource, state="rejected"))) == ({}, 2)


def test_a_draft_that_the_database_refuses_costs_only_itself(words: Portal) -> None:
    table = words.table(fields=["a", "b"])
    bad = [replace(VALUE, value="nul \x00"), replace(VALUE, value="x" * 3000)]
    good = [replace(VALUE, value="Good"), replace(VALUE, column="b", value="Also")]
    assert annotate.keep(table["resource"], None, "site", [bad[0], *good, bad[1]], columns=["a", "b"]) == 2
    assert {each.value for each in annotations.find(table["resource"])} == {"Good", "Also"}


def test_two_rules_that_meet_make_one_draft_with_the_surer_evidence(words: Portal) -> None:
    resource = words.table(fields=["a"])["resource"]
    surer = replace(VALUE, evidence={"rule": "neighbours"}, confidence=0.9)
    assert annotate.keep(resource, None, "site", [VALUE, surer], columns=["a"]) == 1
    assert [each.evidence for each in annotations.find(resource)] == [{"rule": "neighbours"}]
    assert (
        annotate.keep(resource, None, "site", [replace(VALUE, value=5), replace(VALUE, value=5.0)], columns=["a"]) == 1
    )


def test_filled_entries_are_not_drafted(words: Portal) -> None:
    filled = ("tree_state", {"label": "State", "codes": ["good"]})
    resource = words.table(fields=[filled, "dist_km"])["resource"]
    number = ColumnStatistics(
        name="dist_km", type="numeric", measure=Measure.NUMBER, rows=4, empty=0, null_words={}, distinct=3
    )
    annotate.draft(resource, None, "site", statistics(resource, STATE, number))
    assert [(each.column, each.kind.value, each.value) for each in annotations.find(resource)] == [
        ("dist_km", "label", "Dist"),
        ("dist_km", "unit", "km"),
    ]


def test_values_of_a_column_that_is_marked_later_are_hidden_at_once(words: Portal) -> None:
    resource = words.table(fields=["tree_state"])["resource"]
    annotate.draft(resource, None, "site", statistics(resource, STATE))
    words.edit(resource, [("tree_state", {"pii": "yes"})])
    assert drafted(resource) == {"label": "Tree state"}
    withheld = replace(STATE, withheld=Withheld.PERSONAL, top=())
    annotate.draft(resource, None, "site", statistics(resource, withheld))
    assert words.sql("SELECT count(*) FROM datapusher_plus_annotation WHERE kind = 'codes'") == [(0,)]


def test_neighbours_in_the_organization_say_what_a_column_is_called(words: Portal) -> None:
    organization, other = words.organization(), words.organization()
    for title in ("Trees", "Roads"):
        words.table(
            organization, [("objectid", {"label": "Number of the object", "notes": "Never changes"})], title=title
        )
    words.table(other, [("objectid", {"label": "Elsewhere"})])
    words.table(organization, [("objectid", {"label": "Secret"})], private=True)
    mine = words.table(organization, ["objectid"])["resource"]
    annotate.draft(mine, None, "site", statistics(mine, text_column("objectid")))
    label = next(each for each in annotations.find(mine, kind="label") if each.evidence["rule"] == "neighbours")
    assert (label.value, label.evidence["tables"], label.evidence["examples"]) == (
        "Number of the object",
        2,
        ["Roads", "Trees"],
    )
    assert drafted(mine, kind="notes") == {"notes": "Never changes"}
    assert "Secret" not in str(words.sql("SELECT value, evidence FROM datapusher_plus_annotation"))


def test_what_private_datasets_say_is_not_shown_when_this_one_becomes_public(words: Portal) -> None:
    organization = words.organization()
    words.table(organization, [("objectid", {"label": "Secret"})], private=True)
    mine = words.table(organization, ["objectid"], private=True)
    annotate.draft(mine["resource"], None, "site", statistics(mine["resource"], text_column("objectid")))
    assert "Secret" in {each.value for each in annotations.find(mine["resource"])}
    words.act("", "package_patch", id=mine["package"], private=False)
    assert "Secret" not in {each.value for each in annotations.find(mine["resource"])}


def test_drafts_can_be_cleared_and_go_with_the_resource(words: Portal) -> None:
    table = words.table(fields=["tree_state"])
    resource = table["resource"]
    for _ in range(2):
        assert annotate.draft(resource, None, "site", statistics(resource, STATE)) == 2
        assert annotations.clear(resource) == 2
    assert words.queue()[table["columns"]["tree_state"]][-1] == 0
    annotate.draft(resource, None, "site", statistics(resource, STATE))
    words.act("", "resource_delete", id=resource)
    assert words.sql("SELECT count(*) FROM datapusher_plus_annotation") == [(0,)]
