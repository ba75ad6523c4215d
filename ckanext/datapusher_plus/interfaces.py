"""What other plugins can say about loads; the names and arguments are DataPusher+'s."""

from __future__ import annotations

from typing import Any

from ckan.plugins.interfaces import Interface
from ckan.types import Context


class IDataPusher(Interface):
    """Take part in the loading of files into the datastore."""

    def can_upload(self, resource_id: str) -> bool:
        """Tell whether the resource's file may be loaded.

        Asked when a person or a program submits the resource, and by the worker before it starts a run that an
        upload asked for. The first False ends the request.
        """
        return True

    def after_upload(self, context: Context, resource_dict: dict[str, Any], dataset_dict: dict[str, Any]) -> None:
        """Look at a resource whose table has just been put in place.

        Called in the worker, as the site user, and again if the run was interrupted here: what it does must be
        repeatable. An error becomes a warning of the run; the table stays.
        """
