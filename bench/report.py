"""Results of the benchmarks: tables for people, and a JSON file for tools."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from statistics import median
from typing import Any

from .results import TARGETS

OUT = Path(__file__).parent / "out"
LATEST = OUT / "latest.json"


def row(name: str, values: list[float], unit: str = "s") -> str:
    """Return one line with median, minimum and maximum of the rounds."""
    return f"{name:34} {median(values):9.3f} {unit:3} [{min(values):.3f} .. {max(values):.3f}]  n={len(values)}"


def save(ratios: Mapping[str, float], rounds: Mapping[str, list[float]], **more: Any) -> Path:
    """Merge ``ratios`` and their rounds into ``bench/out/latest.json``, and return its path."""
    OUT.mkdir(exist_ok=True)
    before = read()
    now = datetime.now(timezone.utc).isoformat(timespec="seconds")
    after = {
        "ratios": {**before.get("ratios", {}), **ratios},
        "rounds": {**before.get("rounds", {}), **rounds},
        "measured_at": {**before.get("measured_at", {}), **dict.fromkeys(ratios, now)},
        "targets": {key: str(target) for key, target in TARGETS.items()},
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
        **{key: value for key, value in before.items() if key == "server"},
        **more,
    }
    LATEST.write_text(json.dumps(after, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return LATEST


def read() -> dict[str, Any]:
    """Return the saved results, empty when there are none."""
    return json.loads(LATEST.read_text(encoding="utf-8")) if LATEST.exists() else {}


def files(rounds: Mapping[str, list[float]]) -> str:
    """Return a table of the files: the median seconds of each way, and the ratio of ours to the others."""
    ways = ("ours", "floor", "naive", "plain")
    head = ["file", *(f"{way} s" for way in ways), *(f"ours/{way}" for way in ways[1:]), "rounds"]
    lines = [head, *([name, *_cells(name, ways, rounds)] for name in _names(rounds))]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        for line in lines
    )


def _names(rounds: Mapping[str, list[float]]) -> list[str]:
    return list(dict.fromkeys(key.split("/")[0] for key in rounds if "/" in key))


def _cells(name: str, ways: tuple[str, ...], rounds: Mapping[str, list[float]]) -> list[str]:
    seconds = {way: rounds[f"{name}/{way}"] for way in ways if rounds.get(f"{name}/{way}")}
    middle = {way: median(values) for way, values in seconds.items()}
    counts = [len(values) for values in seconds.values()]
    told = f"{counts[0]}" if len({*counts}) == 1 else "/".join(str(len(seconds.get(way, []))) for way in ways)
    return [
        *(f"{middle[way]:.3f}" if way in middle else "–" for way in ways),
        *(f"{middle['ours'] / middle[way]:.2f}" if {"ours", way} <= set(middle) else "–" for way in ways[1:]),
        told,
    ]


def targets(ratios: Mapping[str, float], measured_at: Mapping[str, str]) -> str:
    """Return a table of the targets: figure, limit, whether it is reached, and when it was measured."""
    lines = []
    for key, target in TARGETS.items():
        value = ratios.get(key)
        said = "not measured" if value is None else "reached" if target.reached(value) else "NOT REACHED"
        figure = "–" if value is None else f"{value:.3g}"
        lines.append(f"{target.what:44} {key:28} {figure:>8}  {target!s:>7}  {said:12} {measured_at.get(key, '')}")
    return "\n".join(lines)
