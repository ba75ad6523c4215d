"""The user who calls an action."""

from __future__ import annotations

from ckan import authz
from ckan.plugins import toolkit as tk
from ckan.types import Context


def caller_id(context: Context) -> str:
    """Return the id of the user who calls an action.

    :raises NotAuthorized: when nobody is logged in.
    """
    found = authz.get_user_id_for_username(context.get("user"), allow_none=True)
    if found is None:
        raise tk.NotAuthorized(tk._("Please log in first."))
    return found
