"""Checks of the folders that loads write into: existing, writable, and durable where that matters."""

from __future__ import annotations

import errno
import os
import secrets
import shlex
import stat
import tempfile
from pathlib import Path

from .. import settings
from . import disk
from .finding import Verdict, fail, ok, together, warn
from .wording import account, size, some, user

#: Free bytes below which a disk counts as full, and as nearly full.
FULL, NEARLY_FULL = 256 << 20, 1 << 30

#: Folders whose content a restart or a cleaner removes; they are only compared with, not used.
_TEMPORARY = {"/tmp", "/var/tmp", "/run", "/dev/shm", tempfile.gettempdir()}  # noqa: S108
#: File systems whose content a reboot removes, or, for a container's layer, the removal of the container.
_VOLATILE = {"tmpfs": "lives in memory", "ramfs": "lives in memory", "overlay": "is a container's own layer"}

#: Advice for errors that do not come from the folder's owner or permissions.
_REMEDIES = {
    errno.ENOSPC: "Make room on the disk of {folder}, or set {option} to a folder on a larger disk.",
    errno.EDQUOT: "Raise the quota of this user on the disk of {folder}, or make room there.",
    errno.EROFS: "Mount the disk of {folder} for writing (the system's log says why not), or set {option} to another.",
    errno.ESTALE: "Mount {folder} anew: its server no longer knows it.",
    errno.EIO: "See the system's log: the disk of {folder} reports errors.",
}


def stash() -> Verdict:
    """Check that Data Dictionaries can be written to the stash folder, and survive a restart there."""
    folder = settings.current().dictionary_stash_dir
    if barred := refused(folder, "dictionary_stash_dir", synced=True):
        return barred
    troubles = [*_exposed(folder), *_volatile(folder), *_unreadable(folder)]
    made = "" if folder.is_dir() else ", once the first load makes it"
    return together(troubles, f"User {user()} can keep Data Dictionaries in {folder}{made}.")


def work_dir() -> Verdict:
    """Check that the work folder is writable, and that its disk has free space."""
    folder = settings.current().work_dir
    if barred := refused(folder, "work_dir", synced=False):
        return barred
    free = disk.free(disk.nearest(folder))
    sentence = f"User {user()} can work on files in {folder}; {size(free)} are free."
    advice = "Make room, or set work_dir to a larger disk."
    if free < FULL:
        return fail(f"The disk of {folder} is full: {size(free)} are free.", advice)
    return warn(sentence, advice) if free < NEARLY_FULL else ok(sentence)


def refused(folder: Path, option: str, *, synced: bool) -> Verdict | None:
    """Return why this user cannot write into a folder or create it, None when it can.

    :param option: the setting that names the folder.
    :param synced: whether files and folder must support ``fsync``.
    """
    if not folder.is_absolute():
        return fail(
            f"{option} is {folder}, which each process looks for in the folder that it was started in.",
            f"Set {option} to a whole path, which begins with /.",
        )
    command = f"install -d -o {account()} -m 700 {shlex.quote(str(folder))}"
    advice = f"Run as root: {command} (or correct its mount, or set {option} to another folder)."
    there = disk.nearest(folder)
    if not there.is_dir():
        return fail(f"{there} is no folder, so {option} cannot be there.", advice)
    if there != folder.absolute():
        # the first load creates the folder; a check must not
        if os.access(there, os.W_OK | os.X_OK):
            return None
        return fail(f"The folder {folder} is missing, and user {user()} cannot make it in {there}.", advice)
    try:
        _probe(folder, synced=synced)
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0)
        advice = remedy.format(folder=folder, option=option) if remedy else advice
        return fail(f"User {user()} cannot write into {folder}: {error.strerror}.", advice)
    return None


def _probe(folder: Path, *, synced: bool) -> None:
    """Write, sync and rename a file, the way a stash is written."""
    first, second = (folder / f".check-{secrets.token_hex(8)}.tmp" for _ in range(2))
    try:
        descriptor = os.open(first, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, b"probe")
            if synced:
                os.fsync(descriptor)
        finally:
            os.close(descriptor)
        first.replace(second)
        if synced:
            _sync(folder)
    finally:
        for path in (first, second):
            path.unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _exposed(folder: Path) -> list[Verdict]:
    """Return a warning if every user may write into the folder: a Data Dictionary holds triggers, which are SQL."""
    if not folder.is_dir() or not stat.S_IMODE(folder.stat().st_mode) & stat.S_IWOTH:
        return []
    return [warn(f"Every user of this machine may write into {folder}.", f"Run: chmod o-w {folder}")]


def _volatile(folder: Path) -> list[Verdict]:
    """Return a trouble if the stash folder does not survive a restart: then it cannot protect Data Dictionaries."""
    there = disk.nearest(folder).resolve()
    kind = _VOLATILE.get(disk.file_system(there), "")
    if not kind and any(there.is_relative_to(Path(each).resolve()) for each in _TEMPORARY):
        kind = "is in a folder for temporary files"
    if not kind:
        return []
    # with `replace` a dictionary can be restored only from the stash, with `swap` also from elsewhere
    judged = fail if settings.current().load_strategy == "replace" else warn
    advice = "Set dictionary_stash_dir to a folder on a durable disk that all workers share, and keep it in the backup."
    return [judged(f"{folder} {kind}, so Data Dictionaries on their way do not survive a restart.", advice)]


def _unreadable(folder: Path) -> list[Verdict]:
    aside = sorted(path.name for path in folder.glob("*.unreadable"))
    if not aside:
        return []
    sentence = f"Files in {folder} that could not be read and were put aside: {some(len(aside), aside[0])}."
    return [warn(sentence, "See what can be saved from them, then remove them.")]
