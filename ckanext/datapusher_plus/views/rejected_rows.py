"""Values for the DataStore tab about rows that were not loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ckan.plugins.toolkit import _, h

from . import labels

#: parameter of the address by which headings and reasons are in the page's language
TRANSLATED = "translated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Rows that were not loaded, with a link to download them."""

    sentence: str
    #: text of the link
    label: str
    url: str
    #: whether the warnings say the same already
    is_said: bool = False


def of_attempt(status: Mapping[str, Any]) -> Iterator[Rejected]:
    """Yield the rows that made this load refuse its file."""
    if refused := status.get("refused"):
        yield Rejected(
            sentence=labels.refused(refused["rows"], refused["total"], refused["listed"]),
            label=_("Download the rows that cannot be loaded (CSV)"),
            url=_address(refused["url"]),
        )


def of_table(status: Mapping[str, Any]) -> Iterator[Rejected]:
    """Yield the rows that were left out of the table that is in place."""
    if left_out := status.get("rejected"):
        yield Rejected(
            sentence=labels.left_out(left_out["rows"], left_out["total"]),
            label=_("Download the rejected rows (CSV)"),
            url=_address(left_out["url"]),
            is_said=bool((status.get("table") or {}).get("warnings")),
        )


def _address(url: str) -> str:
    """Return the address of a list in the page's language; the English one is as for programs."""
    return url if h.lang().startswith("en") else f"{url}?{TRANSLATED}=1"
