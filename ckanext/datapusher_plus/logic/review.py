"""The action with which a person decides if a file that waits for a review is loaded."""

from __future__ import annotations

from typing import Any

from ckan.plugins import toolkit as tk
from ckan.types import Context, DataDict

from ..core.safe_text import replaced
from ..runs import review
from . import schema
from .migrated import migrated

#: Most characters of a note.
LONGEST_NOTE = 500

__all__ = ["datapusher_plus_review"]


@migrated()
def datapusher_plus_review(context: Context, data_dict: DataDict) -> dict[str, Any]:
    """Approve or reject the file of a resource that waits: because of personal data in it, or of what it changes.

    The answer holds for this file, by its hash; about changes only until a file is loaded, by the load's key too.
    An approval queues a run that loads it, and may follow a rejection.

    :param resource_id: the resource's id; ``id`` is accepted too
    :type resource_id: string
    :param decision: ``approve`` or ``reject``
    :type decision: string
    :param note: why, for the people who may edit the resource (optional, at most 500 characters)
    :type note: string

    :param job_id: id of the run whose file was looked at; if a newer file waits, nothing is decided (optional)
    :type job_id: string

    :returns: ``decision``, and ``job_id``: the id of the run that loads the file, null after a rejection
    :rtype: dictionary
    """
    asked = schema.validated(context, data_dict, schema.review())
    resource_id = asked["resource_id"]
    tk.check_access("datapusher_plus_review", context, {"resource_id": resource_id})
    who, note = _name(context), replaced(asked.get("note") or "").strip()
    if len(note) > LONGEST_NOTE:
        raise tk.ValidationError({"note": [tk._("Must have at most {most} characters").format(most=LONGEST_NOTE)]})
    run_id, shown = None, asked.get("job_id") or ""
    try:
        if asked["decision"] == "approve":
            run_id = review.approve(resource_id, who=who, note=note, shown=shown)
        else:
            review.reject(resource_id, who=who, note=note, shown=shown)
    except review.NothingToReview as error:
        nothing = tk._("No file of this resource waits for this decision: look at its DataStore tab again.")
        raise tk.ValidationError({"decision": [nothing]}) from error
    return {"decision": asked["decision"], "job_id": run_id}


def _name(context: Context) -> str:
    return str(context.get("user") or tk._("The site"))
