"""Files of the rows of a resource's file that were not loaded; kept in CKAN's storage, never in a public one.

A resource has at most two files: the rows left out of its table, and the rows because of which a newer file was
refused.

No URL of CKAN serves them; the plugin's own URL requires the right to edit the resource.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import file_keeper
from ckan.lib import files

from .private_storage import NoStorage, private_storage
from .uploads import as_file

log = logging.getLogger(__name__)


def keep_rejected(resource_id: str, run_id: str, path: Path | None, *, besides: Collection[str] = ()) -> None:
    """Store a run's file of rejected rows, and remove those of other runs.

    :param path: the file; None removes this run's file too.
    :param besides: ids of other runs whose files are kept.
    :raises NoStorage, OSError, file_keeper.exc.FilesError: when that fails; storages of plugins may raise other errors.
    """
    if path is not None:
        with path.open("rb") as file:
            storage, location = _storage(), _location(resource_id, run_id)
            _make_private(storage, location)
            storage.upload(location, files.make_upload(file, "text/csv"))
    remove_rejected(resource_id, besides={*besides, *({run_id} if path is not None else ())})


def open_rejected(resource_id: str, run_id: str) -> BinaryIO | None:
    """Open the file of a run's rejected rows for reading.

    :returns: None when the run has no such file, or this machine cannot see it.
    :raises file_keeper.exc.FilesError: when the storage cannot be read.
    """
    with suppress(NoStorage, files.exc.MissingFileError, FileNotFoundError):
        return as_file(_storage().stream(files.FileData(_location(resource_id, run_id))))
    return None


def remove_rejected(resource_id: str, *, besides: Collection[str] = ()) -> None:
    """Remove a resource's files of rejected rows, except those of the runs ``besides``; errors are only logged."""
    try:
        storage = _storage()
        kept = {_location(resource_id, run_id) for run_id in besides}
        for name in list(storage.filtered_scan(prefix=f"{resource_id}.")):
            if name not in kept:
                storage.remove(files.FileData(files.Location(name)))
    except NoStorage:
        return
    except (files.exc.FilesError, OSError):
        log.exception("Old rejected rows of resource %s could not be removed.", resource_id)


def _make_private(storage: file_keeper.Storage, location: files.Location) -> None:
    """Create the file with mode 600 before its content is written, if the storage is a local folder.

    Web processes run as the same user (docs/operate.md), otherwise they could not read Data Dictionaries either.
    """
    # imported late: CKAN loads all storage adapters when it starts, and this module is also imported without CKAN
    from file_keeper.default.adapters.fs import FsStorage

    if not isinstance(storage, FsStorage):
        return
    path = storage.full_path(location)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # also protects files that earlier versions left in the folder
    os.chmod(os.path.dirname(path), 0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _location(resource_id: str, run_id: str) -> files.Location:
    return files.Location(f"{resource_id}.{run_id}.csv")


def _storage() -> file_keeper.Storage:
    return private_storage("rejected")
