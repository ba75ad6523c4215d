"""What Prefect shows of a run besides its state: log lines, events and artifacts, for the people who operate it.

Everybody who reaches Prefect can read them. So Prefect gets no warning and no error's sentence, which may quote a value
of the file; and headings and lines of the log only if anybody may read the resource in CKAN.
Nothing here can change how a run ends: it is written before, and each failure is only logged.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prefect.logging.handlers import APILogHandler

from .. import portal
from ..core.outcome import Outcome
from ..core.personal_data.findings import Found
from ..core.safe_text import page_line
from ..core.states import LOADED, State
from ..core.values import Published
from ..runs import database
from ..runs.log import OPERATORS
from . import to_prefect

log = logging.getLogger(__name__)

#: Names of the events. All but the last are DataPusher+'s.
INGESTED = "datapusher.resource.ingested"
QUARANTINED = "datapusher.row.quarantined"
PII = "datapusher.pii.detected"
FAILED = "datapusher.resource.failed"

#: Most columns in an artifact.
_MOST_COLUMNS = 100
_LONGEST = 500
#: Punctuation that Markdown gives a meaning, and the signs of HTML.
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+\-.!|~&$:@])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A run that has ended, and what it is about."""

    run_id: str
    resource_id: str
    requested_at: datetime
    end: Outcome
    #: what is recorded of a successful load
    published: Published | None
    #: personal data that a screening has found
    found: tuple[Found, ...]
    #: whether anybody may read the resource
    public: bool


def is_public(resource_id: str) -> bool:
    """Return whether anybody may read the resource; False if that cannot be found out now."""
    try:
        return portal.anybody_may_read(resource_id)
    except Exception:
        # other plugins decide too, and their errors are not the file's
        log.warning("it is not known who may read resource %s", resource_id, exc_info=True)
        return False


@contextmanager
def log_lines(is_public: Callable[[], bool]) -> Iterator[None]:
    """Send the run's progress to Prefect's log too, once it is known that anybody may read the resource."""
    handler = APILogHandler()
    handler.addFilter(lambda record: is_public() and record.levelno <= logging.INFO)
    logging.getLogger(OPERATORS).addHandler(handler)
    try:
        yield
    finally:
        logging.getLogger(OPERATORS).removeHandler(handler)


def report(about: Report) -> None:
    """Send the events and the artifacts of a run that has ended."""
    for send in (_events, _artifacts):
        try:
            send(about)
        except Exception:
            log.warning("run %s: Prefect did not take all of its report", about.run_id, exc_info=True)


def _events(about: Report) -> None:
    resource = {
        "prefect.resource.id": f"datapusher.resource.{about.resource_id}",
        "ckan.resource.id": about.resource_id,
    }
    to_prefect.events([(name, resource, {"run_id": about.run_id, **payload}) for name, payload in _payloads(about)])


def _payloads(about: Report) -> Iterator[tuple[str, dict[str, Any]]]:
    seconds = round((database.now() - about.requested_at).total_seconds(), 3)
    done = about.published
    if about.found:
        # the names of columns are headings of the file
        fields = list(dict.fromkeys(each.column for each in about.found)) if about.public else []
        yield PII, {"fields": fields, "details": {each.detector: each.count for each in about.found}}
    if about.end.state in LOADED and done:
        warnings = len(about.end.warnings)
        yield (
            INGESTED,
            {
                "rows": done.rows,
                "columns": len(done.columns),
                "file_hash": done.file_hash,
                "duration_seconds": seconds,
                "warnings": warnings,
            },
        )
        if done.rejected:
            yield QUARANTINED, {"quarantined": done.rejected[0], "total": done.rejected[1]}
    elif about.end.state is State.ERROR:
        retry = about.end.retry is not None
        yield FAILED, {"kind": about.end.kind, "will_be_tried_again": retry, "duration_seconds": seconds}


def _artifacts(about: Report) -> None:
    tab = portal.tab_url(about.resource_id)
    key = re.sub("[^a-z0-9-]", "-", about.resource_id.lower())
    to_prefect.artifact(f"dpp-data-quality-{key}", markdown(about), description="What became of the file.")
    if tab:
        to_prefect.artifact(f"dpp-resource-{key}", f"[DataStore tab in CKAN]({tab})")


def markdown(about: Report) -> str:
    """Return the summary of a run; names that people wrote are escaped."""
    facts: dict[str, object] = {"State": about.end.state.value.replace("_", " "), "Error": about.end.kind}
    if done := about.published:
        facts |= {"Rows": f"{done.rows:,}", "Columns": len(done.columns), "Warnings": len(about.end.warnings)}
        if done.rejected:
            facts["Rejected rows"] = f"{done.rejected[0]:,} of {done.rejected[1]:,}"
    parts = ["| | |\n| --- | --- |\n" + "\n".join(f"| {name} | {plain(value)} |" for name, value in _known(facts))]
    parts.append(plain(about.end.public))
    if about.public:
        parts.append(_columns(done))
    parts.append("The DataStore tab in CKAN says more.")
    return "\n\n".join(part for part in parts if part)


def _known(facts: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    return ((name, value) for name, value in facts.items() if value is not None)


def _columns(done: Published | None) -> str:
    if done is None:
        return ""
    rows = [f"| {plain(name)} | {plain(kind)} |" for name, kind, *_ in done.columns[:_MOST_COLUMNS]]
    more = len(done.columns) - len(rows)
    table = "\n".join(["| Column | Type |", "| --- | --- |", *rows])
    return f"{table}\n\nand {more:,} more columns" if more > 0 else table


def plain(text: object) -> str:
    """Return text as one line that Markdown shows as it is."""
    return _MARKDOWN.sub(r"\\\1", page_line(str(text), _LONGEST)).replace("\\<", "&lt;").replace("\\>", "&gt;")
