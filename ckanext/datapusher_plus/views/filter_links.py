"""Links to the rows of a table that have one value in a column."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ckan.plugins import toolkit as tk

#: Longest address: web servers refuse longer requests, gunicorn from 4,094 bytes on.
_LONGEST = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterLinks:
    """The addresses of filtered rows of one resource."""

    #: address of the page with the table, with the id of the view; empty if the resource has no table view
    table: str
    #: address of the download, with a query
    dump: str

    def rows(self, column: str, value: str) -> str:
        """Return the address of the table filtered by a value, or else of the download; empty if it is too long."""
        if not self.table:
            return self.download(column, value)
        # CKAN reads `column:value|column:value`, each part quoted, so that they may contain these signs
        chosen = quote(f"{quote(column, safe='')}:{quote(value, safe='')}", safe="")
        return _unless_long(f"{self.table}&filters={chosen}")

    def download(self, column: str, value: str) -> str:
        """Return the address of the rows as a CSV file, which needs no JavaScript; empty if it is too long."""
        filters = json.dumps({column: [value]}, ensure_ascii=False)
        return _unless_long(f"{self.dump}&filters={quote(filters, safe='')}")


def of_resource(package: Mapping[str, Any], resource_id: str, views: Sequence[Mapping[str, Any]]) -> FilterLinks:
    """Return the links for a resource; its first table view shows the rows."""
    view = next((view["id"] for view in views if view["view_type"] == "datatables_view"), None)
    page = f"{package.get('type') or 'dataset'}_resource.read"
    table = view and tk.h.url_for(page, id=package["name"], resource_id=resource_id, view_id=view)
    dump = tk.h.url_for("datastore.dump", resource_id=resource_id, bom=True)
    return FilterLinks(table=table or "", dump=dump)


def _unless_long(address: str) -> str:
    return address if len(address) <= _LONGEST else ""
