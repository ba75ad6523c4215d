"""Check of the search index, which CKAN writes whenever a load changes a resource."""

from __future__ import annotations

import requests
from ckan.common import config

from .. import waits
from ..core.safe_text import redacted
from .finding import Verdict, fail, ok
from .wording import cause


def search_index() -> Verdict:
    """Check that Solr answers, and that its index has CKAN's schema."""
    url = config["solr_url"].rstrip("/")
    shown = redacted(url)
    login = (config.get("solr_user") or "", config.get("solr_password") or "")
    # `site_id` is a field of CKAN's schema; another index rejects the query
    asked = {"q": "*:*", "fq": f'site_id:"{config["ckan.site_id"]}"', "rows": "0", "wt": "json"}
    try:
        reply = requests.get(f"{url}/select", params=asked, timeout=waits.CHECK_WEB, auth=login if all(login) else None)
    except requests.RequestException as error:
        return fail(f"Solr does not answer at {shown}: {cause(error)}.", "Start Solr, or correct solr_url.")
    return _judged(reply, shown)


def _judged(reply: requests.Response, shown: str) -> Verdict:
    if reply.status_code in (401, 403):
        return fail(f"Solr at {shown} wants other credentials.", "Set solr_user and solr_password.")
    if reply.status_code == 400 and "site_id" in reply.text:
        return fail(
            f"Solr at {shown} does not have CKAN's schema.",
            "Install the schema of this CKAN, then run: ckan search-index rebuild",
        )
    try:
        count = reply.json()["response"]["numFound"]
    except (ValueError, KeyError, TypeError):
        return fail(
            f"What answers at {shown} (status {reply.status_code}) is not an index of Solr.",
            "Correct solr_url, which ends with the name of the core, or see Solr's log.",
        )
    return ok(f"Solr answers; {count:,} datasets of this site are in its index.")
