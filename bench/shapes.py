"""Files of odd shapes and of other formats, the same on every machine, and how one converts them to CSV by hand."""

from __future__ import annotations

import csv
import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path

from .files import FLIGHTS_X1, Row, Sample

VERY_WIDE_ROWS, VERY_WIDE_COLUMNS = 500, 1_598
SPARSE_ROWS, SPARSE_COLUMNS = 100_000, 30
DATES_ROWS, DATES_COLUMNS = 100_000, 8
XLSX_ROWS, XLSX_COLUMNS = 100_000, 10
FEATURES = 50_000
LONG_ROWS = 20_000_000

#: Of so many values of the mostly empty file one is there.
_ONE_IN = 20
_FIRST_DAY = datetime(1990, 1, 1, tzinfo=timezone.utc)
_PLACES = ("harbour", "market", "mill", "park", "school", "station", "tower", "weir")


def very_wide_rows() -> Iterator[Row]:
    """Yield a header and rows of as many columns as CKAN's table can have: numbers, and a word in every fifth.

    A third of the values is missing, because PostgreSQL's rows have at most 8 kB.
    """
    rng = random.Random(1598)
    yield [f"{'word' if at % 5 == 4 else 'value'}_{at:04}" for at in range(VERY_WIDE_COLUMNS)]
    for _ in range(VERY_WIDE_ROWS):
        yield ["" if rng.random() * 3 < 1 else _word_or_number(rng, at, 100) for at in range(VERY_WIDE_COLUMNS)]


def _word_or_number(rng: random.Random, at: int, most: int) -> object:
    return _PLACES[int(rng.random() * len(_PLACES))] if at % 5 == 4 else int(rng.random() * most)


def sparse_rows() -> Iterator[Row]:
    """Yield a header and rows of which one value in twenty is there."""
    rng = random.Random(95)
    yield ("number", *(f"{'word' if at % 2 else 'value'}_{at:02}" for at in range(1, SPARSE_COLUMNS)))
    for number in range(1, SPARSE_ROWS + 1):
        yield (number, *(_rare(rng, at) for at in range(1, SPARSE_COLUMNS)))


def _rare(rng: random.Random, at: int) -> object:
    if rng.random() * _ONE_IN >= 1:
        return ""
    return _PLACES[int(rng.random() * len(_PLACES))] if at % 2 else int(rng.random() * 1000)


def date_rows() -> Iterator[Row]:
    """Yield a header and rows that have only dates, and dates with a time."""
    rng = random.Random(31)
    yield [f"{'at' if at % 2 else 'day'}_{at}" for at in range(DATES_COLUMNS)]
    for _ in range(DATES_ROWS):
        yield [_moment(rng, at) for at in range(DATES_COLUMNS)]


def _moment(rng: random.Random, at: int) -> str:
    day = _FIRST_DAY + timedelta(days=int(rng.random() * 13_000))
    return f"{day + timedelta(seconds=int(rng.random() * 86_400)):%Y-%m-%dT%H:%M:%S}" if at % 2 else f"{day:%Y-%m-%d}"


def sheet_rows() -> Iterator[Row]:
    """Yield a header and rows of numbers, with a word in every fifth column."""
    rng = random.Random(10)
    yield [f"{'word' if at % 5 == 4 else 'value'}_{at}" for at in range(XLSX_COLUMNS)]
    for _ in range(XLSX_ROWS):
        yield [_word_or_number(rng, at, 10_000) for at in range(XLSX_COLUMNS)]


def long_rows() -> Iterator[Row]:
    """Yield a header and very many short rows."""
    yield ("number", "place", "value")
    yield from ((number, _PLACES[number * 7919 % 8], number * 104_729 % 1000) for number in range(1, LONG_ROWS + 1))


def write_csv(rows: Iterator[Row], path: Path) -> None:
    """Write rows as CSV without quoting, some at a time."""
    with path.open("w", encoding="utf-8", newline="") as file:
        while some := list(islice(rows, 10_000)):
            file.writelines(",".join(map(str, row)) + "\n" for row in some)


def write_xlsx(path: Path) -> None:
    """Write a workbook with one sheet of a million cells."""
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), {"constant_memory": True}) as book:
        sheet = book.add_worksheet("Data")
        for at, row in enumerate(sheet_rows()):
            sheet.write_row(at, 0, row)


def write_parquet(path: Path) -> None:
    """Write `flights` as Parquet, with the types that a reader of CSV finds."""
    import duckdb

    read = f"read_csv('{FLIGHTS_X1.path(path.parent)}', nullstr = 'NA')"
    duckdb.sql(f"COPY (FROM {read}) TO '{path}' (FORMAT parquet)")


def write_geojson(path: Path) -> None:
    """Write points with a few properties."""
    rng = random.Random(50)
    with path.open("w", encoding="utf-8") as file:
        file.write('{"type": "FeatureCollection", "features": [\n')
        for number in range(1, FEATURES + 1):
            point = [round(rng.random() * 20 - 5, 6), round(rng.random() * 15 + 40, 6)]
            feature = {
                "type": "Feature",
                "properties": {"number": number, "kind": _PLACES[number % 8], "height": int(rng.random() * 500)},
                "geometry": {"type": "Point", "coordinates": point},
            }
            file.write(json.dumps(feature) + (",\n" if number < FEATURES else "\n"))
        file.write("]}\n")


def xlsx_to_csv(source: Path, target: Path) -> None:
    """Convert the workbook's sheet with the fastest reader for Python."""
    from python_calamine import CalamineWorkbook

    rows = CalamineWorkbook.from_path(str(source)).get_sheet_by_index(0).to_python()
    with target.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([_whole(value) for value in row] for row in rows)


def _whole(value: object) -> object:
    # the reader knows only one type of number
    return int(value) if isinstance(value, float) and value.is_integer() else value


def parquet_to_csv(source: Path, target: Path) -> None:
    """Convert a Parquet file with DuckDB."""
    import duckdb

    options = "HEADER, TIMESTAMPFORMAT '%Y-%m-%dT%H:%M:%S'"
    duckdb.sql(f"COPY (FROM '{source}') TO '{target}' (FORMAT csv, {options})")


VERY_WIDE = Sample(
    name="very_wide",
    rows=VERY_WIDE_ROWS,
    columns=VERY_WIDE_COLUMNS,
    write=lambda path: write_csv(very_wide_rows(), path),
)
SPARSE = Sample(
    name="mostly_empty", rows=SPARSE_ROWS, columns=SPARSE_COLUMNS, write=lambda path: write_csv(sparse_rows(), path)
)
DATES = Sample(
    name="all_dates", rows=DATES_ROWS, columns=DATES_COLUMNS, write=lambda path: write_csv(date_rows(), path)
)
XLSX = Sample(name="xlsx", rows=XLSX_ROWS, columns=XLSX_COLUMNS, format="xlsx", write=write_xlsx, by_hand=xlsx_to_csv)
PARQUET = Sample(
    name="flights_parquet",
    rows=FLIGHTS_X1.rows,
    columns=FLIGHTS_X1.columns,
    format="parquet",
    write=write_parquet,
    by_hand=parquet_to_csv,
)
GEOJSON = Sample(name="geojson", rows=FEATURES, columns=4, format="geojson", write=write_geojson)
#: Loaded only where the command names it: it takes minutes, and 700 MB of disk for each table.
LONG = Sample(name="rows_20m", rows=LONG_ROWS, columns=3, write=lambda path: write_csv(long_rows(), path))
ALL = (VERY_WIDE, SPARSE, DATES, XLSX, PARQUET, GEOJSON)
