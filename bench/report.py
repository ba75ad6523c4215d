"""What a benchmark leaves behind: a table for people, JSON for tools."""

from __future__ import annotations

import json
import os
import platform
from pathlib import Path
from statistics import median

OUT = Path(__file__).parent / "out"


def row(name: str, seconds: list[float], unit: str = "s") -> str:
    """Return one line of the table: median, least and greatest of the rounds."""
    return f"{name:34} {median(seconds):9.3f} {unit:3} [{min(seconds):.3f} .. {max(seconds):.3f}]  n={len(seconds)}"


def save(ratios: dict[str, float], rounds: dict[str, list[float]]) -> Path:
    """Merge ``ratios`` and the rounds behind them into ``bench/out/latest.json`` and return its path."""
    OUT.mkdir(exist_ok=True)
    path = OUT / "latest.json"
    before = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    after = {
        "ratios": {**before.get("ratios", {}), **ratios},
        "rounds": {**before.get("rounds", {}), **rounds},
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
    }
    path.write_text(json.dumps(after, indent=2) + "\n", encoding="utf-8")
    return path
