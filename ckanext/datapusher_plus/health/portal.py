"""Checks of the site from the worker's machine: its pages, and the uploaded files."""

from __future__ import annotations

import requests
from ckan import model
from ckan.common import config

from .. import settings, waits
from ..core.errors import IngestError
from ..core.safe_text import redacted
from ..portal.uploads import open_upload
from .finding import Verdict, fail, ok, warn
from .wording import cause

#: Number of the newest uploads of which one must be readable; the newest may be in transfer or just deleted.
_TRIED = 3


def site_url() -> Verdict:
    """Check that the site answers at ``ckan.site_url``, to which the links between its datasets lead."""
    shown = redacted(config["ckan.site_url"])
    try:
        url = address("/api/3/action/status_show")
        reply = requests.get(url, timeout=waits.CHECK_WEB, verify=_trusted())
    except requests.RequestException as error:
        return fail(
            f"The site does not answer at {shown} from this machine: {cause(error)}.",
            "Start CKAN, or correct ckan.site_url, name resolution or firewall.",
        )
    if reply.status_code >= 500:
        return fail(f"The site at {shown} answers with status {reply.status_code}.", "See CKAN's log.")
    return _judged(reply, shown)


def address(path: str) -> str:
    """Return the absolute URL of a path of the site, with ``ckan.root_path`` and without a language."""
    root = (config.get("ckan.root_path") or "").replace("/{{LANG}}", "").rstrip("/")
    return f"{config['ckan.site_url'].rstrip('/')}{root}{path}"


def _trusted() -> bool | str:
    site = settings.current()
    return site.ssl_verify and (site.ssl_ca_bundle or True)


def _judged(reply: requests.Response, shown: str) -> Verdict:
    try:
        status = reply.json()["result"]
        plugins, version = status.get("extensions", []), status.get("ckan_version", "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return warn(
            f"What answers at {shown} (status {reply.status_code}) does not look like CKAN.",
            "See whether a login page or a proxy stands in front of it, or correct ckan.site_url.",
        )
    if plugins and "datapusher_plus" not in plugins:
        return fail(
            f"The site at {shown} runs without this plugin, so uploads ask for no load.",
            "Add datapusher_plus to ckan.plugins and restart CKAN.",
        )
    return ok(f"The site answers at {shown} with CKAN {version}.")


def uploads() -> Verdict:
    """Check that this machine can read the uploaded files."""
    resource = model.Resource
    query = model.Session.query(resource.id).filter_by(state=model.State.ACTIVE, url_type="upload")
    try:
        newest = [row[0] for row in query.order_by(resource.last_modified.desc().nulls_last()).limit(_TRIED)]
        reasons = [reason for each in newest if (reason := _unreadable(each))]
    finally:
        model.Session.remove()
    if not newest:
        return ok("Nobody has uploaded a file yet.")
    if len(reasons) == len(newest):
        return fail(
            f"Even the newest uploads ({len(newest)} tried) cannot be read from this machine: {reasons[0]}",
            "Mount the storage that web processes write to (ckan.storage_path or ckan.files.…) here, readable.",
        )
    return ok("The files that people uploaded can be read.")


def _unreadable(resource_id: str) -> str:
    try:
        with open_upload(resource_id) as file:
            file.read(1)
    except (IngestError, OSError) as error:
        return str(error)
    return ""
