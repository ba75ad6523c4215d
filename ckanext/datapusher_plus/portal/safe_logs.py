"""Logs of the worker and its runs in which nobody outside writes lines, and no address has its password or signature.

A record is made safe when it is made, not where it is written: so it holds for every library's logger and every
handler (Prefect's API, the console, a file), also for handlers that are configured later, and the operator's formats
stay as they are. A fork inherits it.
"""

from __future__ import annotations

import logging
from typing import Any

from ..core.safe_text import one_line

#: Before each line of a traceback: no line of it can be taken for a record.
INDENT = "    "


class SafeRecord(logging.LogRecord):
    """A record whose message is one line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info:
            # formatters take this text where it is there
            self.exc_text = _indented(logging.Formatter().formatException(self.exc_info))
        if self.stack_info:
            self.stack_info = _indented(self.stack_info)

    def getMessage(self) -> str:  # noqa: N802 (the name is Python's)
        """Return the message with its arguments, escaped and redacted."""
        return one_line(super().getMessage())


def install() -> None:
    """Make every record of this process a safe one; what another factory adds to records is kept."""
    before = logging.getLogRecordFactory()
    if getattr(before, "is_safe", False):
        return

    def make(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = SafeRecord(*args, **kwargs)
        if before is not logging.LogRecord:
            known = vars(record)
            known.update({key: value for key, value in vars(before(*args, **kwargs)).items() if key not in known})
        return record

    make.is_safe = True  # pyright: ignore[reportFunctionMemberAccess]
    logging.setLogRecordFactory(make)


def _indented(trace: str) -> str:
    return "\n".join(INDENT + one_line(line) for line in trace.split("\n"))
