"""Check that the disks have room for loads."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from .. import settings
from ..datastore import kept, selftest
from ..datastore.selftest import Largest, Whereabouts
from .finding import CheckState, Verdict, fail, ok
from .wording import size

_LESS = " With keep_tables = 0 workers remove the tables that are kept for an undo."


def free(folder: Path) -> int:
    """Return the number of bytes that this user may still write to the folder's disk."""
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize


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

    Two copies of it must fit, or one with ``load_strategy = replace``. What tables that are kept for an undo take is
    told.
    """
    with selftest.connected("write") as connection:
        largest, kept_size = selftest.largest(connection), kept.size(connection)
        tables = _data_folder(selftest.whereabouts(connection))
    if largest is None:
        return ok("There is no table yet that could be too large for the disks.")
    # `replace` removes the old table first
    copies = 1 if settings.current().load_strategy == "replace" else 2
    found = judged(largest, list(filter(None, [nearest(settings.current().work_dir), tables])), copies)
    undo = f" Tables that are kept for an undo take {size(kept_size)} of the database's disk." if kept_size else ""
    if found.state is not CheckState.OK:
        return replace(found, sentence=f"{found.sentence}{undo}", advice=f"{found.advice}{_LESS if kept_size else ''}")
    if tables:
        return ok(f"{found.sentence}{undo}")
    return ok(f"{found.sentence}{undo} The database's own disk cannot be seen from here.")


def judged(largest: Largest, folders: list[Path], copies: int) -> Verdict:
    """Return whether the disks of the folders have room for ``copies`` copies of a table in each folder."""
    needed_for = f"{copies} copies of the largest table, {largest.table} with {size(largest.size)}"
    short = [
        f"{' and '.join(map(str, found))} has {size(free(found[0]))} free, of {size(needed)} for {needed_for}"
        for found in _by_disk(folders)
        if free(found[0]) < (needed := copies * largest.size * len(found))
    ]
    if short:
        return fail(f"{'; '.join(short)}.", "Make room there, or see to a larger disk.")
    return ok(f"There is room for {needed_for}.")


def _by_disk(folders: list[Path]) -> list[list[Path]]:
    disks: dict[int, list[Path]] = defaultdict(list)
    for folder in folders:
        disks[folder.stat().st_dev].append(folder)
    return list(disks.values())


def _data_folder(where: Whereabouts, proc: Path = Path("/proc")) -> Path | None:
    """Return the folder in which the database creates new tables, None when it is not on this machine.

    The write role may not read the setting ``data_directory``, but the command line of a local server has it.
    """
    try:
        if not (proc / str(where.pid) / "cmdline").read_text(errors="replace").startswith(where.title):
            return None
        parent = (proc / str(where.pid) / "stat").read_text().rpartition(")")[2].split()[1]
        server = (proc / parent / "cmdline").read_text(errors="replace").split("\0")
        folder = Path(where.tablespace or server[server.index("-D") + 1])
        os.statvfs(folder)
    except (OSError, ValueError, IndexError):
        return None
    return folder
