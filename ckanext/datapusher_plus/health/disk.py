"""Check that the disks have room for loads."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .. import settings
from ..core.kept import COPIES
from ..datastore import kept, selftest
from ..datastore.room import data_folder, free, whereabouts
from ..datastore.selftest import Largest
from .finding import CheckState, Verdict, fail, ok
from .wording import size

_LESS = " A load removes the tables that are kept for an undo when it needs their room; that would not be enough."


def nearest(folder: Path) -> Path:
    """Return the folder, or its nearest parent that exists."""
    whole = folder.absolute()
    # a dangling link counts as existing: no folder can be created in its place
    return next(each for each in (whole, *whole.parents) if os.path.lexists(each))


def file_system(folder: Path) -> str:
    """Return the type of the file system of a resolved folder; empty when /proc/self/mountinfo does not show it."""
    kinds: dict[Path, str] = {}
    mounts = Path("/proc/self/mountinfo")
    for line in mounts.read_text().splitlines() if mounts.exists() else ():
        left, _, right = line.partition(" - ")
        # the last mount on a mount point hides those before it; blanks in names are octal escapes
        kinds[Path(left.split()[4].encode().decode("unicode_escape"))] = right.split()[0]
    return next((kinds[each] for each in (folder, *folder.parents) if each in kinds), "")


def room() -> Verdict:
    """Check that the disks of the work folder and of the database's tables have room for the largest table.

    Two copies of it must fit, or one with ``load_strategy = replace``. Tables that are kept for an undo count as room:
    a load that needs it removes them.
    """
    with selftest.connected("write") as connection:
        largest, kept_size = selftest.largest(connection), kept.size(connection)
        tables = data_folder(whereabouts(connection))
    if largest is None:
        return ok("There is no table yet that could be too large for the disks.")
    # `replace` removes the old table first
    strategy = settings.current().load_strategy
    folders = list(filter(None, [nearest(settings.current().work_dir), tables]))
    found = judged(largest, folders, 1 if strategy == "replace" else COPIES, _to_be_had(tables, kept_size, strategy))
    undo = f" Tables that are kept for an undo take {size(kept_size)} of the database's disk." if kept_size else ""
    if found.state is not CheckState.OK:
        return replace(found, sentence=f"{found.sentence}{undo}", advice=f"{found.advice}{_LESS if kept_size else ''}")
    if tables:
        return ok(f"{found.sentence}{undo}")
    return ok(f"{found.sentence}{undo} The database's own disk cannot be seen from here.")


def _to_be_had(tables: Path | None, kept_size: int, strategy: str) -> dict[Path, int]:
    """Return the bytes by folder that loads can make free; only loads that build a second table do that."""
    return {tables: kept_size} if tables and strategy == "swap" else {}


def judged(largest: Largest, folders: list[Path], copies: int, to_be_had: Mapping[Path, int]) -> Verdict:
    """Return whether the disks of the folders have room for ``copies`` copies of a table in each folder.

    :param to_be_had: bytes of a folder that a load can make free.
    """
    needed_for = f"{copies} copies of the largest table, {largest.table} with {size(largest.size)}"
    short = [
        f"{' and '.join(map(str, found))} has {size(free(found[0]))} free, of {size(needed)} for {needed_for}"
        for found in _by_disk(folders)
        if free(found[0]) + sum(to_be_had.get(each, 0) for each in found)
        < (needed := copies * largest.size * len(found))
    ]
    if short:
        return fail(f"{'; '.join(short)}.", "Make room there, or see to a larger disk.")
    return ok(f"There is room for {needed_for}.")


def _by_disk(folders: list[Path]) -> list[list[Path]]:
    disks: dict[int, list[Path]] = defaultdict(list)
    for folder in folders:
        disks[folder.stat().st_dev].append(folder)
    return list(disks.values())
