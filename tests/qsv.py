"""The qsv of this machine, for the tests that need one, and programs that take its place for the others."""

from __future__ import annotations

import json
import os
import shlex
from pathlib import Path

from ckanext.datapusher_plus.engines.qsv_process import Program, QsvUnusable, usable

#: where `make qsv` puts it
BUILT = Path(os.environ.get("CARGO_HOME") or Path.home() / ".cargo") / "bin" / "qsvdp"


def here() -> Program | None:
    """Return the qsv of this machine, if it has one."""
    for named in ("", str(BUILT)):
        try:
            return usable(named)
        except QsvUnusable:
            continue
    return None


def script(folder: Path, does: str = "exit 3", version: str = "16.1.0") -> Program:
    """Return a program that tells its version as qsv does, and otherwise does what a shell script says."""
    return usable(str(written(folder, does, version)))


def written(folder: Path, does: str = "exit 3", version: str = "16.1.0") -> Path:
    """Write such a program, and return its path."""
    path = folder / "qsvlite"
    says = shlex.quote(f"qsvlite {version}-standard-1-1;1.00 GiB (x86_64 compiled with Rust 1.93)")
    about = shlex.quote(json.dumps({"binary": "qsvlite", "version": version}))
    path.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo {says} && exit\n[ "$1" = --capabilities ] && echo {about} && exit\n'
        f"{does}\n",
        encoding="utf-8",
    )
    path.chmod(0o755)
    return path
