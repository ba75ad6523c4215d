"""Downloads of the DataStore tab: the rows of a file that are not in the resource's table."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, BinaryIO

from ckan import types
from ckan.plugins import toolkit as tk
from ckan.plugins.toolkit import _
from flask import stream_with_context

from .. import portal
from ..core import rejected_list
from ..core.states import State
from ..runs import records
from ..runs.records import RunRecord
from . import labels, messages, rejected_rows

#: Most characters of a resource's name in a file name, so that it stays below the 255 bytes that file systems allow.
_LONGEST = 50


def left_out(resource: Mapping[str, Any]) -> types.Response:
    """Send the rows that were left out of the resource's table; abort with 404 if there are none."""
    loaded = records.last_loaded(resource["id"])
    if loaded is None or not loaded.rejected:
        tk.abort(404, _("No rows were left out of this table."))
    return _send(resource, loaded)


def refused(resource: Mapping[str, Any], run_id: str) -> types.Response:
    """Send the rows because of which a run refused the resource's file; abort with 404 if there are none."""
    run = records.get(run_id)
    if run is None or run.resource_id != resource["id"] or run.state is not State.ERROR or not run.rejected:
        tk.abort(404, _("This load has no list of rejected rows."))
    return _send(resource, run)


def _send(resource: Mapping[str, Any], run: RunRecord) -> types.Response:
    file = portal.open_rejected(run.resource_id, run.id)
    if file is None:
        tk.abort(404, labels.not_here((run.worker or "").partition(":")[0]))
    response = types.Response(_list(file), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename=_file_name(resource, run))
    response.headers["X-Content-Type-Options"] = "nosniff"
    # otherwise CKAN marks the response as publicly cacheable
    tk.request.environ["__no_cache__"] = True
    response.cache_control.no_store = True
    return response


def _list(file: BinaryIO) -> Iterator[bytes]:
    """Return the list in the page's language if that is asked for, else as it is stored, in English for programs."""
    if rejected_rows.TRANSLATED not in tk.request.args:
        return _pieces(file)
    headings = (_("Line"), _("Column"), _("Value"), _("Reason"), _("Whole row"))
    # the language is that of the request, which otherwise ends before the list is sent
    return stream_with_context(_translated(file, headings))


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    with file:
        yield from iter(partial(file.read, 1 << 16), b"")


def _translated(file: BinaryIO, headings: Sequence[str]) -> Iterator[bytes]:
    with file:
        yield from rejected_list.in_other_words(file.read, headings, messages.without_isolates)


def _file_name(resource: Mapping[str, Any], run: RunRecord) -> str:
    """Return a file name with the resource's name and the time of the run that is valid on any file system."""
    name, ending = str(resource.get("name") or ""), f".{resource.get('format') or 'csv'}"
    if name.lower().endswith(ending.lower()):
        name = name[: -len(ending)]
    kept = "".join(sign if unicodedata.category(sign)[0] in "LMN" or sign in "._" else "-" for sign in name)
    short = "-".join(part for part in kept[:_LONGEST].split("-") if part.strip("._")).strip("-._")
    ended = labels.moment(run.finished_at or run.requested_at)
    return f"{short or 'resource'}-rejected-{ended:%Y-%m-%d-%H%M}.csv"
