"""The rules of downloads at this site, by its settings."""

from __future__ import annotations

from ..settings import Settings
from .address import Malformed, parse
from .guard import Guard
from .http import HttpRules

#: seconds to wait until a server has prepared the file, and the most as a share of a run's time
_PREPARING, _SHARE = 1800, 0.5


def rules(site: Settings, own_pages: tuple[str, tuple[str, ...]]) -> HttpRules:
    """Return the rules of downloads.

    :param own_pages: ``ckan.site_url``, and the paths below which the site's pages are.
    """
    return HttpRules(
        guard=_guard(site, *own_pages),
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


def _guard(site: Settings, url: str, roots: tuple[str, ...]) -> Guard:
    try:
        own = parse(url)
    except Malformed:
        own = None
    return Guard(site.allowed_internal_hosts, own, roots)
