"""Analysis of all values of a table: the interface of an engine, and the engines."""

from __future__ import annotations

from .base import Can, Engine, Look, Misfit, Profiled
from .duckdb import DuckdbEngine

__all__ = ["Can", "DuckdbEngine", "Engine", "Look", "Misfit", "Profiled"]
