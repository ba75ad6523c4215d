"""A file that goes on where the last one ended: its rows are added, and the table is what it would have been anew."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from ckanext.datapusher_plus.core import append as core_append
from ckanext.datapusher_plus.core.errors import TableTouched
from ckanext.datapusher_plus.core.values import FullText, LoadPlan, ReadOptions
from ckanext.datapusher_plus.steps import append, commit, stash
from tests.fix_tables import Table
from tests.fix_way_back import Scene
from tests.loads import Loader, end_of, forked

HEAD = "Nummer,tag,wert,text\n"


def lines(first: int, end: int, newline: str = "\n") -> str:
    """Return some rows; each is long, so that few of them make a large file."""
    return "".join(
        f'{n},2026-11-{1 + n % 28:02},{n % 7 or "NA"},"{"viele Wörter " * 300}{n}, ""Zeile"""{newline}'
        for n in range(first, end)
    )


BEGINNING = (HEAD + lines(0, 1200)).encode()
MORE = lines(1200, 1300).encode()


@pytest.fixture
def begun(table: Table, loader: Loader) -> Table:
    """A table that holds the beginning of a file."""
    assert len(BEGINNING) > core_append.SMALL
    loader.load(BEGINNING)
    table.run("COMMENT ON COLUMN {table}.wert IS {words}", words=' {"_info":{"label":"Wert"}}')
    table.run("CREATE INDEX ON {table} (tag)")
    table.run("CREATE VIEW ansicht AS SELECT tag, wert FROM {table}")
    return table


def identity(table: Table) -> object:
    return table.run("SELECT oid, relfilenode FROM pg_class WHERE relname = {name}")


def test_a_table_that_was_added_to_is_the_one_that_would_have_been_made_anew(begun: Table, loader: Loader) -> None:
    before = identity(begun)
    plan = loader.plan(BEGINNING + MORE)
    assert plan.append_range
    assert loader.write(plan).rows == 1300
    assert identity(begun) == before
    added = begun.whole("1234")
    loader.write(loader.plan(BEGINNING + MORE, ignore_hash=True))
    assert identity(begun) != before
    anew = begun.whole("1234")
    assert (added.rows, added.total, added.found, added.cached) == (anew.rows, anew.total, anew.found, anew.cached)
    assert added.facts == anew.facts
    assert (added.total, added.found, begun.ours) == (1300, [1235], [])


@pytest.mark.parametrize("choice", FullText)
def test_what_is_searched_of_added_rows_is_what_was_asked_for(choice: FullText, table: Table, loader: Loader) -> None:
    asked, without_text = ReadOptions(full_text=choice), BEGINNING + MORE + b"1300,2026-11-01,1,\n"
    loader.write(loader.plan(BEGINNING, options=asked))
    plan = loader.plan(without_text, options=asked)
    assert plan.append_range
    loader.write(plan)
    added = table.whole("1234")
    loader.write(loader.plan(without_text, options=asked, ignore_hash=True))
    anew = table.whole("1234")
    assert (added.rows, added.found, added.facts) == (anew.rows, anew.found, anew.facts)
    enabled = "SELECT tgenabled::text FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid WHERE relname = {name}"
    assert table.run(enabled) == [("O",)]


def test_it_can_be_added_to_again_and_again(begun: Table, loader: Loader) -> None:
    for end in (1210, 1211, 1300):
        plan = loader.plan(BEGINNING + lines(1200, end).encode())
        assert plan.append_range
        loader.write(plan)
    assert begun.run('SELECT count(*), max(_id), max("Nummer") FROM {table}') == [(1300, 1300, 1299)]
    begun.act("datastore_upsert", resource_id=begun.resource_id, force=True, method="insert", records=[{"wert": 1}])
    assert begun.run("SELECT max(_id) FROM {table}") == [(1301,)]


SAME = BEGINNING + MORE
ELSEWHERE: dict[str, tuple[bytes, str]] = {
    "another beginning": (SAME.replace(b"viele", b"VIELE", 1), ""),
    "another heading": (SAME.replace(b",text\n", b",Text\n", 1), ""),
    "fewer rows": ((HEAD + lines(0, 1100)).encode(), ""),
    "another type": (BEGINNING + lines(1200, 1299).encode() + b"1299,2026-11-01,viel,x\n", ""),
    "a new word for no value": (BEGINNING + lines(1200, 1299).encode() + b"1299,2026-11-01,-,x\n", ""),
    "rows that cannot be loaded": (SAME + b"1,2\n", ""),
    "twice as many rows": ((HEAD + lines(0, 2400)).encode(), ""),
    "a changed row": (SAME, "UPDATE {table} SET wert = 5 WHERE _id = 7"),
    "a row more": (SAME, "INSERT INTO {table} (wert) VALUES (1)"),
    "a row less": (SAME, "DELETE FROM {table} WHERE _id = 7"),
    "a row for another": (SAME, "DELETE FROM {table} WHERE _id = 7; INSERT INTO {table} (_id, wert) VALUES (7, 1)"),
    "no row": (SAME, "TRUNCATE {table}"),
    "a unique key": (SAME, 'CREATE UNIQUE INDEX ON {table} ("Nummer")'),
    "a check": (SAME, "ALTER TABLE {table} ADD CHECK (wert < 100)"),
    "a missing index": (SAME, "DROP INDEX {search}"),
    "a column more": (SAME, "ALTER TABLE {table} ADD COLUMN neu text"),
}


@pytest.mark.parametrize("case", ELSEWHERE)
def test_whatever_does_not_go_on_is_loaded_whole(case: str, begun: Table, loader: Loader) -> None:
    content, change = ELSEWHERE[case]
    if "{search}" in change:
        search = next(index.name for index in begun.facts.indexes if index.finds_rows)
        change = change.replace("{search}", f'"{search}"')
    if change:
        begun.run(change)
    plan = loader.plan(content)
    assert plan.append_range is None
    loader.write(plan)
    assert begun.whole().total == plan.rows


DOUBLING = "BEGIN NEW.wert := 2 * NEW.wert; RETURN NEW; END"


def test_rows_that_a_trigger_had_a_hand_in_are_made_anew_without_it(begun: Table, loader: Loader) -> None:
    begun.run("CREATE FUNCTION doppelt() RETURNS trigger LANGUAGE plpgsql AS {body}", body=DOUBLING)
    begun.run("CREATE TRIGGER doppelt BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION doppelt()")
    loader.write(loader.plan(BEGINNING, ignore_hash=True))
    assert begun.run('SELECT wert FROM {table} WHERE "Nummer" = 6') == [(12,)]
    begun.run("DROP TRIGGER doppelt ON {table}; DROP FUNCTION doppelt()")
    loader.load(SAME)
    assert begun.run('SELECT wert FROM {table} WHERE "Nummer" = 6') == [(6,)]


def test_a_line_that_was_not_ended_may_go_on_itself(table: Table, loader: Loader) -> None:
    loader.load(BEGINNING.rstrip(b'"\n') + b'"')
    assert loader.plan(SAME).append_range is None


def test_line_ends_of_dos_go_on_too(table: Table, loader: Loader) -> None:
    head = HEAD.replace("\n", "\r\n")
    loader.load((head + lines(0, 1200, "\r\n")).encode())
    plan = loader.plan((head + lines(0, 1300, "\r\n")).encode())
    assert plan.append_range
    loader.write(plan)
    assert table.run("SELECT count(*), max(_id) FROM {table}") == [(1300, 1300)]


def prepared(loader: Loader) -> tuple[LoadPlan, Callable[[], object]]:
    """Return a plan to add rows that are ready beside the table, and what adds them."""
    plan = loader.plan(SAME)
    stash.stash(plan, loader.said)
    return plan, partial(commit.commit, append.append(plan, loader.said), loader.said)


@pytest.mark.parametrize("change", ["UPDATE {table} SET wert = 5 WHERE _id = 7", "DROP TABLE {table} CASCADE"])
def test_a_table_that_is_changed_at_the_last_moment_is_left_as_it_is(change: str, begun: Table, scene: Scene) -> None:
    plan, add = prepared(scene.loader)
    begun.run(change)
    with pytest.raises(TableTouched):
        add()
    scene.heal()
    assert scene.orphans() == []
    again = scene.loader.plan(SAME)
    assert again.append_range is None
    scene.load(again)
    assert begun.whole().total == plan.rows


def test_readers_see_no_row_before_all_are_there(begun: Table, scene: Scene) -> None:
    _, add = prepared(scene.loader)
    scene.orders.give({"append.added": "hold"})
    adding = forked(add)
    scene.orders.held()
    assert begun.search()["total"] == len(begun.run("SELECT _id FROM {table}")) == 1200
    scene.orders.release()
    assert end_of(adding) == 0
    assert begun.search()["total"] == len(begun.run("SELECT _id FROM {table}")) == 1300


#: Points that such a load comes to.
POINTS = ("stash.before", "stash.saved", "copy.created", "copy.block", "copy.sent", "stage.copied", "fill.piece")
POINTS += ("fill.pieced", "append.prepared", "commit.before", "append.locked", "append.added", "commit.dropped")


@pytest.mark.parametrize("how", ["raise", "sigkill"])
def test_a_load_that_dies_leaves_the_table_as_it_was(begun: Table, scene: Scene, how: str) -> None:
    loader, before, wrong = scene.loader, begun.whole("1234"), {}
    for point in POINTS:
        plan = loader.plan(SAME)
        if plan.append_range is None:
            # the load that died has forgotten what the table holds
            loader.write(loader.plan(BEGINNING, ignore_hash=True))
            plan = loader.plan(SAME)
        assert plan.append_range
        scene.die(how, point, partial(scene.load, plan))
        scene.heal()
        wrong[point] = begun.whole("1234") == before, scene.heal(), scene.orphans()
    assert {point: found for point, found in wrong.items() if found != (True, None, [])} == {}


@pytest.mark.parametrize("how", ["raise", "sigkill"])
def test_a_load_that_dies_after_the_commit_has_added_its_rows(begun: Table, scene: Scene, how: str) -> None:
    scene.die(how, "commit.after", partial(scene.load, scene.loader.plan(SAME)))
    scene.heal()
    assert (begun.whole("1234").total, scene.heal(), scene.orphans()) == (1300, None, [])
