"""The actions of the queue: what an editor sees, and what saving writes or refuses."""

from __future__ import annotations

import json
from typing import Any

import psycopg
import pytest
from ckan.plugins import toolkit as tk
from ckan.tests import factories
from ckan.tests.helpers import call_action
from psycopg import sql

from ckanext.datapusher_plus.dictionary_stash import history
from ckanext.datapusher_plus.logic.words import DatastoreAway
from tests.fix_words import Portal

DESCRIBED = {"label": "A label", "notes": "Notes"}


@pytest.fixture
def table(words: Portal, editor: str) -> dict[str, Any]:
    """A table of an organization of which the user is an editor."""
    return words.table(words.organization(editor=editor), ["a", ("b", {"label": "B", "unit": "km"})])


def info(table: dict[str, Any], name: str) -> dict[str, Any]:
    fields = call_action("datastore_info", id=table["resource"])["fields"]
    return next(field.get("info", {}) for field in fields if field["id"] == name)


def test_the_answer_has_everything_for_the_screen(words: Portal, editor: str) -> None:
    organization = words.organization(editor=editor)
    words.table(organization, [("a", {"label": "Height", "unit": "m"})])
    words.table(words.organization(), [("a", {"label": "Elsewhere"})])
    table = words.table(organization, ["a", ("b", DESCRIBED)], title="Trees <b>")
    words.act(factories.User()["name"], "datapusher_plus_words_wish", column_id=table["columns"]["a"])
    found = words.act(editor, "datapusher_plus_words_next")["next"]
    assert found["column"] == {"id": table["columns"]["a"], "name": "a", "heading": "", "type": "text", "position": 1}
    assert (found["dataset"]["title"], found["resource"]["id"]) == ("Trees <b>", table["resource"])
    assert (found["organization"]["id"], found["wishes"], found["statistics"]) == (organization, 1, None)
    assert found["entries"] == {"label": "", "notes": "", "unit": ""}
    assert [(each["label"], each["unit"]) for each in found["neighbours"]] == [("Height", "m")]
    assert found["claimed_until"]
    assert found["drafts"] == []


def test_saving_writes_keeps_the_rest_and_gives_the_next(words: Portal, editor: str, table: dict[str, Any]) -> None:
    columns = table["columns"]
    assert words.next(editor) == columns["a"]
    given = {"label": "Größe 大", "notes": "<i>of trees</i>", "unit": "m"}
    done = words.act(editor, "datapusher_plus_words_save", column_id=columns["a"], **given)
    assert (done["saved"], done["next"]["column"]["id"]) == (columns["a"], columns["b"])
    assert info(table, "a") == given
    assert done["next"]["entries"] == {"label": "B", "notes": "", "unit": "km"}
    done = words.act(editor, "datapusher_plus_words_save", column_id=columns["b"], notes="N", next=False)
    assert done == {"saved": columns["b"], "next": None}
    assert info(table, "b") == {"label": "B", "unit": "km", "notes": "N"}
    assert [entry.why.value for entry in history.entries(table["resource"])] == ["restore"] * 2
    assert words.queue() == {}


@pytest.mark.parametrize("given", [{}, {"label": " "}, {"label": "A", "used": "x"}])
def test_bad_parameters_are_refused(words: Portal, editor: str, table: dict[str, Any], given: dict[str, Any]) -> None:
    with pytest.raises(tk.ValidationError):
        words.act(editor, "datapusher_plus_words_save", column_id=table["columns"]["a"], **given)
    for action, data in (("save", {"label": "A"}), ("skip", {}), ("wish", {})):
        with pytest.raises(tk.ObjectNotFound, match="no such column"):
            words.act(editor, f"datapusher_plus_words_{action}", column_id=99999999, **data)


def test_the_second_of_two_people_is_told(words: Portal, editor: str, table: dict[str, Any]) -> None:
    other, column = factories.Sysadmin()["name"], table["columns"]["a"]
    assert words.next(editor) == column
    with pytest.raises(tk.ValidationError, match="another editor is describing"):
        words.act(other, "datapusher_plus_words_save", column_id=column, label="mine")
    words.act(editor, "datapusher_plus_words_save", column_id=column, label="first", next=False)
    with pytest.raises(tk.ValidationError, match="described this column meanwhile .label: first"):
        words.act(other, "datapusher_plus_words_save", column_id=column, label="mine")
    assert info(table, "a") == {"label": "first"}
    words.act(other, "datapusher_plus_words_save", column_id=column, notes="more", next=False)
    assert info(table, "a") == {"label": "first", "notes": "more"}


def test_an_edit_while_a_column_is_on_the_screen_is_not_overwritten(
    words: Portal, editor: str, table: dict[str, Any]
) -> None:
    assert words.next(editor) == table["columns"]["a"]
    words.edit(table["resource"], [("a", {"label": "through the API"}), "b"])
    with pytest.raises(tk.ValidationError, match="through the API"):
        words.act(editor, "datapusher_plus_words_save", column_id=table["columns"]["a"], label="late")


def test_a_column_that_vanished_is_told_and_nothing_is_written(
    words: Portal, editor: str, table: dict[str, Any]
) -> None:
    assert words.next(editor) == table["columns"]["a"]
    with psycopg.connect(tk.config["ckan.datastore.write_url"], autocommit=True) as connection:
        name = sql.Identifier(table["resource"])
        connection.execute(sql.SQL("ALTER TABLE {} DROP COLUMN a").format(name))
    with pytest.raises(tk.ValidationError, match="does not have the column “a” any more"):
        words.act(editor, "datapusher_plus_words_save", column_id=table["columns"]["a"], label="A")
    assert history.entries(table["resource"]) == []
    assert list(words.queue()) == [table["columns"]["b"]]


def test_without_the_datastore_a_sentence_comes_and_the_claim_is_released(
    words: Portal, editor: str, table: dict[str, Any]
) -> None:
    away = {f"ckan.datastore.{role}_url": "postgresql://nobody@127.0.0.1:1/none" for role in ("read", "write")}
    for action, data in (("next", {}), ("save", {"column_id": table["columns"]["a"], "label": "A"})):
        with pytest.MonkeyPatch.context() as patch:
            for key, url in away.items():
                patch.setitem(tk.config, key, url)
            with pytest.raises(DatastoreAway, match="DataStore does not answer now"):
                words.act(editor, f"datapusher_plus_words_{action}", **data)
        assert words.sql("SELECT FROM datapusher_plus_queue WHERE claimed_by IS NOT NULL") == []
        assert words.next(editor) == table["columns"]["a"]


def test_only_those_who_may_save_skip_and_wish_do(words: Portal, editor: str) -> None:
    column = words.table(words.organization(member=editor), private=True)["columns"]["a"]
    stranger = factories.User()["name"]
    for action, data in (("save", {"label": "A"}), ("skip", {})):
        with pytest.raises(tk.NotAuthorized):
            words.act(editor, f"datapusher_plus_words_{action}", column_id=column, **data)
    with pytest.raises(tk.NotAuthorized):
        words.act(stranger, "datapusher_plus_words_wish", column_id=column)
    assert words.act(editor, "datapusher_plus_words_wish", column_id=column) == {"wishes": 1}
    assert words.act(editor, "datapusher_plus_words_wish", column_id=column) == {"wishes": 1}
    assert words.act(editor, "datapusher_plus_words_wish", column_id=column, on=False) == {"wishes": 0}
    assert [row[4] for row in words.queue().values()] == [False, False]


def test_progress_counts_described_columns_by_organization_and_dataset(words: Portal, editor: str) -> None:
    organization = words.organization(editor=editor)
    table = words.table(organization, ["a", ("b", DESCRIBED), ("c", {"label": "C"})])
    words.table(words.organization(), ["x"])
    [found] = words.act(editor, "datapusher_plus_words_progress", organization=organization)
    assert (found["organization"]["id"], found["columns"], found["described"]) == (organization, 3, 1)
    assert [(each["id"], each["described"]) for each in found["datasets"]] == [(table["package"], 1)]
    assert len(words.act(factories.Sysadmin()["name"], "datapusher_plus_words_progress")) == 2


def test_a_plugin_that_refuses_more_decides_and_its_no_is_remembered(
    words: Portal, editor: str, table: dict[str, Any]
) -> None:
    from ckan import authz

    never: Any = lambda context, data_dict: {"success": False}  # noqa: E731

    assert words.next(editor, claim=False)
    allowed = authz._AuthFunctions._functions["resource_update"]
    authz._AuthFunctions._functions["resource_update"] = never
    try:
        assert words.next(editor) is None
    finally:
        authz._AuthFunctions._functions["resource_update"] = allowed
    assert words.sql("SELECT FROM datapusher_plus_queue WHERE claimed_by IS NOT NULL") == []
    assert len(words.sql("SELECT FROM datapusher_plus_skip")) == 2


def test_drafts_are_shown_and_those_that_were_used_are_accepted(
    words: Portal, editor: str, table: dict[str, Any]
) -> None:
    column = table["columns"]["a"]
    words.draft(column, "Height")
    words.draft(table["columns"]["b"], "Other")
    words.draft(column, "Size", votes=2)
    found = words.act(editor, "datapusher_plus_words_next")["next"]
    assert {(draft["value"], draft["votes_for"]) for draft in found["drafts"]} == {("Height", 0), ("Size", 2)}
    ids = [row.id for row in words.sql("SELECT id FROM datapusher_plus_annotation ORDER BY id")]
    words.act(editor, "datapusher_plus_words_save", column_id=column, label="Size", used=ids[1:], next=False)
    states = [row.state for row in words.sql("SELECT state FROM datapusher_plus_annotation ORDER BY id")]
    assert states == ["superseded", "open", "accepted"]
    assert words.queue()[column][5] == 0


def test_the_summary_is_json(words: Portal, editor: str, table: dict[str, Any]) -> None:
    assert json.loads(json.dumps(words.act(editor, "datapusher_plus_words_next")))
