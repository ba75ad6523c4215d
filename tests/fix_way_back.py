"""Fixtures for loads that die at a checkpoint, and for the state after the recovery."""

from __future__ import annotations

import signal
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.faults.startup.datapusher_plus_faults import Faults, OrderedFault
from tests.fix_tables import Table, Whole
from tests.loads import Loader, in_child
from tests.orders import Orders

#: Two files of the same table, by a word that the other file does not contain.
FILES = {
    "Köln": "stadt,zahl,tag,ort\nKöln,10,2026-05-06,Rhein\nBonn,20.25,2026-05-07,\n,,,Ruhr\nUlm,,,\n".encode(),
    "Trier": b"stadt,zahl,tag,ort\nTrier,2,2026-06-02,Mosel\nMetz,1,2026-06-01,\nToul,3,,\nNancy,4,,\n",
}

#: The first file without the column ``tag``.
NARROW = "stadt,zahl,ort\nKöln,10,Rhein\nBonn,20.25,\n,,Ruhr\nUlm,,\n".encode()


@dataclass(frozen=True)
class Scene:
    """One resource, its loads that die at ordered checkpoints, and what they leave behind."""

    table: Table
    loader: Loader
    orders: Orders
    stash_dir: Path
    #: plans by file and strategy, so that the steps before the load are not repeated
    plans: dict[tuple[bytes, Any], Any] = field(default_factory=dict)

    def plan(self, content: bytes, strategy: Any) -> Any:
        """Return the plan to load a file, for a new run."""
        key = (content, strategy)
        if key not in self.plans:
            self.plans[key] = self.loader.plan(content, strategy)
        return replace(self.plans[key], run_id=str(uuid.uuid4()))

    def load(self, plan: Any) -> None:
        """Run the write side of a load to its end, and settle the resource."""
        from ckanext.datapusher_plus.recovery.settle import settle

        self.loader.write(plan)
        settle(self.table.resource_id, self.loader.said)

    def die(self, how: str, point: str, act: Callable[[], object]) -> None:
        """Call ``act`` and let it fail at a checkpoint.

        :param how: the ordered fault; with ``sigkill`` the call runs in a child process, which is killed.
        """
        self.orders.give({point: how})
        try:
            if how == "sigkill":
                assert in_child(act) == -signal.SIGKILL, f"{point} was not reached"
            else:
                with pytest.raises(OrderedFault):
                    act()
        finally:
            self.orders.release()

    def heal(self) -> Any:
        """Recover the resource, as the next holder of its lock would do."""
        from ckanext.datapusher_plus.recovery.restore import restore

        return restore(self.table.resource_id, self.loader.said, from_stash=False)

    def orphans(self) -> list[str]:
        """Settle the recovered resource, and return the leftovers: tables, open journal entries and files."""
        from ckanext.datapusher_plus.recovery.settle import settle

        settle(self.table.resource_id, self.loader.said)
        files = [path.name for path in self.stash_dir.glob("*") if path.is_file() and "vanished" not in path.name]
        temporary = [path.name for path in self.stash_dir.rglob("*.tmp")]
        return [*self.table.ours, *self.open_phases(), *sorted({*files, *temporary})]

    def open_phases(self) -> list[str]:
        """Return the phases of the journal's open entries."""
        return [phase for phase in self.table.phases if phase in ("stashed", "destructive")]

    def words(self) -> dict[str, str]:
        """Return the comments of the table's columns and of removed columns, by name."""
        from ckanext.datapusher_plus import dictionary_stash

        columns = (*dictionary_stash.removed(self.table.resource_id), *self.table.facts.columns)
        return {column.name: column.comment for column in columns if column.comment is not None}

    def whole(self, word: str) -> Whole | None:
        """Return the whole table, with a search for ``word``; None when there is no table."""
        return self.table.whole(word) if self.table.facts else None


def expected(before: Whole, end: str) -> dict[str, Any]:
    """Return the expected state of a table that was as ``before``.

    :param end: ``old``, ``new`` or ``none``: which rows the table must have.
    """
    rows = {
        "old": {"rows": before.rows, "total": len(before.rows), "found": []},
        "none": {"rows": [], "total": 0, "found": []},
        "new": {"total": 4, "found": [1]},
    }
    return {"facts": before.facts, **rows[end]}


def differences(found: Whole | None, expected: dict[str, Any]) -> dict[str, Any]:
    """Return the attributes that differ from the expected ones, with their actual values."""
    there = {name: getattr(found, name, None) for name in expected}
    return {name: value for name, value in there.items() if value != expected[name]}


@pytest.fixture
def scene(table: Table, loader: Loader, own_settings: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    """A resource without a table, whose loads fail at the checkpoints that a test orders."""
    from ckanext.datapusher_plus import checkpoint

    orders = Orders(tmp_path / "faults.json")
    monkeypatch.setattr(checkpoint, "hook", Faults(orders.file))
    return Scene(table, loader, orders, own_settings)
