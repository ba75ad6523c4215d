"""Authorization: users who may edit a resource may submit, see and report its loads, and restore Data Dictionaries."""

from __future__ import annotations

from ckan import authz, model
from ckan.plugins import toolkit as tk
from ckan.types import AuthResult, Context, DataDict
from ckanext.datastore.logic.auth import datastore_auth

from .. import settings
from ..runs import review

__all__ = [
    "datapusher_hook",
    "datapusher_plus_all_sheets",
    "datapusher_plus_annotation_accept",
    "datapusher_plus_annotation_draft",
    "datapusher_plus_annotation_list",
    "datapusher_plus_annotation_reject",
    "datapusher_plus_annotation_vote",
    "datapusher_plus_cancel",
    "datapusher_plus_dictionary_carry",
    "datapusher_plus_dictionary_history",
    "datapusher_plus_dictionary_restore",
    "datapusher_plus_review",
    "datapusher_plus_run_show",
    "datapusher_plus_runs",
    "datapusher_plus_statistics",
    "datapusher_plus_undo",
    "datapusher_plus_undo_show",
    "datapusher_plus_words_next",
    "datapusher_plus_words_progress",
    "datapusher_plus_words_save",
    "datapusher_plus_words_skip",
    "datapusher_plus_words_wish",
    "datapusher_plus_thumbnail_make",
    "datapusher_plus_thumbnail_show",
    "datapusher_status",
    "datapusher_submit",
]


def datapusher_submit(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_status(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_hook(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_all_sheets(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_cancel(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_run_show(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_runs(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_dictionary_carry(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_dictionary_history(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_dictionary_restore(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_undo(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_undo_show(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


@tk.auth_allow_anonymous_access
def datapusher_plus_statistics(context: Context, data_dict: DataDict) -> AuthResult:
    """Statistics are for everybody who may read the table."""
    return datastore_auth(context, data_dict, "resource_show")


@tk.auth_allow_anonymous_access
def datapusher_plus_thumbnail_show(context: Context, data_dict: DataDict) -> AuthResult:
    """Pictures are for everybody who may read the resource."""
    return authz.is_authorized("resource_show", context, data_dict)


def datapusher_plus_thumbnail_make(context: Context, data_dict: DataDict) -> AuthResult:
    return authz.is_authorized("resource_update", context, data_dict)


def datapusher_plus_review(context: Context, data_dict: DataDict) -> AuthResult:
    """Let those review who may edit the resource.

    With ``pii_reviewers = admins`` only administrators of its organization review personal data.
    """
    may_edit = datastore_auth(context, data_dict, "resource_update")
    if not may_edit.get("success") or settings.current().pii_reviewers == "editors":
        return may_edit
    if review.is_about_changes(data_dict["resource_id"]):
        return may_edit
    # CKAN lets a sysadmin in before it asks here
    resource = model.Resource.get(data_dict["resource_id"])
    organization = resource.package.owner_org if resource and resource.package else None
    if organization and authz.has_user_permission_for_group_or_org(organization, context.get("user"), "admin"):
        return may_edit
    return {"success": False, "msg": tk._("Only administrators of the organization may review its files.")}


def datapusher_plus_words_next(context: Context, data_dict: DataDict) -> AuthResult:
    """Each logged-in user may ask; the answer has only columns that the user may edit."""
    return {"success": True}


def datapusher_plus_words_progress(context: Context, data_dict: DataDict) -> AuthResult:
    """Each logged-in user may ask; the answer has only datasets that the user may edit."""
    return {"success": True}


def datapusher_plus_words_save(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_words_skip(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_words_wish(context: Context, data_dict: DataDict) -> AuthResult:
    """Each logged-in user who may read the table may ask for a description."""
    return datastore_auth(context, data_dict, "resource_show")


def datapusher_plus_annotation_accept(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_annotation_draft(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_annotation_list(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_annotation_reject(context: Context, data_dict: DataDict) -> AuthResult:
    return datastore_auth(context, data_dict, "resource_update")


def datapusher_plus_annotation_vote(context: Context, data_dict: DataDict) -> AuthResult:
    """Each logged-in user who may read the table may vote."""
    return datastore_auth(context, data_dict, "resource_show")
