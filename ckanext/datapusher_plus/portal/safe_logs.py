"""Safe logs of the worker and its runs: no text from outside can forge a line, and URLs lose password and signature.

The log record factory makes each record safe when the record is created, not when it is written. So this covers every
library's logger and every handler (Prefect's API, the console, a file), also handlers that are configured later, and
the operator's formats stay as they are. A forked process inherits it.
"""

from __future__ import annotations

import logging
from typing import Any

from ..core.safe_text import one_line

#: Put before each line of a traceback, so that no line of it looks like a log record.
INDENT = "    "


class SafeRecord(logging.LogRecord):
    """A record whose message is one line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.exc_info:
            # formatters use this text if it is set
            self.exc_text = _indented(logging.Formatter().formatException(self.exc_info))
        if self.stack_info:
            self.stack_info = _indented(self.stack_info)

    def getMessage(self) -> str:  # noqa: N802 (the name is Python's)
        """Return the message with its arguments, escaped and redacted."""
        return one_line(super().getMessage())


def install() -> None:
    """Install the factory for safe records in this process; attributes that another factory adds are kept."""
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
