"""What the picture of a table shows: a chart with its values, ready to be drawn."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from .. import settings
from ..core.errors import IngestError, Transient
from ..core.safe_text import page_line
from ..core.statistics import ColumnStatistics, Measure
from ..datastore.sample import Sample, TooSlow, open_sample
from . import known
from .choose import MOST_BARS, charts
from .picture import CannotDrawNow, NothingToDraw

log = logging.getLogger(__name__)

#: Dots of a map, points of a line, and rows of the first cells.
_MOST_DOTS, _MOST_POINTS, _MOST_ROWS = 2000, 120, 5
#: Fewer values make no picture.
_FEWEST_DOTS, _FEWEST_POINTS = 1, 3
#: Characters of a text in a picture.
_LONGEST = 40
_NUMBER = r"-?\d{1,4}(?:\.\d+)?"
#: The first position of a shape, as Well-Known Text or GeoJSON.
_POSITION = re.compile(rf"[\[(]\s*({_NUMBER})[\s,]+({_NUMBER})")

#: Kind of chart and what it shows, as JSON values.
Drawing = dict[str, Any]


def drawing_of(resource_id: str) -> Drawing:
    """Return the chart of a resource's table.

    :raises NothingToDraw: when there is nothing that a picture may show.
    :raises CannotDrawNow: when the table cannot be read just now.
    """
    try:
        found = known.read(resource_id)
        with open_sample(resource_id, found.rows) as sample:
            return _first_with_values(found, sample)
    except (Transient, SQLAlchemyError) as error:
        log.warning("The table of resource %s could not be read for its picture", resource_id, exc_info=True)
        raise CannotDrawNow("The table could not be read; try again later.") from error
    except IngestError as error:
        raise NothingToDraw("There is no table that can be read.") from error


def _first_with_values(found: known.Known, sample: Sample) -> Drawing:
    site, slow = settings.current(), False
    for chart in charts(found.shown(sample.columns()), site.latitude_fields, site.longitude_fields):
        try:
            drawing = _MAKERS[chart.kind](chart.columns, sample)
        except TooSlow:
            slow = True
            continue
        if drawing:
            return drawing
    if slow:
        raise CannotDrawNow("Reading the table takes too long; try again later.")
    raise NothingToDraw("The table has nothing that a picture could show.")


def _places(columns: Sequence[ColumnStatistics], sample: Sample) -> Drawing | None:
    longitude, latitude = columns
    return _dots(sample.pairs(longitude.name, latitude.name, _MOST_DOTS))


def _shapes(columns: Sequence[ColumnStatistics], sample: Sample) -> Drawing | None:
    found = map(_POSITION.search, sample.texts(columns[0].name, _MOST_DOTS))
    return _dots([(float(match[1]), float(match[2])) for match in found if match])


def _dots(pairs: Sequence[tuple[float, float]]) -> Drawing | None:
    places = [(x, y) for x, y in pairs if abs(x) <= 180 and abs(y) <= 90]
    # 0, 0 mostly means that the place is not known
    known_places = [place for place in places if place != (0, 0)] or places
    if len(known_places) < _FEWEST_DOTS:
        return None
    return {"chart": "dots", "points": known_places}


def _line(columns: Sequence[ColumnStatistics], sample: Sample) -> Drawing | None:
    time, number = columns
    first, last = time.least or "", time.greatest or ""
    points = sample.means(time.name, number.name, (first, last), _MOST_POINTS)
    points = [point for point in points if all(map(math.isfinite, point))]
    if len(points) < _FEWEST_POINTS:
        return None
    title = f"{_text(number.name)} · {_text(time.name)}"
    return {"chart": "line", "title": title, "points": points, "ends": [_moment(first), _moment(last)]}


def _bars(columns: Sequence[ColumnStatistics], sample: Sample) -> Drawing | None:
    del sample
    column = columns[0]
    top = column.top
    if column.measure is Measure.BOOLEAN:
        top = (("true", column.true or 0), ("false", column.false or 0))
    bars = [[_text(value), count] for value, count in sorted(top, key=lambda each: -each[1])[:MOST_BARS]]
    return {"chart": "bars", "title": _text(column.name), "bars": bars}


def _histogram(columns: Sequence[ColumnStatistics], sample: Sample) -> Drawing | None:
    del sample
    column = columns[0]
    counts = [each.count for each in column.histogram]
    ends = [column.histogram[0].start, column.histogram[-1].end]
    return {"chart": "histogram", "title": _text(column.name), "counts": counts, "ends": ends} if any(counts) else None


def _cells(columns: Sequence[ColumnStatistics], sample: Sample) -> Drawing | None:
    rows = sample.first([each.name for each in columns], _MOST_ROWS)
    if not any(value and value.strip() for row in rows for value in row):
        return None
    return {
        "chart": "cells",
        "header": [_text(each.name) for each in columns],
        "rows": [[_text(value or "") for value in row] for row in rows],
        "numbers": [each.measure is Measure.NUMBER for each in columns],
    }


def _text(text: str) -> str:
    return page_line(text, _LONGEST)


def _moment(text: str) -> str:
    """Return the day of a time."""
    return text if text.endswith("BC") else text.partition(" ")[0]


_MAKERS = {"places": _places, "shapes": _shapes, "line": _line, "bars": _bars, "histogram": _histogram, "cells": _cells}
