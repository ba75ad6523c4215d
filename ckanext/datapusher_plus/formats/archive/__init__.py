"""Archives: files that hold other files."""

from __future__ import annotations

# importing a format registers it
from . import gzip as _gzipped  # noqa: F401
from . import zip as _zips  # noqa: F401
