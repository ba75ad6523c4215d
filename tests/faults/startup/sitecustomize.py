"""Python imports this at its start if this folder is in PYTHONPATH; it installs the faults that a test orders."""

from __future__ import annotations

import os
import sys
from pathlib import Path

if file := os.environ.get("DATAPUSHER_PLUS_FAULTS"):
    # the namespace ckanext looks for all its parts only once the path has changed
    sys.path.append(sys.path.pop(sys.path.index(str(Path(__file__).parent))))
    from datapusher_plus_faults import Faults  # pyright: ignore[reportMissingImports]

    from ckanext.datapusher_plus import checkpoint

    checkpoint.hook = Faults(Path(file))
