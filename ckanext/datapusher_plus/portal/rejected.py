"""The rows of a resource's file that were not loaded, in CKAN's storage, never in a public one.

A resource has two files at most: the rows left out of its table, and those because of which a newer file was refused.

They lie below a folder of our own in the file-keeper storage that CKAN keeps resources' files in, else in
``ckan.storage_path``. No address of CKAN leads there; the plugin's own asks who may edit the resource.
"""

from __future__ import annotations

import copy
import logging
import os
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import file_keeper
from ckan.config.declaration.load import config_tree
from ckan.lib import files
from ckan.plugins import toolkit as tk

from .uploads import as_file

log = logging.getLogger(__name__)

#: folder below those of CKAN
_FOLDER = os.path.join("datapusher_plus", "rejected")
_ANEW = {"initialize": True, "overwrite_existing": True, "public": False, "max_size": -1, "supported_types": []}


class NoStorage(LookupError):
    """The site has no storage for files that are not public."""


def keep_rejected(resource_id: str, run_id: str, path: Path | None, *, besides: Collection[str] = ()) -> None:
    """Keep a run's file of rejected rows and remove those of other runs; None leaves no file of this run.

    :param besides: ids of runs whose files stay too.
    :raises NoStorage, OSError, file_keeper.exc.FilesError: when that cannot be done; other storages raise what they do.
    """
    if path is not None:
        with path.open("rb") as file:
            storage, location = _storage(), _location(resource_id, run_id)
            _make_private(storage, location)
            storage.upload(location, files.make_upload(file, "text/csv"))
    remove_rejected(resource_id, besides={*besides, *({run_id} if path is not None else ())})


def open_rejected(resource_id: str, run_id: str) -> BinaryIO | None:
    """Open the rejected rows of a run for reading; None when this machine sees none.

    :raises file_keeper.exc.FilesError: when the storage cannot be read.
    """
    with suppress(NoStorage, files.exc.MissingFileError, FileNotFoundError):
        return as_file(_storage().stream(files.FileData(_location(resource_id, run_id))))
    return None


def remove_rejected(resource_id: str, *, besides: Collection[str] = ()) -> None:
    """Remove a resource's rejected rows, except those of some runs; what cannot be removed is logged."""
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
    """Make the file, where it is one of this machine, before its content comes: nobody but our user may read it.

    Web processes run as the same user (docs/operate.md), or they could not read Data Dictionaries either.
    """
    # imported late: CKAN loads all kinds of storages when it starts, and this module is loaded without it, too
    from file_keeper.default.adapters.fs import FsStorage

    if not isinstance(storage, FsStorage):
        return
    path = storage.full_path(location)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    # files that earlier versions left in it, too
    os.chmod(os.path.dirname(path), 0o700)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)
    finally:
        os.close(descriptor)


def _location(resource_id: str, run_id: str) -> files.Location:
    return files.Location(f"{resource_id}.{run_id}.csv")


def _storage() -> file_keeper.Storage:
    """Return the storage, which is like that of the resources' files but for its place."""
    settings = _of_resources() or _on_disk()
    if settings is None:
        raise NoStorage
    settings = {**settings, **_ANEW, "path": os.path.join(settings["path"], _FOLDER)}
    return file_keeper.make_storage("datapusher_plus", settings)


def _of_resources() -> dict[str, Any] | None:
    known: dict[str, dict[str, Any]] = config_tree(tk.config, prefix=files.STORAGE_PREFIX, depth=-1)
    names = (tk.config[f"ckan.files.default_storages.{kind}"] for kind in ("resource", "default"))
    found = (copy.deepcopy(known[name]) for name in names if name in known)
    return next((settings for settings in found if settings.get("path") and not _is_public(settings)), None)


def _is_public(settings: dict[str, Any]) -> bool:
    """Tell whether anybody can read what lies in a storage."""
    return tk.asbool(settings.get("public")) or str(settings.get("type")).endswith(":public")


def _on_disk() -> dict[str, Any] | None:
    path = tk.config.get("ckan.storage_path")
    return {"type": "ckan:fs", "path": path} if path else None
