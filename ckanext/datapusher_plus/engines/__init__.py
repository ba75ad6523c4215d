"""Analysis of all values of a table: the interface of an engine, the engines, and the choice of one."""

from __future__ import annotations

from .base import Can, Engine, Look, Misfit, Profiled
from .choice import Choice, engine
from .duckdb import DuckdbEngine
from .fallback import Fallback
from .qsv import QsvEngine

__all__ = ["Can", "Choice", "DuckdbEngine", "Engine", "Fallback", "Look", "Misfit", "Profiled", "QsvEngine", "engine"]
