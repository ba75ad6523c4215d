"""Bring the resource's file into the run's work folder."""

from __future__ import annotations

from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from .. import portal
from ..checkpoint import reach
from ..core.errors import NoFile
from ..core.values import Log, Source, Ticket
from ..fetch.guard import Guard
from ..fetch.http import HttpRules, download
from ..fetch.redact import redacted
from ..fetch.storage import store
from ..settings import Settings, current

#: how much of a run's time may go by until a server has prepared the file; the rest is for loading it
_SHARE = 0.5


def fetch(ticket: Ticket, log: Log) -> Source:
    """Fetch the file: from CKAN's storage when CKAN holds it, else from its address.

    :raises IngestError: when there is no file to be had.
    """
    reach("fetch.before")
    source = _stored(ticket, current(), log) if ticket.url_type == "upload" else _downloaded(ticket, current(), log)
    log.info(f"Fetched {source.filename or 'the file'}: {source.size:,} bytes.")
    reach("fetch.after")
    return source


def _stored(ticket: Ticket, site: Settings, log: Log) -> Source:
    with portal.open_upload(ticket.resource_id) as stream:
        return store(
            stream,
            ticket.work_dir / "source",
            filename=PurePosixPath(unquote(urlsplit(ticket.url).path)).name,
            limit=site.max_content_length,
            algorithm=site.file_hash_algorithm,
            chunk_size=site.chunk_size,
            log=log,
        )


def _downloaded(ticket: Ticket, site: Settings, log: Log) -> Source:
    if not ticket.url.strip():
        raise NoFile
    log.info(f"Fetching {redacted(ticket.url)}.")
    rules = HttpRules(
        guard=Guard(site.allowed_internal_hosts),
        limit=site.max_content_length,
        timeout=site.download_timeout,
        retries=site.download_retries,
        patience=site.flow_timeout * _SHARE,
        proxy=site.download_proxy,
        verify=site.ssl_verify,
        chunk_size=site.chunk_size,
        algorithm=site.file_hash_algorithm,
    )
    return download(ticket.url, ticket.work_dir / "source", rules, log)
