"""Looking at every value of a table: what an engine must answer, and the engines that do."""

from __future__ import annotations

from .base import Can, Engine, Look, Misfit, Profiled
from .duckdb import DuckdbEngine

__all__ = ["Can", "DuckdbEngine", "Engine", "Look", "Misfit", "Profiled"]
