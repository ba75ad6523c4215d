"""Authorization: users who may edit a resource may submit, see and report its loads, and restore Data Dictionaries."""

from __future__ import annotations

from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict
from ckanext.datastore.logic.auth import datastore_auth

__all__ = [
    "datapusher_hook",
    "datapusher_plus_dictionary_carry",
    "datapusher_plus_dictionary_history",
    "datapusher_plus_dictionary_restore",
    "datapusher_plus_statistics",
    "datapusher_status",
    "datapusher_submit",
]


def datapusher_submit(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_status(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_hook(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_dictionary_carry(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_dictionary_history(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_dictionary_restore(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


@tk.auth_allow_anonymous_access
def datapusher_plus_statistics(context: Context, data_dict: DataDict) -> AuthResult:
    """Statistics are for everybody who may read the table."""
    return datastore_auth(context, data_dict, "resource_show")
