"""What the worker and its runs log: no line of it can be forged, and no address shows a password or a signature."""

from __future__ import annotations

import logging
from typing import Any

from ..fetch.redact import escaped, redacted_within

_INDENT = "    "
_plain = logging.Formatter()


class CleanRecord(logging.LogRecord):
    """One line, whatever strangers have put into the message, and below it a traceback whose lines are indented.

    A record and not a formatter, because libraries bring handlers and formatters of their own, such as those that send
    records to Prefect; all of them ask the record.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info and self.exc_info[0]:
            # formatters use this text instead of making one
            self.exc_text = _indented(_plain.formatException(self.exc_info))
        if self.stack_info:
            self.stack_info = _indented(self.stack_info)

    def getMessage(self) -> str:  # noqa: N802 (the standard library's name)
        """Return the message with its arguments, in one line."""
        return escaped(redacted_within(super().getMessage()))


def clean() -> None:
    """Have every logger of this process, and of those that are forked from it, log so."""
    logging.setLogRecordFactory(CleanRecord)


def _indented(lines: str) -> str:
    # a line end in an exception's message is no different from one between two calls
    return "\n".join(_INDENT + escaped(redacted_within(line)) for line in lines.splitlines())
