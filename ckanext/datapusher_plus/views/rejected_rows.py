"""Values for the DataStore tab about rows that were not loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ckan.plugins.toolkit import _

from . import labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Rows that were not loaded, with a link to download them."""

    sentence: str
    #: text of the link
    label: str
    url: str
    #: end of the load that left them out, if the tab shows another load
    when: datetime | None = None
    #: whether the warnings say the same already
    is_said: bool = False


def describe(status: Mapping[str, Any]) -> Iterator[Rejected]:
    """Yield the rows that made this load refuse its file, then those left out of the table that is in place."""
    if refused := status.get("refused"):
        yield Rejected(
            sentence=labels.refused(refused["rows"], refused["total"], refused["listed"]),
            label=_("Download the rows that cannot be loaded (CSV)"),
            url=refused["url"],
        )
    if left_out := status.get("rejected"):
        is_older = left_out["job_id"] != status.get("job_id")
        yield Rejected(
            sentence=labels.left_out(left_out["rows"], left_out["total"]),
            label=_("Download the rejected rows (CSV)"),
            url=left_out["url"],
            when=labels.moment(left_out["loaded_at"]) if is_older else None,
            is_said=not is_older and bool((status.get("task_info") or {}).get("warnings")),
        )
