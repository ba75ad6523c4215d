"""Which resources may have a picture: those that everybody may read, since everybody can read their pictures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ckan import authz
from ckan.lib import plugins as lib_plugins
from ckan.plugins import toolkit as tk
from ckan.types import Context

from . import store

#: Functions that decide who may read a resource; a plugin may have replaced one.
_DECIDERS = ("package_show", "resource_show")


def everybody_may_read(resource_id: str) -> bool:
    """Return whether somebody who is not logged in may read a resource; False if it is not there."""
    if _decided_by_ckan():
        return store.is_public(resource_id)
    anybody = Context(user="", ignore_auth=False, auth_user_obj=None)
    try:
        tk.check_access("resource_show", anybody, {"id": resource_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    return True


def visible(package: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return those resources of a dataset, as an action returned it, that everybody may read.

    CKAN's own rules are in the dataset's fields. Only rules of plugins need a question for each resource.
    """
    if package.get("private") or package.get("state", "active") != "active":
        return []
    resources = [each for each in package.get("resources") or () if each.get("state", "active") == "active"]
    return resources if _decided_by_ckan() else [each for each in resources if everybody_may_read(each["id"])]


def _decided_by_ckan() -> bool:
    """Return whether CKAN's own rules decide who may read a dataset."""
    if not isinstance(lib_plugins.get_permission_labels(), lib_plugins.DefaultPermissionLabels):
        return False
    functions = (authz._AuthFunctions.get(name) for name in _DECIDERS)
    return all(getattr(each, "__module__", "").startswith("ckan.logic.auth") for each in functions)
