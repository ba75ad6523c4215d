"""Benchmarks on the running stack: ``python -m bench [PART ...] [--rounds=N]``; without a part, the usual ones."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

from . import files, hook, profile, report, shapes, suite
from .stack import ground

ROUNDS = 5
_SAMPLES = {
    sample.name: sample
    for sample in (
        files.SMALL,
        files.FLIGHTS_X1,
        files.FLIGHTS_X3,
        files.FLIGHTS_X9,
        files.FLIGHTS_X27,
        files.WIDE,
        files.LONG,
        files.NUMBERS,
        *shapes.ALL,
        shapes.LONG,
    )
}


def main() -> None:
    """Run the parts named on the command line."""
    asked = _parser().parse_args()
    if "hook" in asked.parts:
        hook.main(asked.rounds or 30)
    elif "profile" in asked.parts:
        profile.show(ground(), _SAMPLES[asked.file])
    else:
        measure(_named(asked.parts), asked.rounds or ROUNDS)


def _named(parts: list[str]) -> list[str]:
    """Return the parts to measure; ``all`` stands for those that need not be named."""
    return [name for part in parts or ["all"] for name in (suite.PARTS if part == "all" else [part])]


def measure(parts: list[str], rounds: int) -> None:
    """Measure some parts, and print all figures that were saved, including earlier ones."""
    begun = time.monotonic()
    found = ground()
    told = ", ".join(f"{name} {value}" for name, value in found.server().items())
    print(f"{os.cpu_count()} cores; {told}; median of {rounds} rounds unless a table says otherwise", flush=True)
    known = {**suite.PARTS, **suite.EXTRA}
    for part in parts:
        print(f"\n{part}: {known[part].__doc__}", flush=True)
        known[part](found, rounds)
    saved = report.read()
    print(f"\n{report.files(saved['rounds'])}\n\n{report.targets(saved['ratios'], saved['measured_at'])}")
    print(f"\nwritten to {report.LATEST} after {(time.monotonic() - begun) / 60:.1f} minutes")


def _part(choices: list[str]) -> Callable[[str], str]:
    def part(name: str) -> str:
        if name not in choices:
            raise argparse.ArgumentTypeError(f"{name} is none of {', '.join(choices)}")
        return name

    return part


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    choices = ["all", *suite.PARTS, *suite.EXTRA, "profile", "hook"]
    parser.add_argument("parts", nargs="*", metavar="PART", type=_part(choices), help=", ".join(choices))
    parser.add_argument("--rounds", type=int, help=f"default: {ROUNDS}")
    parser.add_argument("--file", default=files.FLIGHTS_X1.name, choices=[*_SAMPLES], help="what `profile` loads")
    return parser


# the spawned processes of the readers import this module again
if __name__ == "__main__":
    main()
