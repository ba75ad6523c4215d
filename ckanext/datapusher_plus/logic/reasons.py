"""Why an action could not be carried out, in the language of the request."""

from __future__ import annotations

from ckan.plugins import toolkit as tk

from ..core.message import Message


def reason(error: Exception) -> str:
    """Return an error's message in the language of the request; English where it cannot be translated."""
    message = error.args[0] if error.args else ""
    return message.translated(tk._, tk.ungettext) if isinstance(message, Message) else str(error)
