"""The stash is there while it is needed and gone when the table carries its words; no word is ever lost."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from ckanext.datapusher_plus import dictionary_stash, settings
from ckanext.datapusher_plus.core.dictionary.model import Column
from ckanext.datapusher_plus.core.errors import StashFailed
from ckanext.datapusher_plus.core.values import Strategy
from ckanext.datapusher_plus.recovery.restore import restore
from ckanext.datapusher_plus.recovery.settle import settle
from ckanext.datapusher_plus.steps.stash import stash
from tests.fix_file import Said
from tests.fix_tables import TODAY, Table
from tests.loads import Loader

WORDS = ' {"_info":{"label":"Wort"}}'


def stash_of(table: Table) -> dictionary_stash.Stash | None:
    return dictionary_stash.load(table.resource_id)


def test_the_stash_holds_the_dictionary_while_a_run_is_at_work(live: Table, loader: Loader, said: Said) -> None:
    plan = loader.plan(TODAY)
    stash(plan, said)
    held = stash_of(live)
    assert held is not None
    assert (held.run_id, held.dictionary) == (plan.run_id, live.facts.dictionary)
    assert live.phases == ["stashed"]


def test_a_good_end_clears_it(live: Table, loader: Loader, said: Said, own_settings: Path) -> None:
    loader.load(TODAY)
    assert stash_of(live) is not None
    settle(live.resource_id, said)
    assert [path.name for path in own_settings.iterdir()] == ["history"]


def test_a_skip_that_finds_no_table_restores_it_first(live: Table, loader: Loader, said: Said) -> None:
    before = live.facts
    stash(loader.plan(TODAY), said)
    live.act("datastore_delete", resource_id=live.resource_id, force=True)
    settle(live.resource_id, said)
    assert live.facts.dictionary == before.dictionary
    assert re.search(r"stash age \d+ s", " ".join(said.lines))
    assert stash_of(live) is None
    assert live.act("resource_show", id=live.resource_id)["datastore_active"] is True


def test_a_table_that_was_removed_after_its_load_was_safe_stays_away(live: Table, loader: Loader, said: Said) -> None:
    loader.load(TODAY)
    words = live.facts.dictionary
    live.act("datastore_delete", resource_id=live.resource_id, force=True)
    settle(live.resource_id, said)
    assert (live.facts, restore(live.resource_id, said)) == (None, None)
    # the next load brings the words back
    assert stash_of(live) is not None
    loader.load(TODAY)
    assert live.facts.dictionary == words


def test_a_table_that_somebody_removed_is_left_alone_unless_asked_for(live: Table, loader: Loader, said: Said) -> None:
    dictionary_stash.save(live.resource_id, live.facts.dictionary)
    live.act("datastore_delete", resource_id=live.resource_id, force=True)
    assert restore(live.resource_id, said, from_stash=False) is None
    assert live.facts is None
    assert restore(live.resource_id, said) is not None
    assert live.facts is not None


def test_a_run_without_a_table_takes_the_words_from_the_stash(live: Table, loader: Loader, said: Said) -> None:
    before = live.facts
    dictionary_stash.save(live.resource_id, before.dictionary)
    live.act("datastore_delete", resource_id=live.resource_id, force=True)
    loader.load(TODAY)
    assert re.search(r"stash age \d+ s", " ".join(said.lines))
    assert live.facts.dictionary == before.dictionary


@pytest.mark.parametrize(
    ("override", "expected"), [("numeric", "numeric"), ("timestamp", "timestamp"), ("bytea", "text"), (None, "text")]
)
def test_restored_columns_have_the_type_that_the_dictionary_asks_for(
    table: Table, loader: Loader, said: Said, override: str | None, expected: str
) -> None:
    comment = f' {{"_info":{{"type_override":"{override}"}}}}' if override else None
    loader.load(b"a\nx\n")
    table.run("ALTER TABLE {table} ADD n numeric; COMMENT ON COLUMN {table}.n IS {comment}", comment=comment)
    stash(loader.plan(b"a,n\n1,\n"), said)
    table.run("DROP TABLE {table}")
    settle(table.resource_id, said)
    assert [(column.name, column.type) for column in table.facts.columns] == [("a", "text"), ("n", expected)]


def test_a_live_table_wins_over_an_older_stash(live: Table, loader: Loader, said: Said) -> None:
    stash(loader.plan(TODAY), said)
    live.run("COMMENT ON COLUMN {table}.zahl IS {text}; COMMENT ON COLUMN {table}.tag IS NULL", text=WORDS)
    settle(live.resource_id, said)
    assert [column.info.get("label") for column in live.facts.columns] == ["Stadt", "Wort", "Tag", None]
    assert stash_of(live) is None


@pytest.mark.parametrize(
    ("loss", "said_so"),
    [
        ("DROP VIEW cities", "the alias cities"),
        ("DROP TRIGGER t000 ON {table}", "the trigger t000"),
        ("ALTER TABLE {table} DROP COLUMN zahl CASCADE; ALTER TABLE {table} ADD zahl numeric", "the unique key"),
    ],
)
def test_a_stash_that_holds_more_than_the_table_is_kept(
    live: Table, loader: Loader, said: Said, loss: str, said_so: str
) -> None:
    stash(loader.plan(TODAY), said)
    live.run(loss)
    settle(live.resource_id, said)
    assert stash_of(live) is not None
    assert said_so in said.lines[-1]


def test_words_of_a_vanished_column_wait_for_it(table: Table, loader: Loader, said: Said) -> None:
    loader.load(b"a,b\n1,2\n")
    table.run("COMMENT ON COLUMN {table}.b IS {text}", text=WORDS)
    for content in (b"a\n1\n", b"a,c\n1,2\n"):
        loader.load(content)
        settle(table.resource_id, said)
    assert dictionary_stash.removed(table.resource_id) == (Column(name="b", type="numeric", comment=WORDS),)
    loader.load(b"b,c\n1,2\n")
    settle(table.resource_id, said)
    assert table.facts.columns[0].comment == WORDS
    assert dictionary_stash.removed(table.resource_id) == ()


def test_the_words_wait_on_when_the_column_came_back_in_a_load_that_failed(
    table: Table, loader: Loader, said: Said
) -> None:
    loader.load(b"a,b\n1,2\n")
    table.run("COMMENT ON COLUMN {table}.b IS {text}", text=WORDS)
    loader.load(b"a\n1\n")
    settle(table.resource_id, said)
    stash(loader.plan(b"a,b\n1,2\n"), said)
    for _ in range(2):
        assert [column.comment for column in dictionary_stash.removed(table.resource_id)] == [WORDS]
        settle(table.resource_id, said)


@pytest.fixture
def no_room(own_settings: Path, tmp_path: Path) -> None:
    """A stash folder that cannot be made."""
    (tmp_path / "file").touch()
    settings.use(replace(settings.current(), dictionary_stash_dir=tmp_path / "file" / "stash"))


@pytest.mark.parametrize(
    ("strategy", "content"),
    [(Strategy.REPLACE, TODAY), (Strategy.SWAP, b"stadt,ort\na,b\n")],
    ids=["replace", "vanish"],
)
def test_a_load_that_would_destroy_words_needs_the_stash(
    live: Table, loader: Loader, no_room: None, strategy: Strategy, content: bytes
) -> None:
    before = live.whole()
    with pytest.raises(StashFailed, match="Not a directory"):
        loader.load(content, strategy)
    assert live.whole() == before


def test_under_swap_a_failing_stash_is_only_a_warning(live: Table, loader: Loader, said: Said, no_room: None) -> None:
    before = live.facts
    loader.load(TODAY)
    assert live.facts == before
    assert any("could not be stashed" in line for line in said.lines)


def test_a_site_may_do_without_the_stash(live: Table, loader: Loader, no_room: None) -> None:
    settings.use(replace(settings.current(), dictionary_stash_required=False))
    before = live.facts
    loader.load(TODAY, Strategy.REPLACE)
    assert live.facts == before
