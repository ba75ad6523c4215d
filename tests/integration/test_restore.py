"""Wherever a run dies, the next one to hold the lock finds the old table or the new one, whole, with every word."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from ckanext.datapusher_plus import checkpoint, dictionary_stash
from ckanext.datapusher_plus.core.values import Strategy
from ckanext.datapusher_plus.recovery.restore import Restored, restore
from ckanext.datapusher_plus.recovery.settle import settle
from tests.faults.startup.datapusher_plus_faults import Faults, OrderedFault
from tests.fix_file import Said
from tests.fix_health import Having
from tests.fix_tables import TODAY, Table, Whole
from tests.loads import Loader, end_of, forked, in_child
from tests.orders import Orders

# every point is tried in test_faults_in_a_load
HALF_WAY = [(Strategy.SWAP, "swap.after"), (Strategy.REPLACE, "replace.deleted")]

Die = Callable[..., None]
Heal = Callable[[], Restored | None]


@pytest.fixture
def die(loader: Loader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Die:
    """Load a file until an ordered fault: an exception, or the end of the process."""
    faults = tmp_path / "faults.json"
    monkeypatch.setattr(checkpoint, "hook", Faults(faults))

    def load(strategy: Strategy, point: str, how: str = "raise", content: bytes = TODAY) -> None:
        made = loader.plan(content, strategy)
        faults.write_text(json.dumps({point: how}))
        if how == "raise":
            with pytest.raises(OrderedFault):
                loader.write(made)
        else:
            assert in_child(lambda: loader.write(made)) == -signal.SIGKILL
        faults.unlink()

    return load


@pytest.fixture
def heal(table: Table, said: Said) -> Heal:
    """Restore, as the next one does who holds the lock."""
    return lambda: restore(table.resource_id, said)


def is_as_before(live: Table, before: Whole) -> bool:
    after = live.whole()
    return (after.facts, after.rows, after.total, after.found) == (
        before.facts,
        before.rows,
        before.total,
        before.found,
    )


@pytest.mark.parametrize("point", ["swap.before", "swap.after"])
def test_swap_leaves_the_old_table_whole(live: Table, die: Die, heal: Heal, point: str) -> None:
    before = live.whole()
    die(Strategy.SWAP, point, "sigkill")
    # a reader has CKAN count the rows of the table that is there now
    live.search()
    undone = heal()
    assert (undone is not None) is (point == "swap.after")
    assert is_as_before(live, before)
    assert (live.ours, live.phases) == ([], ["rolled_back"])
    assert dictionary_stash.load(live.resource_id) is not None


@pytest.mark.parametrize("point", ["index.built", "fill.pieced"])
def test_a_large_file_whose_index_is_built_meanwhile_leaves_nothing_half_done(
    table: Table, die: Die, heal: Heal, having: Having, point: str
) -> None:
    # only a GiST index is built while rows still come
    having(full_text_index="gist")
    row = "Köln,{},2026-05-06," + 60 * "Rhein " + "\n"
    content = "stadt,zahl,tag,ort\n" + "".join(row.format(number) for number in range(12_000))
    die(Strategy.SWAP, point, "sigkill", content.encode())
    # the name of the table for the last rows ends so
    assert any(name.endswith("r") for name in table.ours) == (point == "index.built")
    heal()
    assert (table.facts, table.ours) == (None, [])


def test_replace_loses_the_rows_and_nothing_else_when_it_cannot_fill(live: Table, die: Die, heal: Heal) -> None:
    before = live.facts
    die(Strategy.REPLACE, "replace.deleted")
    undone = heal()
    assert undone is not None
    assert undone.table
    # zahl and tag say in the dictionary which types they are to have
    assert live.facts == before
    assert live.whole().rows == []
    assert live.act("resource_show", id=live.resource_id)["datastore_active"] is True


@pytest.mark.parametrize(("strategy", "point"), HALF_WAY)
def test_the_run_after_a_dead_one_loads_as_if_nothing_had_been(
    live: Table, die: Die, loader: Loader, strategy: Strategy, point: str
) -> None:
    before = live.facts
    die(strategy, point, "sigkill")
    restore(live.resource_id, loader.said)
    loader.load(TODAY, strategy)
    settle(live.resource_id, loader.said)
    assert live.facts == before
    assert live.whole("Rhein").found == [1]
    assert dictionary_stash.load(live.resource_id) is None


def test_restoring_twice_changes_nothing_more(live: Table, die: Die, heal: Heal) -> None:
    before = live.whole()
    die(Strategy.SWAP, "swap.after")
    heal()
    assert heal() is None
    assert is_as_before(live, before)


@pytest.mark.parametrize(("strategy", "point"), HALF_WAY)
def test_an_edit_made_after_a_run_died_outlives_the_way_back(
    live: Table, die: Die, heal: Heal, strategy: Strategy, point: str
) -> None:
    die(strategy, point)
    live.run("COMMENT ON COLUMN {table}.ort IS {text}", text=' {"_info":{"label":"later"}}')
    heal()
    assert live.facts.columns[3].info == {"label": "later"}
    assert live.facts.columns[1].info == {"label": "Zahl", "type_override": "numeric"}


@pytest.mark.parametrize(("strategy", "point"), HALF_WAY)
def test_a_table_that_an_api_client_made_meanwhile_wins(
    live: Table, die: Die, heal: Heal, strategy: Strategy, point: str
) -> None:
    die(strategy, point)
    live.act("datastore_delete", resource_id=live.resource_id, force=True)
    fields = [{"id": "stadt", "type": "text", "info": {"label": "mine"}}, {"id": "zahl", "type": "text"}]
    live.act("datastore_create", resource_id=live.resource_id, force=True, fields=fields, records=[{"stadt": "Ulm"}])
    heal()
    assert live.run("SELECT stadt FROM {table}") == [("Ulm",)]
    assert [column.info.get("label") for column in live.facts.columns] == ["mine", "Zahl"]
    assert live.ours == []


@pytest.mark.parametrize(("strategy", "point"), HALF_WAY)
def test_a_first_load_that_died_leaves_no_table(
    table: Table, die: Die, heal: Heal, strategy: Strategy, point: str
) -> None:
    die(strategy, point)
    undone = heal()
    assert undone is not None
    assert not undone.table
    assert (table.facts, table.ours) == (None, [])


def test_ckan_shows_no_table_that_a_client_removes_while_the_old_one_is_put_back(
    live: Table, die: Die, heal: Heal, tmp_path: Path
) -> None:
    die(Strategy.SWAP, "swap.after")
    orders = Orders(tmp_path / "faults.json")
    orders.give({"restore.undone": "hold"})
    # a process that has seen nothing of the resource yet, as a worker's
    healing = forked(heal)
    orders.held()
    live.act("datastore_delete", resource_id=live.resource_id, force=True)
    orders.release()
    assert end_of(healing) == 0
    assert live.facts is None
    assert live.act("resource_show", id=live.resource_id)["datastore_active"] is False


def test_a_parked_table_without_a_journal_comes_back_when_there_is_no_other(live: Table, die: Die, heal: Heal) -> None:
    before = live.whole()
    die(Strategy.SWAP, "swap.after")
    live.run("DELETE FROM _datapusher_plus_journal; DROP TABLE {table} CASCADE")
    assert heal() is not None
    assert is_as_before(live, before)


def test_a_full_new_table_is_not_given_up_when_the_old_one_is_gone(live: Table, die: Die, heal: Heal) -> None:
    die(Strategy.SWAP, "swap.after")
    live.run(f'DROP TABLE "{live.ours[0]}"')
    assert heal() is not None
    assert live.whole("Rhein").found == [1]
    assert live.phases == ["committed"]


def test_two_live_tables_and_no_journal_are_left_to_a_person(live: Table, die: Die, heal: Heal, said: Said) -> None:
    die(Strategy.SWAP, "swap.after")
    live.run("DELETE FROM _datapusher_plus_journal")
    assert heal() is None
    assert "look at it" in said.lines[-1]
    assert len(live.ours) == 1


def test_a_parked_table_that_the_journal_has_no_record_of_stays_for_a_person(live: Table, die: Die, heal: Heal) -> None:
    die(Strategy.SWAP, "swap.after")
    live.run("UPDATE _datapusher_plus_journal SET was = NULL")
    tables = live.ours
    with pytest.raises(ValueError, match="no record of the old table"):
        heal()
    assert (live.ours, live.phases) == (tables, ["destructive"])
    assert live.whole("Rhein").found == [1]
