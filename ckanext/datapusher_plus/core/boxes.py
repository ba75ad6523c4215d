"""Bounds of places, in degrees."""

from __future__ import annotations

#: west, south, east, north
Box = tuple[float, float, float, float]
