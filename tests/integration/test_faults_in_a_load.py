"""At every checkpoint of the write side a load dies; the way back leaves the old table or the new one, and no rest."""

from __future__ import annotations

from functools import partial
from itertools import cycle

import pytest

from ckanext.datapusher_plus import dictionary_stash
from ckanext.datapusher_plus.checkpoint import POINTS
from ckanext.datapusher_plus.core.values import Strategy
from ckanext.datapusher_plus.recovery.restore import restore
from tests.fix_tables import Table
from tests.fix_way_back import FILES, NARROW, Scene, differences, expected

WRITE_SIDE = POINTS[POINTS.index("stash.before") : POINTS.index("finish.before")]
#: Reached by the flow, not by the steps.
OF_THE_FLOW = {"lock.checked", "transaction.end"} | {point for point in POINTS if point.startswith("publish")}
#: Reached only where there are words to keep.
WITH_WORDS = {"stash.written", "stash.synced", "stash.replaced", "settle.checked", "stash.clearing", "stash.cleared"}
#: Reached only when a table is filled beside the live one.
BESIDE = {"stage.stripped", "fill.piece", "fill.pieced", "stage.cast", "stage.filled", "index.before", "index.built"}
BESIDE |= {"stage.indexed", "swap.before", "swap.after"}
#: Reached only when rows are added to a live table; see ``test_append``.
IN_APPEND = {point for point in POINTS if point.startswith("append.")}
#: Reached only by an undo; see ``test_undo``.
IN_UNDO = {point for point in POINTS if point.startswith("undo.")}
#: Where under ``replace`` the old rows are gone and the new ones not safe.
EMPTY = {"replace.deleted", "replace.cast", "stage.counted", "replace.indexed", "replace.filled"}


def points(strategy: Strategy, *, words: bool) -> list[str]:
    """Return the checkpoints that a load comes to."""
    absent = OF_THE_FLOW | IN_APPEND | IN_UNDO | (set() if words else WITH_WORDS)
    if strategy is Strategy.SWAP:
        return [point for point in WRITE_SIDE if point not in absent and not point.startswith("replace.")]
    return [point for point in WRITE_SIDE if point not in absent | BESIDE]


def left_by(strategy: Strategy, point: str) -> str:
    """Return which rows there are when a load has died at a point and all is put right."""
    if strategy is Strategy.REPLACE and point in EMPTY:
        return "none"
    safe = "commit.after" if strategy is Strategy.SWAP else "commit.before"
    return "new" if POINTS.index(point) >= POINTS.index(safe) else "old"


@pytest.mark.parametrize("how", ["raise", "sigkill"])
@pytest.mark.parametrize("strategy", Strategy)
def test_a_reload_that_dies_leaves_a_whole_table_with_all_its_words(
    live: Table, scene: Scene, strategy: Strategy, how: str
) -> None:
    wrong = {}
    for point, (word, content) in zip(points(strategy, words=True), cycle(FILES.items()), strict=False):
        before = scene.whole(word)
        assert before is not None
        scene.die(how, point, partial(scene.load, scene.plan(content, strategy)))
        scene.heal()
        wanted = expected(before, left_by(strategy, point))
        wrong[point] = differences(scene.whole(word), wanted), scene.heal(), scene.orphans()
    assert {point: found for point, found in wrong.items() if found != ({}, None, [])} == {}


@pytest.mark.parametrize("how", ["raise", "sigkill"])
@pytest.mark.parametrize("strategy", Strategy)
def test_a_first_load_that_dies_leaves_no_table_or_a_whole_one(
    table: Table, scene: Scene, strategy: Strategy, how: str
) -> None:
    word, content = next(iter(FILES.items()))
    scene.load(scene.plan(content, strategy))
    good = scene.whole(word)
    wrong = {}
    for point in points(strategy, words=False):
        if table.facts:
            table.act("datastore_delete", resource_id=table.resource_id, force=True)
        scene.die(how, point, partial(scene.load, scene.plan(content, strategy)))
        scene.heal()
        wanted = good if left_by(strategy, point) == "new" else None
        wrong[point] = scene.whole(word) == wanted, scene.heal(), scene.orphans()
    assert {point: found for point, found in wrong.items() if found != (True, None, [])} == {}


ON_THE_WAY_BACK = [point for point in POINTS if point.startswith("restore.")]
#: How a load ends in the middle, what is left then, and what its undoing does not come to.
HALF_WAY = [
    (Strategy.SWAP, "stage.indexed", "old", {"restore.dropped", "restore.undone"}),
    (Strategy.SWAP, "swap.after", "old", set()),
    (Strategy.REPLACE, "replace.deleted", "none", set()),
    (Strategy.REPLACE, "commit.before", "new", {"restore.dropped"}),
]


@pytest.mark.parametrize(("strategy", "point", "end", "absent"), HALF_WAY)
def test_a_way_back_that_dies_twice_is_gone_again(
    live: Table, scene: Scene, strategy: Strategy, point: str, end: str, absent: set[str]
) -> None:
    wrong = {}
    backs = [back for back in ON_THE_WAY_BACK if back not in absent]
    for back, (word, content) in zip(backs, cycle(FILES.items()), strict=False):
        before = scene.whole(word)
        assert before is not None
        scene.die("sigkill", point, partial(scene.load, scene.plan(content, strategy)))
        scene.die("sigkill", back, scene.heal)
        if back != "restore.undone":
            scene.die("raise", back, scene.heal)
        scene.heal()
        wrong[back] = differences(scene.whole(word), expected(before, end)), scene.heal(), scene.orphans()
    assert {back: found for back, found in wrong.items() if found != ({}, None, [])} == {}


@pytest.mark.parametrize("how", ["raise", "sigkill"])
def test_a_way_back_from_a_first_load_that_dies_is_gone_again(table: Table, scene: Scene, how: str) -> None:
    for back in ON_THE_WAY_BACK:
        scene.die("sigkill", "swap.after", partial(scene.load, scene.plan(FILES["Köln"], Strategy.SWAP)))
        scene.die(how, back, scene.heal)
        scene.heal()
        assert (back, table.facts, scene.heal(), scene.orphans()) == (back, None, None, [])


#: Where the words of a column that the new file does not have might be lost.
WITH_A_COLUMN_LESS = {
    Strategy.SWAP: [
        "stash.replaced",
        "swap.after",
        "commit.dropped",
        "commit.after",
        "settle.checked",
        "stash.clearing",
    ],
    Strategy.REPLACE: ["stash.replaced", "replace.deleted", "replace.filled", "commit.after", "stash.clearing"],
}


@pytest.mark.parametrize("strategy", Strategy)
def test_words_about_a_column_that_leaves_outlive_the_death_of_its_load(
    live: Table, scene: Scene, strategy: Strategy
) -> None:
    words, columns = scene.words(), live.facts.columns
    for point in WITH_A_COLUMN_LESS[strategy]:
        scene.die("sigkill", point, partial(scene.load, scene.plan(NARROW, strategy)))
        scene.heal()
        assert (point, words) == (point, scene.words())
        assert (point, len(live.facts.columns)) == (point, 3 if left_by(strategy, point) == "new" else 4)
        assert (point, scene.orphans(), words) == (point, [], scene.words())
        scene.load(scene.loader.plan(FILES["Köln"], strategy))
        assert (point, live.facts.columns) == (point, columns)


@pytest.mark.parametrize("back", ["restore.dropped", "restore.undone"])
def test_a_table_that_is_made_again_from_the_stash_is_shown_though_that_dies(
    live: Table, scene: Scene, back: str
) -> None:
    before = live.facts
    dictionary_stash.save(live.resource_id, before.dictionary)
    live.act("datastore_delete", resource_id=live.resource_id, force=True)
    scene.die("sigkill", back, partial(restore, live.resource_id, scene.loader.said))
    restore(live.resource_id, scene.loader.said)
    assert live.facts.dictionary == before.dictionary
    assert live.act("resource_show", id=live.resource_id)["datastore_active"] is True
    assert scene.orphans() == []


def test_a_stash_folder_that_cannot_be_read_keeps_nobody_from_going_back(table: Table, scene: Scene) -> None:
    scene.die("sigkill", "swap.after", partial(scene.load, scene.plan(FILES["Köln"], Strategy.SWAP)))
    scene.stash_dir.write_text("a file")
    assert restore(table.resource_id, scene.loader.said) is not None
    assert (table.facts, table.ours, scene.open_phases()) == (None, [], [])
