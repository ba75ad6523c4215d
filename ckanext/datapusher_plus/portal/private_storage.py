"""The plugin's own folders in CKAN's file storage, which no URL of CKAN serves.

They are in the file-keeper storage that CKAN uses for the files of resources, else in ``ckan.storage_path``.
"""

from __future__ import annotations

import copy
import os
from typing import Any

import file_keeper
from ckan.config.declaration.load import config_tree
from ckan.lib import files
from ckan.plugins import toolkit as tk

_ANEW = {"initialize": True, "overwrite_existing": True, "public": False, "max_size": -1, "supported_types": []}


class NoStorage(LookupError):
    """The site has no storage for private files."""


def private_storage(folder: str) -> file_keeper.Storage:
    """Return the storage: the settings of the one for resources' files, with a folder of the plugin.

    :raises NoStorage: when the site has no private storage.
    """
    settings = _of_resources() or _on_disk()
    if settings is None:
        raise NoStorage("The site has no storage for private files; set ckan.storage_path.")
    settings = {**settings, **_ANEW, "path": os.path.join(settings["path"], "datapusher_plus", folder)}
    return file_keeper.make_storage("datapusher_plus", settings)


def _of_resources() -> dict[str, Any] | None:
    known: dict[str, dict[str, Any]] = config_tree(tk.config, prefix=files.STORAGE_PREFIX, depth=-1)
    names = (tk.config[f"ckan.files.default_storages.{kind}"] for kind in ("resource", "default"))
    found = (copy.deepcopy(known[name]) for name in names if name in known)
    return next((settings for settings in found if settings.get("path") and not _is_public(settings)), None)


def _is_public(settings: dict[str, Any]) -> bool:
    """Return whether anybody can read the files of a storage."""
    return tk.asbool(settings.get("public")) or str(settings.get("type")).endswith(":public")


def _on_disk() -> dict[str, Any] | None:
    path = tk.config.get("ckan.storage_path")
    return {"type": "ckan:fs", "path": path} if path else None
