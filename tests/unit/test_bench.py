"""What the benchmarks reckon with: files that are the same everywhere, and ratios that mean what they say."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import pytest

from bench import files, memory, readers, report, results, shapes, suite
from bench.readers import Answer

MADE: dict[str, tuple[Callable[[], Iterator[files.Row]], str]] = {
    "small": (files.small_rows, "fe08b72e8081b302"),
    "wide": (partial(files.wide_rows, 20), "098c8eacc7a45a03"),
    "long": (partial(files.long_rows, 20), "b1e9ad83fc2f0f56"),
    "numbers": (partial(files.number_rows, 20), "1465f6d78372c04d"),
    "very wide": (lambda: islice(shapes.very_wide_rows(), 20), "da7556b81a73c4e9"),
    "mostly empty": (lambda: islice(shapes.sparse_rows(), 20), "6356cebc32f8b4b7"),
    "dates": (lambda: islice(shapes.date_rows(), 20), "89ca1f842c61a388"),
    "sheet": (lambda: islice(shapes.sheet_rows(), 20), "c860c4a589f677db"),
    "very long": (lambda: islice(shapes.long_rows(), 20), "df3d81ff0331a87f"),
}


@pytest.mark.parametrize("name", MADE)
def test_made_files_are_the_same_on_every_machine(name: str, tmp_path: Path) -> None:
    rows, digest = MADE[name]
    files.write_rows(tmp_path / "made.csv", rows())
    assert hashlib.sha256((tmp_path / "made.csv").read_bytes()).hexdigest()[:16] == digest


def test_a_sample_has_the_rows_and_columns_that_it_claims(tmp_path: Path) -> None:
    header, *rows = files.SMALL.path(tmp_path).read_text().splitlines()
    assert (len(rows), header.count(",") + 1) == (files.SMALL.rows, files.SMALL.columns)


def test_flights_are_repeated_below_one_header(tmp_path: Path) -> None:
    files.write_flights(tmp_path / "twice.csv", 2)
    text = (tmp_path / "twice.csv").read_bytes()
    assert (text.count(b"\n2013,"), text.count(b"year,")) == (2 * 336_776, 1)


def test_ratios_are_of_the_medians_of_one_file() -> None:
    seconds = {"flights/ours": [9.0, 1.0, 4.0], "flights/floor": [8.0, 5.0, 2.0], "wide/naive": [1.0]}
    assert results.of_files(seconds) == {"flights_ours_over_floor": 0.8}


def test_growth_is_per_row() -> None:
    seconds = {"flights_x1/ours": [2.0], "flights_x9/ours": [27.0], "flights_x27/ours": [108.0]}
    growth = {"growth_per_row_x9": pytest.approx(1.5), "growth_per_row_x27": pytest.approx(2)}
    assert results.of_files(seconds) == growth


def test_a_converted_workbook_has_the_rows_that_were_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "XLSX_ROWS", 50)
    shapes.write_xlsx(tmp_path / "made")
    shapes.xlsx_to_csv(tmp_path / "made", tmp_path / "back.csv")
    files.write_rows(tmp_path / "expected.csv", shapes.sheet_rows())
    assert (tmp_path / "back.csv").read_text() == (tmp_path / "expected.csv").read_text()


def test_long_parts_run_only_where_they_are_named() -> None:
    assert {"rows_20m", "growth_x27", "peers"} <= set(suite.EXTRA)
    assert set(suite.EXTRA).isdisjoint(suite.PARTS)


def test_every_figure_asked_for_has_a_target() -> None:
    asked = {
        "flights_ours_over_floor": "≤ 0.9",
        "flights_ours_over_floor_gist": "≤ 0.9",
        "flights_ours_over_naive": "≤ 0.4",
        "index_size_x": "≤ 0.5",
        "search_x": "≤ 0.5",
        "upsert_x": "≤ 1.5",
        "growth_per_row_x9": "≤ 1.05",
        "growth_per_row_x27": "≤ 1.1",
        "wide_ours_over_floor": "≤ 1",
        "long_text_ours_over_floor": "≤ 1",
        "all_numeric_ours_over_floor": "≤ 1",
        "flights_xloader_over_ours": "≥ 4",
        "reader_wait_ms": "≤ 50",
        "small_file_s": "≤ 1.5",
        "small_files_per_minute": "≥ 60",
        "peak_rss_mib": "≤ 300",
        "victim_s_most": "≤ 10",
        "profile_ttfb_ms": "≤ 300",
    }
    assert {key: str(results.TARGETS[key]) for key in asked} == asked


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("peak_rss_mib", 300.0, "reached"),
        ("peak_rss_mib", 300.1, "NOT REACHED"),
        ("small_files_per_minute", 59.0, "NOT REACHED"),
        ("small_files_per_minute", 61.0, "reached"),
    ],
)
def test_the_table_says_what_is_reached(key: str, value: float, said: str) -> None:
    line = next(line for line in report.targets({key: value}, {}).splitlines() if key in line)
    assert line.rstrip().endswith(f"  {said}")


def test_the_wait_at_the_exchange_is_the_longest_around_the_first_answer_from_the_new_table() -> None:
    waits = [(1.0, 1.4, 1), (8.5, 8.52, 1), (9.5, 9.53, 1), (9.99, 10.0, 2), (12.0, 12.9, 2)]
    at, before = readers.longest([Answer(*wait) for wait in waits])
    assert (at, before) == (pytest.approx(30), pytest.approx(20))


def test_memory_is_that_of_the_process() -> None:
    seen = memory.usage(os.getpid())
    assert 0 < seen.pss <= seen.rss <= seen.high


def test_a_process_that_has_ended_uses_nothing() -> None:
    assert memory.usage(2**22 + 1) == memory.Usage()
