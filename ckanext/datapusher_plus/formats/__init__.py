"""One registered class a format: the published bytes become canonical CSV."""

from __future__ import annotations

# importing a format registers it
from . import delimited as _delimited  # noqa: F401
from . import workbook as _workbook  # noqa: F401
from .base import Format, Limits, Work, detect, names

__all__ = ["Format", "Limits", "Work", "detect", "names"]
