"""Benchmarks on the running stack: ``python -m bench [PART] [--rounds=N]``."""

from __future__ import annotations

import argparse
import os
import time

from . import files, hook, profile, report, suite
from .stack import ground

ROUNDS = 5
_SAMPLES = {
    sample.name: sample
    for sample in (
        files.SMALL,
        files.FLIGHTS_X1,
        files.FLIGHTS_X3,
        files.FLIGHTS_X9,
        files.WIDE,
        files.LONG,
        files.NUMBERS,
    )
}


def main() -> None:
    """Run the parts named on the command line."""
    asked = _parser().parse_args()
    if asked.part == "hook":
        hook.main(asked.rounds or 30)
    elif asked.part == "profile":
        profile.show(ground(), _SAMPLES[asked.file])
    else:
        measure([*suite.PARTS] if asked.part == "all" else [asked.part], asked.rounds or ROUNDS)


def measure(parts: list[str], rounds: int) -> None:
    """Measure some parts, and print all figures that were saved, including earlier ones."""
    begun = time.monotonic()
    found = ground()
    told = ", ".join(f"{name} {value}" for name, value in found.server().items())
    print(f"{os.cpu_count()} cores; {told}; median of {rounds} rounds unless a table says otherwise", flush=True)
    for part in parts:
        print(f"\n{part}: {suite.PARTS[part].__doc__}", flush=True)
        suite.PARTS[part](found, rounds)
    saved = report.read()
    print(f"\n{report.files(saved['rounds'])}\n\n{report.targets(saved['ratios'], saved['measured_at'])}")
    print(f"\nwritten to {report.LATEST} after {(time.monotonic() - begun) / 60:.1f} minutes")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("part", nargs="?", default="all", choices=["all", *suite.PARTS, "profile", "hook"])
    parser.add_argument("--rounds", type=int, help=f"default: {ROUNDS}")
    parser.add_argument("--file", default=files.FLIGHTS_X1.name, choices=[*_SAMPLES], help="what `profile` loads")
    return parser


# the spawned processes of the readers import this module again
if __name__ == "__main__":
    main()
