"""Fetch the resource's file into the run's work folder."""

from __future__ import annotations

from urllib.parse import unquote

from .. import portal
from ..checkpoint import reach
from ..core.errors import NoFile
from ..core.safe_text import file_name, redacted
from ..core.values import Log, Source, Ticket
from ..fetch.address import Malformed, parse
from ..fetch.guard import Guard
from ..fetch.http import HttpRules, download
from ..fetch.receive import store
from ..settings import Settings, current

#: seconds to wait until a server has prepared the file, and the most as a share of a run's time
_PREPARING, _SHARE = 1800, 0.5


def fetch(ticket: Ticket, log: Log) -> Source:
    """Fetch the file: from CKAN's storage if it was uploaded, else from its URL.

    :raises IngestError: when no file can be fetched.
    """
    reach("fetch.before")
    source = fetched(ticket, current(), log)
    log.info(f"Fetched {source.filename or 'the file'}: {source.size:,} bytes.")
    reach("fetch.after")
    return source


def fetched(ticket: Ticket, site: Settings, log: Log) -> Source:
    """Fetch the file with the limits of ``site``.

    :raises IngestError: when no file can be fetched.
    """
    return _stored(ticket, site, log) if ticket.url_type == "upload" else _downloaded(ticket, site, log)


def _stored(ticket: Ticket, site: Settings, log: Log) -> Source:
    with portal.open_upload(ticket.resource_id) as stream:
        return store(
            stream,
            ticket.work_dir / "source",
            filename=file_name(unquote(ticket.url.partition("?")[0].partition("#")[0])),
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
        guard=_guard(site),
        limit=site.max_content_length,
        connect_timeout=site.download_connect_timeout,
        timeout=site.download_timeout,
        deadline=site.download_deadline,
        least_rate=site.download_least_rate,
        retries=site.download_retries,
        patience=min(_PREPARING, site.flow_timeout * _SHARE),
        proxy=site.download_proxy,
        proxy_resolves=site.download_proxy_resolves,
        verify=site.ssl_verify,
        ca_bundle=site.ssl_ca_bundle,
        chunk_size=site.chunk_size,
        algorithm=site.file_hash_algorithm,
    )
    return download(ticket.url, ticket.work_dir / "source", rules, log)


def _guard(site: Settings) -> Guard:
    url, roots = portal.own_pages()
    try:
        own = parse(url)
    except Malformed:
        own = None
    return Guard(site.allowed_internal_hosts, own, roots)
