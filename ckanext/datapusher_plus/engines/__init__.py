"""Analysis of all values of a table: the interface of an engine, and the engines."""

from __future__ import annotations

from .base import BadPattern, Can, Engine, Hits, Look, Misfit, Profiled, Sought
from .duckdb import DuckdbEngine

__all__ = ["BadPattern", "Can", "DuckdbEngine", "Engine", "Hits", "Look", "Misfit", "Profiled", "Sought"]
