"""Draw the chart of a table."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .canvas import ACCENT, AREA, GRID, INK, MUTED, Canvas

_MAP, _MAP_EDGE, _HEADER = "#f3f6f9", "#c9d1da", "#e8eef5"


def draw(drawing: dict[str, Any], folder: Path, widths: Sequence[int]) -> dict[int, tuple[str, int, int]]:
    """Write a chart in several widths into the folder, each named by its width, and return types and sizes."""
    made = {}
    for width in widths:
        canvas = Canvas(width)
        _CHARTS[drawing["chart"]](canvas, drawing)
        canvas.save(folder / str(width))
        made[width] = ("image/png", canvas.width, canvas.height)
    return made


def _titled(canvas: Canvas, title: str) -> float:
    """Write the title, and return where the space below it begins."""
    canvas.text(canvas.margin, canvas.margin, title, INK, "la", room=canvas.width - 2 * canvas.margin, bold=True)
    return canvas.margin + canvas.size * 1.7


def _bars(canvas: Canvas, drawing: dict[str, Any]) -> None:
    top, bottom = _titled(canvas, drawing["title"]), canvas.height - canvas.margin
    room = bottom - top
    shown = drawing["bars"][: max(1, int(room / (canvas.size * 1.35)))]
    slot = min(room / len(shown), canvas.size * 3.2)
    top += (room - slot * len(shown)) / 2
    counts = [compact(count) for _, count in shown]
    names = min(max(canvas.measure(name) for name, _ in shown), canvas.width * 0.38)
    left = canvas.margin + names + canvas.size * 0.6
    right = canvas.width - canvas.margin - max(map(canvas.measure, counts)) - canvas.size * 0.5
    most = max(count for _, count in shown) or 1
    for at, (name, count) in enumerate(shown):
        middle = top + slot * (at + 0.5)
        end, half = left + (right - left) * count / most, slot * 0.36
        canvas.text(left - canvas.size * 0.6, middle, name, INK, "rm", room=names + 1)
        canvas.box(left, middle - half, end, middle + half, ACCENT, 1)
        canvas.text(max(end, left + 1) + canvas.size * 0.4, middle, counts[at], MUTED, room=canvas.width)


def _histogram(canvas: Canvas, drawing: dict[str, Any]) -> None:
    top, counts = _titled(canvas, drawing["title"]), drawing["counts"]
    left, right = canvas.margin, canvas.width - canvas.margin
    base = _ends(canvas, drawing["ends"], left, right)
    slot, most = (right - left) / len(counts), max(counts)
    for at, count in enumerate(counts):
        if count:
            x = left + slot * at
            canvas.box(x + slot * 0.04, base - max((base - top) * count / most, 1.5), x + slot * 0.96, base, ACCENT)
    canvas.line([(left, base), (right, base)], MUTED, 0.7)


def _line(canvas: Canvas, drawing: dict[str, Any]) -> None:
    top, points = _titled(canvas, drawing["title"]) + canvas.size * 0.4, drawing["points"]
    values = [value for _, value in points]
    low, high = min(values), max(values)
    labels = [compact(high), compact(low)]
    left = canvas.margin + max(map(canvas.measure, labels)) + canvas.size * 0.5
    right = canvas.width - canvas.margin
    base = _ends(canvas, drawing["ends"], left, right)
    floor = base - canvas.size * 0.6
    span = high - low
    heights = [(value - low) / span if 0 < span < math.inf else 0.5 for value in values]
    path = [
        (left + (right - left) * x, floor - (floor - top) * height)
        for (x, _), height in zip(points, heights, strict=True)
    ]
    for y, label in ((top, labels[0]), (floor, labels[1])) if span else ((path[0][1], labels[0]),):
        canvas.line([(left, y), (right, y)], GRID, 1)
        canvas.text(left - canvas.size * 0.5, y, label, MUTED, "rm", room=canvas.width)
    canvas.area([(path[0][0], base), *path, (path[-1][0], base)], AREA)
    canvas.line(path, ACCENT, max(1.5, canvas.width / 300))
    canvas.line([(left, base), (right, base)], MUTED, 0.7)


def _ends(canvas: Canvas, ends: Sequence[str], left: float, right: float) -> float:
    """Write the values at both ends of an axis, and return where the axis is."""
    middle, half = canvas.height - canvas.margin - canvas.size * 0.4, (right - left) / 2 - canvas.size * 0.5
    canvas.text(left, middle, ends[0], MUTED, "lm", room=half)
    canvas.text(right, middle, ends[1], MUTED, "rm", room=half)
    return canvas.height - canvas.margin - canvas.size * 1.15


def _dots(canvas: Canvas, drawing: dict[str, Any]) -> None:
    points, edge = drawing["points"], canvas.margin
    canvas.box(edge / 2, edge / 2, canvas.width - edge / 2, canvas.height - edge / 2, _MAP, edge / 2)
    west, east = min(x for x, _ in points), max(x for x, _ in points)
    south, north = min(y for _, y in points), max(y for _, y in points)
    # at this latitude a degree of longitude is shorter than one of latitude
    narrower = max(math.cos(math.radians((south + north) / 2)), 0.1)
    inner = 2.5 * edge
    scale = min(
        (canvas.width - 2 * inner) / max((east - west) * narrower, 1e-6),
        (canvas.height - 2 * inner) / max(north - south, 1e-6),
    )
    radius = max(1.6, canvas.width / 300 * (4 if len(points) < 30 else 2 if len(points) < 300 else 1))
    for x, y in points:
        across = canvas.width / 2 + (x - (west + east) / 2) * narrower * scale
        down = canvas.height / 2 - (y - (south + north) / 2) * scale
        canvas.dot(across, down, radius, ACCENT, _MAP if len(points) < 300 else None)


def _cells(canvas: Canvas, drawing: dict[str, Any]) -> None:
    rows, columns = [drawing["header"], *drawing["rows"]], len(drawing["header"])
    left, top = canvas.margin, canvas.margin
    right, bottom = canvas.width - left, canvas.height - top
    height, gap = min((bottom - top) / len(rows), canvas.size * 2.4), canvas.size * 0.5
    widths = _shares(
        [max(canvas.measure(row[at]) for row in rows) + 2 * gap + 2 for at in range(columns)], right - left
    )
    canvas.box(left, top, right, top + height, _HEADER, 2)
    for at, row in enumerate(rows):
        y, x = top + height * at, left
        for width, text, is_number in zip(widths, row, drawing["numbers"], strict=True):
            place, anchor = (x + width - gap, "rm") if is_number else (x + gap, "lm")
            canvas.text(place, y + height / 2, text, MUTED if at else INK, anchor, room=width - 2 * gap, bold=not at)
            x += width
        canvas.line([(left, y + height), (right, y + height)], GRID, 1)


def _shares(wanted: Sequence[float], room: float) -> list[float]:
    """Return the widths of columns that fill the room; only columns wider than an equal share are cut."""
    left, widths = room, dict.fromkeys(range(len(wanted)), 0.0)
    for number, at in enumerate(sorted(widths, key=wanted.__getitem__)):
        widths[at] = min(wanted[at], left / (len(wanted) - number))
        left -= widths[at]
    return [widths[at] + left / len(wanted) for at in range(len(wanted))]


def compact(number: float) -> str:
    """Return a number with three digits and a letter for thousands."""
    if abs(number) >= 1e15:
        return f"{number:.1e}"
    # a number of four digits is written in full
    for size, letter, least in ((1e12, "T", 1e12), (1e9, "G", 1e9), (1e6, "M", 1e6), (1e3, "k", 1e4)):
        if abs(number) >= least:
            return f"{number / size:.0f}{letter}" if abs(number) >= 100 * size else f"{number / size:.3g}{letter}"
    return f"{number:.4g}" if number == int(number) else f"{number:.3g}"


_CHARTS: dict[str, Callable[[Canvas, dict[str, Any]], None]] = {
    "bars": _bars,
    "histogram": _histogram,
    "line": _line,
    "dots": _dots,
    "cells": _cells,
}
