"""The review of a file with personal data on the DataStore tab: what was found, and who may decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _

from . import labels


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFinding:
    """Personal data of one kind in one column; all texts are for display."""

    kind: str
    column: str
    count: str
    rows: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReview:
    """A review that the tab shows."""

    found: tuple[ShownFinding, ...]
    is_rejected: bool
    #: why it was rejected, and by whom
    decided_by: str
    decided_at: datetime | None
    note: str
    #: id of the run whose file is shown
    job_id: str
    #: whether this user may decide
    may_decide: bool
    #: whether this user may make the dataset private
    may_hide: bool


def describe(status: Mapping[str, Any] | None, package: Mapping[str, Any], resource_id: str) -> ShownReview | None:
    """Return the review that a reply of ``datapusher_status`` has, or None."""
    known = labels.visible((status or {}).get("review"))
    if not known or known["about"] == "changes":
        return None
    return ShownReview(
        found=findings(known["found"]),
        is_rejected=known["state"] == "rejected",
        decided_by=known["decided_by"] or "",
        decided_at=labels.moment(known["decided_at"]),
        note=known["note"] or "",
        job_id=(status or {})["job_id"],
        may_decide=_may("datapusher_plus_review", resource_id=resource_id),
        # CKAN has private datasets only in organizations
        may_hide=bool(package.get("owner_org") and not package.get("private"))
        and _may("package_update", id=package["id"]),
    )


def findings(found: list[Mapping[str, Any]]) -> tuple[ShownFinding, ...]:
    """Return findings, as ``datapusher_status`` gives them, for display."""
    return tuple(
        ShownFinding(
            kind=labels.personal(each["detector"]),
            column=each["column"],
            count=labels.count_of(each["count"], at_least=each["at_least"]),
            rows=labels.rows(each["first_rows"], each["count"]),
        )
        for each in found
    )


def _may(action: str, **about: str) -> bool:
    try:
        tk.check_access(action, {}, about)
    except tk.NotAuthorized:
        return False
    return True


def decided(decision: str) -> str:
    """Return the message after a decision."""
    if decision == "approve":
        return _("The file is approved. It waits for a worker to load it.")
    return _("The file is rejected. It was not loaded, and the table is as it was.")
