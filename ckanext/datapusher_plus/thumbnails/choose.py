"""Which chart shows a table, by the statistics of its columns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from ..core import extent
from ..core.statistics import ColumnStatistics, Measure, Withheld
from ..core.values import ColumnSpec

#: A column with so many different values is shown as bars.
FEWEST_BARS, MOST_BARS = 2, 12
#: Columns of the first cells.
MOST_CELLS = 4

_SHAPES = frozenset({"geometry", "the_geom", "geom", "wkt", "geojson", "shape", "geo_shape", "geo_point", "location"})
#: Numbers with such names count nothing.
_CODES = re.compile(r"(^|[_\W])(id|ids|key|code|no|nr|number|zip|postcode|plz|phone|fid|objectid|gid|uuid)$", re.I)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One way to show a table."""

    #: places, shapes, line, bars, histogram or cells
    kind: str
    columns: tuple[ColumnStatistics, ...] = field(default=())


def charts(columns: Sequence[ColumnStatistics], latitudes: Sequence[str], longitudes: Sequence[str]) -> Iterator[Chart]:
    """Yield the charts that fit a table, the most telling first.

    :param columns: those whose values may be shown.
    :param latitudes: names of such columns, the most certain first; ``longitudes`` in the same way.
    """
    yield from _places(columns, latitudes, longitudes)
    time = next((each for each in columns if each.measure is Measure.TIME and each.distinct > 2), None)
    coordinates = {name.lower() for name in (*latitudes, *longitudes)}
    numbers = [each for each in columns if _counts(each) and each.name.lower() not in coordinates]
    if time is not None and time.least and time.greatest and numbers:
        yield Chart(kind="line", columns=(time, numbers[0]))
    few = sorted(filter(_is_few, columns), key=lambda each: each.measure is Measure.NUMBER)
    if few:
        yield Chart(kind="bars", columns=(few[0],))
    if numbers and numbers[0].histogram:
        yield Chart(kind="histogram", columns=(numbers[0],))
    cells = [each for each in columns if not (each.withheld and each.measure is Measure.TEXT)]
    if cells:
        yield Chart(kind="cells", columns=tuple(cells[:MOST_CELLS]))


def _places(
    columns: Sequence[ColumnStatistics], latitudes: Sequence[str], longitudes: Sequence[str]
) -> Iterator[Chart]:
    specs = [ColumnSpec(name=each.name, type=each.type, cast="", comment=None) for each in columns]
    names = [each.name for each in columns]
    found = extent.pair(specs, names, latitudes, longitudes)
    if found is not None and not (extent.is_weak(names, *found) and extent.are_sizes(names)):
        latitude, longitude = (columns[at] for at in found)
        if _is_within(latitude, 90) and _is_within(longitude, 180):
            yield Chart(kind="places", columns=(longitude, latitude))
    for each in columns:
        if each.name.lower() in _SHAPES and each.measure is Measure.TEXT and each.filled:
            yield Chart(kind="shapes", columns=(each,))


def _is_within(column: ColumnStatistics, most: int) -> bool:
    try:
        return -most <= float(column.least or "nan") and float(column.greatest or "nan") <= most
    except ValueError:
        return False


def _counts(column: ColumnStatistics) -> bool:
    """Return whether a column has numbers that count or measure something, not the numbers of its rows."""
    if column.measure is not Measure.NUMBER or column.distinct < FEWEST_BARS or _CODES.search(column.name):
        return False
    if column.withheld is not Withheld.UNIQUE:
        return True
    try:
        return int(column.greatest or "") - int(column.least or "") + 1 != column.filled
    except ValueError:
        return True


def _is_few(column: ColumnStatistics) -> bool:
    if column.measure is Measure.BOOLEAN:
        return bool(column.true) and bool(column.false)
    fits = FEWEST_BARS <= column.distinct <= MOST_BARS and len(column.top) >= FEWEST_BARS
    return fits and column.measure is not Measure.TIME
