"""Build `qsvdp`, the second engine, from the crates registry, and keep it where Cargo does; nothing if it is there.

Of its programs, only `qsvdp` can be built from there: all others need a changed crate that the registry does not have.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

VERSION = "16.1.0"
#: what this version needs
RUSTC = (1, 93)
#: half the time of the usual build; the environment may name other values
FASTER = {
    "CARGO_PROFILE_RELEASE_LTO": "off",
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_DEBUG": "false",
    "CARGO_PROFILE_RELEASE_STRIP": "symbols",
}


def main() -> int:
    """Build the binary, and say where it is."""
    built = _folder() / "bin" / "qsvdp"
    if not built.exists():
        if lack := _lack():
            print(lack, file=sys.stderr)
            return 1
        features = ["--no-default-features", "--features=datapusher_plus", "--bin=qsvdp"]
        command = ["cargo", "install", "--locked", "qsv", f"--version={VERSION}", *features, *sys.argv[1:]]
        if code := subprocess.run(command, check=False, env={**FASTER, **os.environ}).returncode:
            return code
    print(f"qsv is {built} ({built.stat().st_size / 2**20:.0f} MiB). Give this path to the option qsv_bin.")
    return 0


def _folder() -> Path:
    return Path(os.environ.get("CARGO_INSTALL_ROOT") or os.environ.get("CARGO_HOME") or Path.home() / ".cargo")


def _lack() -> str:
    """Return the sentence on what is missing to build it, if anything is."""
    if not shutil.which("cargo") or not shutil.which("rustc"):
        return "make qsv needs cargo and rustc 1.93 or newer, which are not on the PATH: https://rustup.rs"
    said = subprocess.run(["rustc", "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)\.(\d+)", said)
    if not found or (int(found[1]), int(found[2])) < RUSTC:
        return f"make qsv needs rustc 1.93 or newer; this is {said.strip() or 'one that does not say its version'}."
    return ""


if __name__ == "__main__":
    sys.exit(main())
