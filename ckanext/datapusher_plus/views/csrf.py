"""The check of CSRF tokens for the plugin's own pages."""

from __future__ import annotations

from ckan.config.middleware.flask_app import csrf
from ckan.plugins import toolkit as tk
from flask import current_app


def see_token() -> None:
    """Refuse a form without CKAN's CSRF token, except from a caller with an API token, which no browser adds.

    CKAN checks this too, but once somebody has called a view without a login cookie, CKAN no longer checks that view
    until the process ends.
    """
    by_cookie = tk.current_user.is_authenticated and not tk.g.get("login_via_auth_header")
    if by_cookie and current_app.config["WTF_CSRF_ENABLED"]:
        csrf.protect()
