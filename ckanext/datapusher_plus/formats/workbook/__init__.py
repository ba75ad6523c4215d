"""Spreadsheets."""

from __future__ import annotations

# importing a format registers it
from . import xlsx as _xlsx  # noqa: F401
