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
def runs(not_empty: Any, unicode_safe: Any, ignore_missing: Any, natural_number_validator: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_runs``."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "id": [ignore_missing],
        "limit": [ignore_missing, natural_number_validator],
        "offset": [ignore_missing, natural_number_validator],
        "__junk": [empty],
        "__before": [rename("id", "resource_id")],
    }


@validator_args
def run_show(not_empty: Any, unicode_safe: Any) -> Schema:
    """Return the schema of ``datapusher_plus_run_show``."""
    return {**runs(), "job_id": [not_empty, unicode_safe]}


@validator_args
def cancel(not_empty: Any, unicode_safe: Any, ignore_missing: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_cancel``."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "id": [ignore_missing],
        "job_id": [ignore_missing, unicode_safe],
        "__junk": [empty],
        "__before": [rename("id", "resource_id")],
    }


@validator_args
def undo(not_empty: Any, unicode_safe: Any, ignore_missing: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_undo``."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "id": [ignore_missing],
        "run_id": [ignore_missing, unicode_safe],
        "__junk": [empty],
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
        "job_id": [ignore_missing, unicode_safe],
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


@validator_args
def words_next(ignore_missing: Any, unicode_safe: Any, boolean_validator: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_words_next``."""
    return {
        "organization": [ignore_missing, unicode_safe],
        "package": [ignore_missing, unicode_safe],
        "claim": [ignore_missing, boolean_validator],
        "__junk": [empty],
    }


@validator_args
def words_save(
    not_empty: Any, int_validator: Any, unicode_safe: Any, ignore_missing: Any, boolean_validator: Any, empty: Any
) -> Schema:
    """Return the schema of ``datapusher_plus_words_save``; ``used`` is a list, which the action itself checks."""
    text = [ignore_missing, unicode_safe]
    return {
        "column_id": [not_empty, int_validator],
        **dict.fromkeys(("label", "notes", "unit", "organization", "package"), text),
        "next": [ignore_missing, boolean_validator],
        "__junk": [empty],
    }


@validator_args
def words_skip(not_empty: Any, int_validator: Any, ignore_missing: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_words_skip``."""
    return {"column_id": [not_empty, int_validator], "days": [ignore_missing, int_validator], "__junk": [empty]}


@validator_args
def words_wish(not_empty: Any, int_validator: Any, ignore_missing: Any, boolean_validator: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_words_wish``."""
    return {"column_id": [not_empty, int_validator], "on": [ignore_missing, boolean_validator], "__junk": [empty]}


@validator_args
def words_progress(ignore_missing: Any, unicode_safe: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_words_progress``."""
    return {"organization": [ignore_missing, unicode_safe], "__junk": [empty]}


@validator_args
def annotation_list(not_empty: Any, unicode_safe: Any, ignore_missing: Any, one_of: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_annotation_list``."""
    kinds = ["label", "notes", "unit", "semantic_type", "pii", "codes"]
    states = ["open", "accepted", "rejected", "superseded", "all"]
    return {
        "resource_id": [not_empty, unicode_safe],
        "id": [ignore_missing],
        "column": [ignore_missing, unicode_safe],
        "kind": [ignore_missing, unicode_safe, one_of(kinds)],
        "state": [ignore_missing, unicode_safe, one_of(states)],
        "__junk": [empty],
        "__before": [rename("id", "resource_id")],
    }


@validator_args
def annotation_accept(
    not_empty: Any, int_validator: Any, unicode_safe: Any, ignore_missing: Any, boolean_validator: Any, empty: Any
) -> Schema:
    """Return the schema of ``datapusher_plus_annotation_accept``."""
    return {
        "id": [not_empty, int_validator],
        "text": [ignore_missing, unicode_safe],
        "overwrite": [ignore_missing, boolean_validator],
        "__junk": [empty],
    }


@validator_args
def annotation_reject(not_empty: Any, int_validator: Any, unicode_safe: Any, ignore_missing: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_annotation_reject``."""
    return {"id": [not_empty, int_validator], "why": [ignore_missing, unicode_safe], "__junk": [empty]}


@validator_args
def annotation_vote(not_empty: Any, not_missing: Any, int_validator: Any, one_of: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_annotation_vote``."""
    return {
        "id": [not_empty, int_validator],
        "vote": [not_missing, int_validator, one_of([-1, 0, 1])],
        "__junk": [empty],
    }


@validator_args
def annotation_draft(not_empty: Any, unicode_safe: Any, ignore_missing: Any, one_of: Any, empty: Any) -> Schema:
    """Return the schema of ``datapusher_plus_annotation_draft``; ``columns`` is a list, which the action checks."""
    return {
        "resource_id": [not_empty, unicode_safe],
        "id": [ignore_missing],
        "by": [ignore_missing, unicode_safe, one_of(["rules", "model"])],
        "__junk": [empty],
        "__before": [rename("id", "resource_id")],
    }
