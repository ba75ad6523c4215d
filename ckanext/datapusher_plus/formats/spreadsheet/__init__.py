"""Spreadsheets: XLSX, XLS, XLSB and ODS."""

from __future__ import annotations

# importing a format registers it
from . import ods as _ods  # noqa: F401
from . import xls as _xls  # noqa: F401
from . import xlsb as _xlsb  # noqa: F401
from . import xlsx as _xlsx  # noqa: F401
