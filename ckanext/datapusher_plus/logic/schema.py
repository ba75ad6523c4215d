"""Schemas of the actions' parameters, and their validation."""

from __future__ import annotations

from typing import Any

from ckan.plugins.toolkit import ValidationError, navl_validate, validator_args
from ckan.types import Context, DataDict, Schema
from ckanext.datastore.logic.schema import rename


def validated(context: Context, data_dict: DataDict, given: Schema) -> dict[str, Any]:
    """Return an action's parameters, converted by its schema.

    :raises ValidationError: when they do not match the schema.
    """
    data, errors = navl_validate(data_dict, given, context)
    if errors:
        raise ValidationError(errors)
    return data


@validator_args
def submit(not_empty: Any, unicode_safe: Any, ignore_missing: Any, boolean_validator: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_submit``."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "id": [ignore_missing],
        # accepted for compatibility with DataPusher, which never used it
        "set_url_type": [ignore_missing, boolean_validator],
        "ignore_hash": [ignore_missing, boolean_validator],
        "dry_run": [ignore_missing, boolean_validator],
        "__junk": [empty],
        "__before": [rename("id", "resource_id")],
    }


@validator_args
def status(not_empty: Any, unicode_safe: Any, ignore_missing: Any) -> Schema:
    """Return the schema of ``datapusher_status``."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "id": [ignore_missing],
        "__before": [rename("id", "resource_id")],
    }


@validator_args
def carry(not_empty: Any, unicode_safe: Any, ignore_missing: Any, boolean_validator: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_dictionary_carry``."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "id": [ignore_missing],
        "old": [not_empty, unicode_safe],
        "new": [not_empty, unicode_safe],
        "dry_run": [ignore_missing, boolean_validator],
        "__junk": [empty],
        "__before": [rename("id", "resource_id")],
    }


@validator_args
def review(not_empty: Any, unicode_safe: Any, ignore_missing: Any, one_of: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_review``."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "id": [ignore_missing],
        "decision": [not_empty, unicode_safe, one_of(["approve", "reject"])],
        "note": [ignore_missing, unicode_safe],
        "__junk": [empty],
        "__before": [rename("id", "resource_id")],
    }


@validator_args
def thumbnail(not_empty: Any, unicode_safe: Any, ignore_missing: Any, boolean_validator: Any, empty: Any) -> Schema:
    """Return the schema of the actions about pictures."""
    return {
        "id": [not_empty, unicode_safe],
        "resource_id": [ignore_missing],
        "label": [ignore_missing, unicode_safe],
        "again": [ignore_missing, boolean_validator],
        "__junk": [empty],
        "__before": [rename("resource_id", "id")],
    }


@validator_args
def restore(not_empty: Any, unicode_safe: Any, ignore_missing: Any, boolean_validator: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_dictionary_restore``."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "id": [ignore_missing],
        "entry": [not_empty, unicode_safe],
        "overwrite": [ignore_missing, boolean_validator],
        "dry_run": [ignore_missing, boolean_validator],
        "__junk": [empty],
        "__before": [rename("id", "resource_id")],
    }
