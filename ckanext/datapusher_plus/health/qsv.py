"""The program qsv, an engine that sites may have."""

from __future__ import annotations

import shutil
import subprocess

from .. import waits
from .finding import Verdict, ok, warn

_PROGRAMS = ("qsvdp", "qsv")


def version() -> Verdict:
    """Tell which qsv is there; nothing depends on it."""
    path = next(filter(None, map(shutil.which, _PROGRAMS)), None)
    if path is None:
        return ok("qsv is not installed; nothing here needs it.")
    try:
        done = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=waits.CHECK_QSV, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        return warn(f"{path} does not run: {error}.", "Install it anew, or remove it; nothing here needs it.")
    return ok(f"{path} is {' '.join(done.stdout.split()[:2])}; nothing here needs it.")
