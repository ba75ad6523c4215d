"""The addresses of the site's own pages, and whether anybody may read them."""

from __future__ import annotations

from ckan import model
from ckan.common import config
from ckan.lib.i18n import get_locales
from ckan.plugins import toolkit as tk
from ckan.types import Context


def own_pages() -> tuple[str, tuple[str, ...]]:
    """Return ``ckan.site_url``, and the paths below which the site's pages are: ``ckan.root_path`` in each language."""
    root = (config.get("ckan.root_path") or "").rstrip("/")
    # without {{LANG}} in `ckan.root_path` the language follows the root path
    template = root if "/{{LANG}}" in root else f"{root}/{{{{LANG}}}}"
    languages = ("", *(f"/{locale}" for locale in get_locales()))
    return config.get("ckan.site_url") or "", tuple(template.replace("/{{LANG}}", each) for each in languages)


def tab_url(resource_id: str) -> str:
    """Return the address of a resource's DataStore tab; empty if the resource has been deleted."""
    resource = model.Session.get(model.Resource, resource_id)
    if resource is None:
        return ""
    return tk.url_for("datapusher.resource_data", id=resource.package_id, resource_id=resource_id, _external=True)


def anybody_may_read(resource_id: str) -> bool:
    """Return whether somebody who is not logged in may read a resource; False if it has been deleted."""
    try:
        tk.check_access("resource_show", Context(user="", ignore_auth=False, auth_user_obj=None), {"id": resource_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return False
    finally:
        # the load must not see the resource as this session has read it, nor keep its transaction open
        model.Session.remove()
    return True
