"""The resource of a page, if the user may see the page."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _


def resource_of(
    id: str, resource_id: str, right: str = "resource_update", refusal: str = ""
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return dataset and resource of a page, or abort with 404 or 403.

    :param right: what the user must be allowed to do with the resource.
    :param refusal: the message for users who may not do that.
    """
    try:
        package = tk.get_action("package_show")({}, {"id": id})
        resource = tk.get_action("resource_show")({}, {"id": resource_id})
    except (tk.ObjectNotFound, tk.NotAuthorized):
        tk.abort(404, _("Resource not found"))
    if resource["package_id"] != package["id"]:
        tk.abort(404, _("Resource not found"))
    try:
        tk.check_access(right, {}, {"id": resource_id})
    except tk.NotAuthorized:
        tk.abort(403, refusal or _("Not authorized to see this page"))
    return package, resource
