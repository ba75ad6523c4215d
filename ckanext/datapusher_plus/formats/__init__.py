"""Readers of file formats: one registered class per format, which converts the published bytes to canonical CSV."""

from __future__ import annotations

# importing a format registers it
from . import archive as _archive  # noqa: F401
from . import spreadsheet as _spreadsheet  # noqa: F401
from .base import Format, Limits, Work, detect, named, names
from .columnar import arrow as _arrow  # noqa: F401
from .columnar import parquet as _parquet  # noqa: F401
from .json import formats as _json  # noqa: F401
from .spatial import geopackage as _geopackage  # noqa: F401
from .spatial import kml as _kml  # noqa: F401
from .spatial import shapefile as _shapefile  # noqa: F401
from .text import delimited as _delimited  # noqa: F401

__all__ = ["Format", "Limits", "Work", "detect", "named", "names"]
