"""What people once wrote comes back when they ask for it, and nothing that they wrote since is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus import dictionary_stash, settings
from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.core.errors import StashFailed, TableInUse
from ckanext.datapusher_plus.datastore.lock import ResourceLock
from ckanext.datapusher_plus.dictionary_stash import history
from ckanext.datapusher_plus.recovery.restore_dictionary import bring_back, describe
from ckanext.datapusher_plus.recovery.settle import settle
from tests.fix_file import Said
from tests.fix_tables import TODAY, Table
from tests.loads import Loader

LABEL = ' {"_info":{"label":"Ort"}}'


def comments(table: Table) -> dict[str, str | None]:
    return {column.name: column.comment for column in table.facts.columns}


def info(table: Table, name: str) -> dict[str, Any]:
    return next(column.info for column in table.facts.columns if column.name == name)


def edit(table: Table, **labels: str) -> None:
    """Write labels as the form does, which sends every column."""
    fields = [
        {"id": c.name, "type": c.type, "info": {"label": labels.get(c.name, c.info.get("label", "")), "notes": ""}}
        for c in table.facts.columns
    ]
    table.act("datastore_create", resource_id=table.resource_id, fields=fields, force=True)


def kept(table: Table) -> list[tuple[str, dict[str, str | None]]]:
    return [
        (entry.why.value, {column.name: column.comment for column in entry.dictionary.columns})
        for entry in history.entries(table.resource_id)
    ]


def test_an_edit_keeps_what_was_written_before(live: Table) -> None:
    before = comments(live)
    edit(live, zahl="Number")
    assert kept(live) == [("edit", before)]


@pytest.mark.parametrize(
    "call",
    [
        {"records": [{"stadt": "Ulm"}], "fields": [{"id": "stadt", "type": "text"}]},
        {"indexes": ["ort"]},
        {"fields": [{"id": "neu", "type": "text", "info": {}}]},
    ],
    ids=["records", "indexes", "a new column"],
)
def test_what_changes_no_words_keeps_nothing(live: Table, call: dict[str, object]) -> None:
    live.act("datastore_create", resource_id=live.resource_id, force=True, **call)
    assert kept(live) == []


def test_words_that_go_with_a_deleted_column_are_kept(live: Table) -> None:
    before = comments(live)
    fields = [{"id": name, "type": "text"} for name in ("stadt", "zahl", "ort")]
    live.run("DROP VIEW grosse; DROP VIEW nach_ort; DROP VIEW staedte; DROP VIEW cities")
    live.act("datastore_create", resource_id=live.resource_id, fields=fields, delete_fields=True, force=True)
    assert kept(live) == [("edit", before)]


@pytest.fixture
def no_room(own_settings: Path, tmp_path: Path) -> None:
    """A stash folder that cannot be made."""
    (tmp_path / "file").touch()
    settings.use(replace(settings.current(), dictionary_stash_dir=tmp_path / "file" / "stash"))


def test_an_edit_never_fails_for_the_sake_of_its_history(
    live: Table, no_room: None, caplog: pytest.LogCaptureFixture
) -> None:
    edit(live, zahl="Number")
    assert live.facts.columns[1].info["label"] == "Number"
    assert len([record for record in caplog.records if "without a copy" in record.message]) == 1


def test_the_dictionary_before_a_load_is_kept_when_the_load_has_ended(live: Table, loader: Loader, said: Said) -> None:
    before = comments(live)
    for _ in range(2):
        loader.load(TODAY)
        settle(live.resource_id, said)
    assert kept(live) == [("load", before)]


def test_only_what_is_empty_is_filled_in(live: Table) -> None:
    then = live.facts.dictionary
    edit(live, stadt="City", zahl=" ")
    live.run("COMMENT ON COLUMN {table}.tag IS NULL")
    brought = bring_back(live.resource_id, then)
    assert brought.columns == ("stadt", "zahl", "tag")
    assert [column.info.get("label") for column in live.facts.columns] == ["City", "Zahl", "Tag", ""]
    assert live.facts.columns[0].info["notes"] == "Straße", "the form had emptied it"
    assert comments(live)["tag"] == then.columns[2].comment
    assert '"otherplugin"' in (comments(live)["stadt"] or "")


def test_to_overwrite_brings_back_every_comment_as_it_was_and_keeps_what_is_overwritten(live: Table) -> None:
    before = comments(live)
    then = live.facts.dictionary
    edit(live, stadt="City", ort="Place")
    edited = comments(live)
    brought = bring_back(live.resource_id, then, overwrite=True)
    assert set(brought.columns) == {"stadt", "zahl", "tag", "ort"}
    assert comments(live) == before
    assert kept(live)[0] == ("restore", edited)


def test_a_dry_run_changes_nothing(live: Table, own_settings: Path) -> None:
    then = live.facts.dictionary
    live.run("COMMENT ON COLUMN {table}.tag IS NULL")
    before = live.whole()
    assert bring_back(live.resource_id, then, overwrite=True, dry_run=True).columns == ("tag",)
    assert live.whole() == before
    assert not own_settings.exists()


def test_words_of_a_column_that_the_table_lacks_come_back_with_it(table: Table, loader: Loader, said: Said) -> None:
    loader.load(b"a\n1\n")
    then = Dictionary(columns=(Column(name="ort", type="text", comment=LABEL),))
    brought = bring_back(table.resource_id, then)
    assert (brought.columns, brought.absent) == ((), ("ort",))
    loader.load(b"a,ort\n1,Ulm\n")
    settle(table.resource_id, said)
    assert comments(table)["ort"] == LABEL
    assert dictionary_stash.removed(table.resource_id) == ()


def test_without_a_table_all_words_wait_for_the_next_load(live: Table, loader: Loader, said: Said) -> None:
    then = live.facts.dictionary
    live.act("datastore_delete", resource_id=live.resource_id, force=True)
    assert bring_back(live.resource_id, then).absent == ("stadt", "zahl", "tag")
    loader.load(TODAY)
    assert live.facts.dictionary.columns[0].comment == then.columns[0].comment


def test_while_a_load_goes_on_nothing_is_brought_back(live: Table) -> None:
    then, before = live.facts.dictionary, live.whole()
    live.run("COMMENT ON COLUMN {table}.tag IS NULL")
    with ResourceLock(live.resource_id) as run:
        assert run.acquire()
        with pytest.raises(TableInUse):
            bring_back(live.resource_id, then)
    assert bring_back(live.resource_id, then).columns == ("tag",)
    assert live.whole() == before


def test_what_cannot_be_kept_is_not_overwritten(live: Table, own_settings: Path) -> None:
    then = live.facts.dictionary
    edit(live, stadt="City")
    before = comments(live)
    history.clear(live.resource_id)
    (own_settings / "history").rmdir()
    (own_settings / "history").touch()
    with pytest.raises(StashFailed, match="Not a directory"):
        bring_back(live.resource_id, then, overwrite=True)
    assert comments(live) == before


def test_nobody_else_changes_the_words_meanwhile(live: Table) -> None:
    with live.connection.transaction():
        live.run("COMMENT ON COLUMN {table}.tag IS 'mine'")
        with pytest.raises(TableInUse):
            bring_back(live.resource_id, Dictionary(columns=()))


def test_a_description_fills_or_replaces_and_keeps_what_was_before(live: Table) -> None:
    before = comments(live)
    describe(live.resource_id, {"zahl": {"label": "Number", "notes": "How many"}})
    assert info(live, "zahl") == {"label": "Zahl", "type_override": "numeric", "notes": "How many"}
    filled = comments(live)
    describe(live.resource_id, {"zahl": {"label": "Number"}}, overwrite=True)
    assert info(live, "zahl") == {"label": "Number", "type_override": "numeric", "notes": "How many"}
    assert kept(live)[0] == ("restore", filled)
    assert kept(live)[1] == ("restore", before)


def test_a_description_of_a_column_that_is_gone_changes_nothing(live: Table) -> None:
    before = comments(live)
    with pytest.raises(KeyError):
        describe(live.resource_id, {"zahl": {"label": "Number"}, "gone": {"label": "x"}})
    assert comments(live) == before
