"""Fetch the resource's file into the run's work folder."""

from __future__ import annotations

from urllib.parse import unquote

from .. import portal
from ..checkpoint import reach
from ..core.errors import NoFile
from ..core.message import say, say_n
from ..core.safe_text import file_name, redacted
from ..core.values import Log, Source, Ticket
from ..fetch.http import download
from ..fetch.receive import store
from ..fetch.site import rules as site_rules
from ..settings import Settings, current


def fetch(ticket: Ticket, log: Log) -> Source:
    """Fetch the file: from CKAN's storage if it was uploaded, else from its URL.

    :raises IngestError: when no file can be fetched.
    """
    reach("fetch.before")
    source = fetched(ticket, current(), log)
    named = source.filename or say("the file")
    log.info(say_n("Fetched {file}: {n} byte.", "Fetched {file}: {n} bytes.", source.size, file=named))
    reach("fetch.after")
    return source


def fetched(ticket: Ticket, site: Settings, log: Log) -> Source:
    """Fetch the file with the limits of ``site``.

    :raises IngestError: when no file can be fetched.
    """
    return _stored(ticket, site, log) if ticket.url_type == "upload" else _downloaded(ticket, site, log)


def name_of(ticket: Ticket) -> str:
    """Return the file's name by its address, as long as no server has named it."""
    return file_name(unquote(ticket.url.partition("?")[0].partition("#")[0]))


def _stored(ticket: Ticket, site: Settings, log: Log) -> Source:
    with portal.open_upload(ticket.file_of or ticket.resource_id) as stream:
        return store(
            stream,
            ticket.work_dir / "source",
            filename=name_of(ticket),
            limit=site.max_content_length,
            algorithm=site.file_hash_algorithm,
            chunk_size=site.chunk_size,
            log=log,
        )


def _downloaded(ticket: Ticket, site: Settings, log: Log) -> Source:
    if not ticket.url.strip():
        raise NoFile
    log.info(say("Fetching {url}.", url=redacted(ticket.url)))
    rules = site_rules(site, portal.own_pages())
    return download(ticket.url, ticket.work_dir / "source", rules, log)
