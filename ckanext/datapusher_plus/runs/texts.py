"""The texts of a run in CKAN's database: in English, and with them what is needed to translate them.

``message``, ``warnings`` and the lines of the log are English, for clients, for operators and for earlier versions of
this plugin. The column ``said`` beside them has those among them that are a `Message`, as keys and values. A text that
is not among these, such as one that an earlier version wrote, is only English.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from ..core.message import Message, documents, messages
from ..core.safe_text import page_line

#: Most characters of a line of the log that are kept: a hostile file must not fill the database.
LONGEST = 2_000


def texts(message: str | None, warnings: Sequence[str] = ()) -> dict[str, Any]:
    """Return the values of the columns for a run's message and warnings."""
    return {
        "message": None if message is None else str(message),
        "warnings": list(map(str, warnings)) or None,
        "said": documents((message, *warnings)),
    }


def line_of(message: str) -> dict[str, Any]:
    """Return the values of the columns for a line of the log, without control characters and secrets of addresses."""
    clean = page_line(message, LONGEST)
    said = None
    if isinstance(message, Message):
        said = message.mapped(partial(page_line, longest=LONGEST))
    return {"message": clean, "said": documents((said,)) if said == clean else None}


def restored(text: str, said: Any) -> str:
    """Return a text as the message that it was, or as it is."""
    return messages(said).get(text, text)


def restored_run(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a run without ``said`` and ``state``, with its texts as messages."""
    known = messages(row["said"])
    values = {name: value for name, value in row.items() if name not in ("said", "state")}
    error, warnings, message = values["error"], values["warnings"], values["message"]
    if isinstance(error, dict) and isinstance(error.get("message"), str):
        values["error"] = {**error, "message": known.get(error["message"], error["message"])}
    values["warnings"] = warnings and [known.get(warning, warning) for warning in warnings]
    values["message"] = known.get(message, message)
    return values
