"""Steps look for a resource that was deleted, and its table is removed though whoever does that dies on the way."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from ckanext.datapusher_plus.checkpoint import POINTS
from ckanext.datapusher_plus.core.errors import ResourceGone
from ckanext.datapusher_plus.core.values import Strategy
from ckanext.datapusher_plus.flow.cancelled import was_cancelled
from ckanext.datapusher_plus.recovery import sweep
from ckanext.datapusher_plus.recovery.remove_table import withdraw
from ckanext.datapusher_plus.steps import commit, stage, stash, swap
from tests.fix_file import Said
from tests.fix_tables import Portal, Table
from tests.fix_way_back import FILES, Scene

NEWER = FILES["Köln"]


@pytest.fixture
def leave_out(portal: Portal) -> Callable[[], None]:
    """Delete all resources of the dataset as a client does that leaves them out, which leaves their tables."""
    return lambda: portal.act("package_patch", id=portal.dataset, resources=[])


def things(table: Table) -> list[str]:
    """Return what there is of the table: itself, views and aliases, our own tables, the journal."""
    names = "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'v') AND relname = ANY({names})"
    found = table.run(names, names=[table.resource_id, "nach_ort", "grosse", "staedte", "cities"])
    return [*(name for (name,) in found), *table.ours, *table.phases]


@pytest.mark.parametrize("strategy", Strategy)
def test_no_table_takes_the_place_of_a_deleted_resource_s(
    live: Table, scene: Scene, leave_out: Callable[[], None], strategy: Strategy
) -> None:
    before, plan = live.whole(), scene.plan(NEWER, strategy)
    leave_out()
    # whoever comes to the exchange fails in another way
    scene.orders.give({"swap.locked": "raise"})
    with pytest.raises(ResourceGone):
        scene.loader.write(plan)
    scene.orders.release()
    scene.heal()
    assert live.whole() == before


def test_what_was_exchanged_is_not_made_final_for_a_deleted_resource(
    live: Table, scene: Scene, leave_out: Callable[[], None], said: Said
) -> None:
    before, plan = live.whole(), scene.plan(NEWER, Strategy.SWAP)
    stash.stash(plan, said)
    swapped = swap.swap(stage.stage(plan, said), said)
    leave_out()
    with pytest.raises(ResourceGone):
        commit.commit(swapped, said)
    assert live.phases == ["destructive"]
    scene.heal()
    assert live.whole() == before


WITHDRAWAL = [point for point in POINTS if point.startswith("withdraw.")]
#: Where the load is that dies before: a table beside the live one, an old one put aside, a new one for good.
DEATHS = ["stage.indexed", "swap.after", "commit.after"]


@pytest.mark.usefixtures("worker_site")
@pytest.mark.parametrize("how", ["raise", "sigkill"])
@pytest.mark.parametrize("death", DEATHS)
@pytest.mark.parametrize("point", WITHDRAWAL)
def test_the_sweep_removes_what_a_removal_that_died_has_left(
    live: Table, scene: Scene, leave_out: Callable[[], None], point: str, death: str, how: str
) -> None:
    scene.die("sigkill", death, partial(scene.load, scene.plan(NEWER, Strategy.SWAP)))
    leave_out()
    assert live.resource_id in things(live)
    scene.die(how, point, partial(withdraw, live.resource_id, scene.loader.said))
    sweep.sweep(was_cancelled=was_cancelled)
    assert (things(live), scene.orphans(), sweep.sweep(was_cancelled=was_cancelled)) == ([], [], [])
