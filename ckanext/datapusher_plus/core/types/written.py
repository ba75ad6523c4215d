"""How the numbers and dates of a file are written, as it was found or set, for the people who may set it otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ..values import ColumnProfile, ColumnSpec
from .column_kind import Hints, Kind, Reading, read
from .notations import DAY_FIRST, ISO, MONTH_FIRST, PLAIN, POINTED, YEAR_FIRST, Days, Numbers

DECIMAL, DATES = "decimal", "dates"
POINT, COMMA, UNCLEAR = "point", "comma", "unclear"
_DECIMALS = {".": POINT, ",": COMMA}
_ORDERS = {
    DAY_FIRST: "day_first",
    POINTED: "day_first",
    MONTH_FIRST: "month_first",
    ISO: "year_first",
    YEAR_FIRST: "year_first",
}
#: before the order of dates that the file does not show, so that the site's setting decided
ASSUMED = "assumed_"


def written(profiles: Sequence[ColumnProfile], specs: Sequence[ColumnSpec], hints: Hints) -> dict[str, str]:
    """Return how the numbers and dates of all columns are written; without what no column shows.

    Several ways in one file are separated by blanks: ``{"decimal": "comma", "dates": "day_first year_first"}``.
    Columns whose type the file itself declares, as in workbooks, show nothing.
    """
    readings = [
        (read(profile, hints), spec) for profile, spec in zip(profiles, specs, strict=True) if not profile.declared
    ]
    found = {
        DECIMAL: _joined(word for reading, spec in readings for word in _decimals(reading, spec)),
        DATES: _joined(word for reading, spec in readings for word in _orders(reading, spec)),
    }
    return {name: words for name, words in found.items() if words}


def _decimals(reading: Reading, spec: ColumnSpec) -> Iterator[str]:
    if spec.type == "text":
        if reading.doubtful:
            yield UNCLEAR
    elif isinstance(reading.notation, Numbers) and _shows_decimal(reading):
        yield _DECIMALS[reading.notation.decimal]


def _shows_decimal(reading: Reading) -> bool:
    # a whole number shows the separator only by those between its thousands
    return reading.kind is Kind.FLOAT or (reading.kind is Kind.INTEGER and reading.notation is not PLAIN)


def _orders(reading: Reading, spec: ColumnSpec) -> Iterator[str]:
    if spec.type != "text" and isinstance(reading.notation, Days) and reading.notation in _ORDERS:
        yield f"{ASSUMED if reading.doubtful else ''}{_ORDERS[reading.notation]}"


def _joined(words: Iterable[str]) -> str:
    return " ".join(dict.fromkeys(words))
