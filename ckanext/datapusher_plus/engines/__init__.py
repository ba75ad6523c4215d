"""Analysis of all values of a table: the interface of an engine, the engines, and the choice of one."""

from __future__ import annotations

from .base import BadPattern, Bounds, Can, Duplicates, Engine, Hits, Look, Misfit, Profiled, Sought
from .choice import Choice, engine
from .duckdb import DuckdbEngine
from .fallback import Fallback
from .qsv import QsvEngine

__all__ = [
    "BadPattern",
    "Bounds",
    "Can",
    "Choice",
    "DuckdbEngine",
    "Duplicates",
    "Engine",
    "Fallback",
    "Hits",
    "Look",
    "Misfit",
    "Profiled",
    "QsvEngine",
    "Sought",
    "engine",
]
