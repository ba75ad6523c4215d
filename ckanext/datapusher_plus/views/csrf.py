"""CKAN's token against forged forms, for all forms of the plugin."""

from __future__ import annotations

from ckan.config.middleware.flask_app import csrf
from ckan.lib.api_token import get_user_from_token
from ckan.plugins import toolkit as tk
from flask import current_app


def see_token() -> None:
    """Refuse a form without CKAN's CSRF token, except from a caller with an API token, which no browser adds.

    CKAN checks this too, but once somebody has called a view without a login cookie, CKAN no longer checks that view
    until the process ends. CKAN's ``login_via_auth_header`` does not help: it is also set for a browser whose user a
    plugin for single sign-on finds after CKAN has found nobody.
    """
    config = current_app.config
    known = tk.g.user or tk.current_user.is_authenticated
    if config["WTF_CSRF_ENABLED"] and tk.request.method in config["WTF_CSRF_METHODS"] and known and not _by_api_token():
        csrf.protect()


def _by_api_token() -> bool:
    """Return whether the caller is the owner of the API token in the request's header."""
    token = tk.request.headers.get(tk.config["apitoken_header_name"], "")
    owner = get_user_from_token(token, update_access_time=False) if token else None
    return owner is not None and owner.name == tk.g.user == tk.current_user.name
