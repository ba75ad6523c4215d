"""The interface for other plugins that take part in loads; names and arguments are those of DataPusher+."""

from __future__ import annotations

from typing import Any

from ckan.plugins.interfaces import Interface
from ckan.types import Context


class IDataPusher(Interface):
    """Take part in the loading of files into the datastore."""

    def can_upload(self, resource_id: str) -> bool:
        """Return whether the resource's file may be loaded.

        Called when a person or a program submits the resource, and by the worker before it starts a run that an
        upload requested. The first plugin that returns False ends the request.
        """
        return True

    def after_upload(self, context: Context, resource_dict: dict[str, Any], dataset_dict: dict[str, Any]) -> None:
        """React to a resource whose table has just been put in place.

        Called in the worker, as the site user. Called again if the run was interrupted here, so it must be safe to
        repeat. An error becomes a warning of the run; the table stays.
        """
