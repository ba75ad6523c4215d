"""The ratios that are calculated from the seconds, and their targets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from statistics import median

from .files import FLIGHTS_X1, FLIGHTS_X9, FLIGHTS_X27, Sample

Rounds = Mapping[str, list[float]]

#: `flights` under another name, to be measured together with its multiples: only such measurements are compared.
ONCE = replace(FLIGHTS_X1, name="flights_x1")


@dataclass(frozen=True, slots=True)
class Target:
    """Limit of one figure."""

    what: str
    limit: float
    at_least: bool = False

    def reached(self, value: float) -> bool:
        """Return whether a figure is within the limit."""
        return value >= self.limit if self.at_least else value <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


#: In the order of printing.
TARGETS: Mapping[str, Target] = {
    "flights_ours_over_floor": Target("flights, ours / floor", 0.9),
    "flights_ours_over_floor_gist": Target("flights, ours / floor, both by GiST", 0.9),
    "flights_ours_over_naive": Target("flights, ours / naive", 0.40),
    "index_size_x": Target("size of the full-text index, GIN / GiST", 0.5),
    "search_x": Target("search for one word, GIN / GiST", 0.5),
    "upsert_x": Target("datastore_upsert of 1,000 rows, GIN / GiST", 1.5),
    "growth_per_row_x9": Target("flights x9 / flights, per row", 1.05),
    "growth_per_row_x27": Target("flights x27 / flights, per row", 1.1),
    "wide_ours_over_floor": Target("500 columns, ours / floor", 1),
    "long_text_ours_over_floor": Target("long texts, ours / floor", 1),
    "all_numeric_ours_over_floor": Target("only numbers, ours / floor", 1),
    "flights_xloader_over_ours": Target("flights, XLoader / ours", 4, at_least=True),
    "reader_wait_ms": Target("readers' longest wait at the exchange, ms", 50),
    "small_file_s": Target("6 rows, upload to complete, s", 1.5),
    "small_files_per_minute": Target("100 small files at once, a minute", 60, at_least=True),
    "peak_rss_mib": Target("peak memory of a run, flights x9 or x27, MiB", 300),
    "work_folder_over_clean_file": Target("work folder / clean file, flights x9 or x27", 1.2),
    "append_over_whole": Target("flights and a tenth more, added / whole", 1 / 3),
    "victim_s_most": Target("small file beside hostile input, s", 10),
    "statistics_over_without": Target("flights, with statistics / without", 1.1),
    "pii_over_without": Target("flights, with / without the search for personal data", 1.25),
    "indexes_over_without": Target("flights, with two automatic indexes / without", 1.3),
    "unchanged_s": Target("unchanged file, request to skipped, s", 0.5),
    "profile_ttfb_ms": Target("profile page of 1,598 columns, first byte, ms", 300),
    "words_query_x": Target("next of 10,000 columns, plain views / queue, SQL", 276, at_least=True),
    "words_http_x": Target("next of 100,000 columns, plain views / queue, HTTP", 15, at_least=True),
    "words_http_over_floor": Target("next of 10,000 columns / an answer without one, HTTP", 1.3),
    "words_stale": Target("answers that do not show the write just made", 0),
    "words_write_x": Target("a vote, with the queue / without", 1.3),
    "annotate_duplicates": Target("drafts that are there twice after 8 processes at once", 0),
    "annotate_again_rows": Target("drafts that a second pass adds", 0),
    "annotate_ms_per_column": Target("drafting, ms per column", 1),
    "thumbs_app_requests_warm": Target("40 datasets in a browser, requests to CKAN for their pictures", 0),
    "thumbs_queries": Target("listing of 20, 40 and 100 datasets, queries for pictures", 1),
    "thumbs_page_x": Target("listing of 40 datasets, with pictures / without", 1.05),
}


def of_files(seconds: Rounds) -> dict[str, float]:
    """Return the ratio of ours to each other way for each file, and the growth per row, if they were measured."""
    middle = {key: median(values) for key, values in seconds.items() if values}
    ratios = {}
    for key, value in middle.items():
        name, way = key.split("/")
        ours = middle.get(f"{name}/ours")
        if ours is not None and way != "ours":
            ratios[f"{name}_ours_over_{way}"] = ours / value
    return {**ratios, **_growth(middle)}


def _growth(middle: Mapping[str, float]) -> dict[str, float]:
    return {
        f"growth_per_row_x{sample.rows // ONCE.rows}": _per_row(middle, sample) / _per_row(middle, ONCE)
        for sample in (FLIGHTS_X9, FLIGHTS_X27)
        if {f"{ONCE.name}/ours", f"{sample.name}/ours"} <= set(middle)
    }


def _per_row(middle: Mapping[str, float], sample: Sample) -> float:
    return middle[f"{sample.name}/ours"] / sample.rows
