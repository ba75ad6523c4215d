"""Keep the resource fields with options for reading the file when a client saves the resource without them."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from ckan import model
from ckan.plugins import toolkit as tk
from ckan.types import Action, Context, DataDict

from ..core.read_options import keep

__all__ = ["package_update"]


@tk.chained_action
def package_update(up_func: Action, context: Context, data_dict: DataDict) -> Any:
    """Keep the ``dpp_*`` fields of resources that are saved without them; an empty value removes such a field.

    Every action that changes a resource calls this one: CKAN saves a resource as part of its dataset.
    """
    resources = data_dict.get("resources")
    dataset = model.Package.get(data_dict.get("id") or data_dict.get("name"))
    if dataset is not None and isinstance(resources, list):
        stored = {resource.id: resource.extras for resource in dataset.resources}
        for resource in resources:
            if isinstance(resource, MutableMapping):
                # an address in the results of a search is no field of the resource
                resource.pop("dpp_thumbnails", None)
                keep(resource, stored.get(str(resource.get("id"))))
    return up_func(context, data_dict)
