"""The steps by which drafts become unique, each alone on a database that is filled for it."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from ckanext.datapusher_plus.migration import annotations
from tests.fix_legacy import Legacy

BEFORE, UNIQUE = "7c41f0b9a2e6", "9a06d3e58c17"
A = "datapusher_plus_annotation"
DRAFT = """
INSERT INTO datapusher_plus_annotation
    (resource_id, column_id, kind, form, value, span, creator, state, evidence, structural)
VALUES ('r', 1, 'label', '{form}', '{value}', '{span}', '{creator}', '{state}', '{evidence}', {structural})
"""


def draft(legacy: Legacy, value: str = '"Name"', **given: Any) -> None:
    """Insert a draft of column 1, by default of DataPusher+."""
    defaults = {"form": "value", "span": "{}", "creator": "datapusher_plus", "state": "open", "structural": False}
    legacy.run(DRAFT.format(**{**defaults, "value": value, **given, "evidence": given.get("evidence", "{}")}))


@pytest.fixture
def old(legacy: Legacy) -> Legacy:
    """A database before unique drafts, with one column and three runs."""
    legacy.migrate(BEFORE)
    legacy.run("INSERT INTO datapusher_plus_column (resource_id, name, position, pg_type) VALUES ('r', 'a', 1, 'text')")
    legacy.run(
        "INSERT INTO datapusher_plus_run (id, resource_id, state, cause) SELECT 'run' || n, 'r', 'complete', 'submit'"
        " FROM generate_series(1, 3) AS n"
    )
    return legacy


@pytest.fixture
def flagged(old: Legacy) -> Legacy:
    """A database whose drafts have the flag."""
    with old.engine.begin() as connection:
        annotations.add_flag(connection)
    return old


def flag_and_dedup(flagged: Legacy) -> int:
    """Flag what DataPusher+ left and merge duplicates."""
    with flagged.engine.begin() as connection:
        annotations.backfill(connection)
    return annotations.dedup(flagged.engine)


def ids(legacy: Legacy) -> list[int]:
    """Return the ids of all drafts."""
    return [row[0] for row in legacy.all(f"SELECT id FROM {A} ORDER BY id")]


def test_the_flag_is_for_what_datapusher_plus_left_only(flagged: Legacy) -> None:
    draft(flagged)
    draft(flagged, creator="ada")
    draft(flagged, structural=True)
    with flagged.engine.begin() as connection:
        annotations.add_flag(connection)
        annotations.backfill(connection)
    assert flagged.all(f"SELECT id, is_pipeline FROM {A} ORDER BY id") == [(1, True), (2, False), (3, False)]


def test_duplicates_of_values_are_merged_into_the_oldest(flagged: Legacy) -> None:
    for value in ('"Name"', '"Name"', '"Other"', '"Name"'):
        draft(flagged, value)
    draft(flagged, creator="ada")
    draft(flagged, creator="ada")
    assert flag_and_dedup(flagged) == 2
    assert ids(flagged) == [1, 3, 5, 6]
    assert flag_and_dedup(flagged) == 0


def test_spans_are_compared_by_their_structure(flagged: Legacy) -> None:
    for span in ('{"from": 1, "to": 5}', '{"to": 5.0, "from": 1}', '{"from": 2, "to": 5}'):
        draft(flagged, form="span", span=span)
    draft(flagged)
    assert flag_and_dedup(flagged) == 1
    assert ids(flagged) == [1, 3, 4]


LINKS = {
    "keeper and redundant": ([(1, 1), (1, 2)], [("run1", 1)]),
    "two redundant": ([(1, 2), (1, 3)], [("run1", 1)]),
    "both": ([(1, 1), (1, 2), (2, 2), (2, 3)], [("run1", 1), ("run2", 1)]),
    "one each": ([(1, 1), (2, 2), (3, 3)], [("run1", 1), ("run2", 1), ("run3", 1)]),
}


@pytest.mark.parametrize("name", LINKS)
def test_links_of_runs_are_repointed(name: str, flagged: Legacy) -> None:
    given, expected = LINKS[name]
    for _ in range(3):
        draft(flagged)
    for run, annotation in given:
        flagged.run(f"INSERT INTO datapusher_plus_run_annotation VALUES ('run{run}', {annotation})")
    flag_and_dedup(flagged)
    assert flagged.all("SELECT run_id, annotation_id FROM datapusher_plus_run_annotation ORDER BY 1") == expected


def test_of_votes_the_newest_of_each_user_stays(flagged: Legacy) -> None:
    for _ in range(3):
        draft(flagged)
    for annotation, user, vote, day in (
        (1, "a", 1, 1),
        (2, "a", -1, 3),
        (3, "a", 1, 2),
        (2, "b", 1, 1),
        (3, "b", -1, 1),
    ):
        flagged.run(f"INSERT INTO datapusher_plus_vote VALUES ({annotation}, '{user}', {vote}, '2026-01-0{day}')")
    flag_and_dedup(flagged)
    assert flagged.all("SELECT annotation_id, user_id, vote FROM datapusher_plus_vote ORDER BY 2") == [
        (1, "a", -1),
        (1, "b", -1),
    ]


def test_accepted_entries_and_superseded_drafts_are_repointed(flagged: Legacy) -> None:
    draft(flagged)
    draft(flagged, state="accepted")
    draft(flagged, '"Other"', state="superseded")
    flagged.run(f"UPDATE {A} SET superseded_by = 2 WHERE id = 3")
    flagged.run("INSERT INTO datapusher_plus_accepted VALUES (1, 'label', 2, 'ada')")
    flag_and_dedup(flagged)
    assert flagged.all("SELECT annotation_id FROM datapusher_plus_accepted") == [(1,)]
    assert flagged.all(f"SELECT id, state, superseded_by FROM {A} ORDER BY id") == [
        (1, "accepted", None),
        (3, "superseded", 1),
    ]


@pytest.mark.parametrize(
    ("states", "strongest"),
    [
        (("open", "rejected"), "rejected"),
        (("rejected", "accepted"), "accepted"),
        (("open", "rejected", "accepted"), "accepted"),
        (("superseded", "open"), "open"),
        (("superseded", "superseded"), "superseded"),
    ],
)
def test_the_strongest_state_stays(states: tuple[str, ...], strongest: str, flagged: Legacy) -> None:
    for state in states:
        draft(flagged, state=state)
    flag_and_dedup(flagged)
    assert flagged.all(f"SELECT state FROM {A}") == [(strongest,)]


def test_evidence_is_merged_and_the_oldest_wins(flagged: Legacy) -> None:
    draft(flagged, evidence='{"rule": "one"}')
    draft(flagged, evidence='{"rule": "two", "share": 0.5}')
    flag_and_dedup(flagged)
    assert flagged.all(f"SELECT evidence FROM {A}") == [({"rule": "one", "share": 0.5},)]


def test_groups_that_are_done_stay_done(flagged: Legacy) -> None:
    for value in ('"a"', '"a"', '"b"', '"b"'):
        draft(flagged, value)
    flagged.run(
        f"CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'no'; END $$;"
        f"CREATE TRIGGER refuse BEFORE DELETE ON {A} FOR EACH ROW WHEN (OLD.id = 4) EXECUTE FUNCTION refuse()"
    )
    with pytest.raises(DBAPIError, match="no"):
        flag_and_dedup(flagged)
    assert ids(flagged) == [1, 3, 4]


@pytest.mark.parametrize("form", ["value", "span"])
def test_an_index_that_an_earlier_attempt_left_invalid_is_made_anew(form: str, flagged: Legacy) -> None:
    draft(flagged, form=form)
    draft(flagged, form=form)
    name = f"{A}_{form}_key"
    valid = f"SELECT indisvalid FROM pg_index WHERE indexrelid = '{name}'::regclass"
    with flagged.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        flagged.run(f"UPDATE {A} SET is_pipeline = true")
        with pytest.raises(IntegrityError):
            annotations.create_index(connection, form)
        assert flagged.all(valid) == [(False,)]
        flag_and_dedup(flagged)
        annotations.create_index(connection, form)
        assert flagged.all(valid) == [(True,)]
        annotations.create_index(connection, form)
    with pytest.raises(IntegrityError, match=name):
        flagged.run(
            f"INSERT INTO {A} (resource_id, column_id, kind, form, value, creator, is_pipeline) "
            f"SELECT resource_id, column_id, kind, form, value, creator, true FROM {A}"
        )


def test_a_running_load_makes_it_refuse(old: Legacy) -> None:
    old.run("UPDATE datapusher_plus_run SET state = 'running' WHERE id = 'run2'")
    with pytest.raises(annotations.LoadsAreRunning, match=r"1 load\(s\) are running. Stop all workers"):
        old.migrate()
    assert old.all("SELECT version_num FROM datapusher_plus_alembic_version") == [(BEFORE,)]
    old.run("UPDATE datapusher_plus_run SET state = 'complete'")
    old.migrate()


def test_the_migration_removes_duplicates_and_can_be_reversed_and_repeated(old: Legacy) -> None:
    draft(old)
    draft(old)
    draft(old, creator="ada")
    old.migrate()
    assert old.all(f"SELECT id, is_pipeline FROM {A} ORDER BY id") == [(1, True), (3, False)]
    old.downgrade(BEFORE)
    assert ids(old) == [1, 3]
    unique = f"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '{A}'::regclass AND indisunique"
    assert old.all(f"{unique} AND NOT indisprimary") == []
    old.migrate()
    assert old.all(f"SELECT id, is_pipeline FROM {A} ORDER BY id") == [(1, True), (3, False)]


def test_an_attempt_that_ended_after_the_flag_is_continued(flagged: Legacy) -> None:
    draft(flagged)
    draft(flagged)
    flagged.migrate()
    assert ids(flagged) == [1]


CKAN = """
CREATE TABLE package (id text, extras jsonb);
CREATE TABLE resource (id text, package_id text, name text, state text, position int);
INSERT INTO resource VALUES ('r1', 'p1', 'trees', 'active', 0), ('r2', 'p1', 'roads', 'active', 1);
"""
LEFT = {
    "STATUS": "DONE",
    "package": {"notes": "About the dataset"},
    "resource": {
        "trees": {"height": {"label": "Height", "unit": "m"}, "frequency": "daily", "bad": {"label": "#ERROR!: x"}}
    },
    "trees": {"height": {"label": "Height"}},
    "ai_suggestions": {"dictionary": [{"name": "lanes", "label": "Lanes", "description": "Number <b>of</b> lanes"}]},
}


def left_behind(legacy: Legacy, sql: str, given: Any) -> list[tuple[Any, ...]]:
    """Migrate a database of DataPusher+ with this field, and return the drafts of revision 14."""
    legacy.run(CKAN + sql)
    with legacy.engine.begin() as connection:
        connection.execute(
            sa.text("UPDATE package SET extras = jsonb_build_object('dpp_suggestions', CAST(:t AS text))"), {"t": given}
        )
    legacy.migrate("5d8e2b61f0a7")
    legacy.run(
        "INSERT INTO datapusher_plus_run (id, resource_id, state, cause, columns) VALUES"
        """ ('one', 'r2', 'complete', 'migrated', '[["lanes", "int4"]]')"""
    )
    legacy.migrate(BEFORE)
    return legacy.all(
        f"SELECT a.resource_id, c.name, c.present, kind, value, creator, evidence ->> 'from' FROM {A} AS a"
        " JOIN datapusher_plus_column AS c ON c.id = column_id ORDER BY a.id"
    )


def test_what_datapusher_plus_left_in_datasets_becomes_drafts(legacy: Legacy) -> None:
    found = left_behind(legacy, "INSERT INTO package VALUES ('p1', '{}');", json.dumps(LEFT))
    height, lanes = ("r1", "height", False), ("r2", "lanes", False)
    mark = "datapusher_plus"
    assert found == [
        (*height, "label", "Height", mark, "formula"),
        (*height, "unit", "m", mark, "formula"),
        (*height, "label", "Height", mark, "formula"),
        (*lanes, "label", "Lanes", mark, "ai_suggestions"),
        (*lanes, "notes", "Number <b>of</b> lanes", mark, "ai_suggestions"),
    ]
    legacy.migrate()
    assert ids(legacy) == [1, 2, 4, 5]


@pytest.mark.parametrize(
    "given", ["", "no json", "[]", '{"resource": []}', '{"resource": {"trees": "x"}}', '{"ai_suggestions": 5}']
)
def test_a_field_in_another_shape_is_left_alone(given: str, legacy: Legacy) -> None:
    assert left_behind(legacy, "INSERT INTO package VALUES ('p1', '{}');", given) == []


def test_the_helpers_import_nothing_of_the_plugin() -> None:
    tree = ast.parse(Path(annotations.__file__).read_text(encoding="utf-8"))
    imported = {
        alias.name if isinstance(node, ast.Import) else f"{'.' * node.level}{node.module}"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {"__future__", "json", "collections.abc", "typing", "sqlalchemy"}


def test_constants_of_the_helpers_are_literals() -> None:
    tree = ast.parse(Path(annotations.__file__).read_text(encoding="utf-8"))
    constants = [node for node in tree.body if isinstance(node, ast.Assign)]
    assert len(constants) > 8
    for constant in constants:
        ast.literal_eval(constant.value)
