"""One registered class a format: the published bytes become canonical CSV."""

from __future__ import annotations

# importing a format registers it
from . import archive as _archive  # noqa: F401
from . import arrow as _arrow  # noqa: F401
from . import columnar as _columnar  # noqa: F401
from . import delimited as _delimited  # noqa: F401
from . import geopackage as _geopackage  # noqa: F401
from . import json as _json  # noqa: F401
from . import kml as _kml  # noqa: F401
from . import shapefile as _shapefile  # noqa: F401
from . import workbook as _workbook  # noqa: F401
from .base import Format, Limits, Work, detect, named, names

__all__ = ["Format", "Limits", "Work", "detect", "named", "names"]
