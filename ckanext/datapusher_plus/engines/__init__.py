"""Analysis of all values of a table: the interface of an engine, and the engines."""

from __future__ import annotations

from .base import Bounds, Can, Duplicates, Engine, Look, Misfit, Profiled
from .duckdb import DuckdbEngine

__all__ = ["Bounds", "Can", "DuckdbEngine", "Duplicates", "Engine", "Look", "Misfit", "Profiled"]
