"""The parts of `make bench`: each measures, prints and saves its results, and can be run alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import median

from . import (
    crowd,
    files,
    growing,
    hostile,
    index_methods,
    measures,
    options,
    peers,
    pictures,
    profile_page,
    readers,
    report,
    results,
    shapes,
    small,
    words,
)
from .files import Sample
from .measures import Turns
from .memory import Peak
from .stack import Ground
from .subject import Subject, introduce

#: Factor for the number of rounds of measurements that take only about a second.
_MORE = 4
#: Rounds of the slowest ways, which have no target: with all rounds they would take twice as long as everything else.
_FEWER_X3 = {"naive": 1}
_FEWER_X9 = {"naive": 1, "floor": 3}

Part = Callable[[Ground, int], None]


def flights(ground: Ground, rounds: int) -> None:
    """Load `flights` in every way."""
    seconds = measures.take(ground, [Turns(introduce(ground, files.FLIGHTS_X1), rounds)])
    _tell_files(ground, seconds, results.of_files(seconds))


def growth(ground: Ground, rounds: int) -> None:
    """Load `flights`, and files with three and nine times its rows, in turns; measure the memory of the largest."""
    once, thrice, nine_times = (
        introduce(ground, sample) for sample in (results.ONCE, files.FLIGHTS_X3, files.FLIGHTS_X9)
    )
    turns = [
        Turns(once, rounds, ways=("ours",)),
        Turns(thrice, rounds, fewer=_FEWER_X3),
        Turns(nine_times, rounds, fewer=_FEWER_X9),
    ]
    peaks: list[Peak] = []
    seconds = measures.take(ground, turns, peaks)
    _tell_files(ground, seconds, {**results.of_files(seconds), **_memory(nine_times, peaks)})


def other(ground: Ground, rounds: int) -> None:
    """Load files of other shapes in turns: six rows, very wide, long texts, only numbers."""
    samples = (files.SMALL, files.WIDE, files.LONG, files.NUMBERS)
    seconds = measures.take(ground, [Turns(introduce(ground, sample), rounds) for sample in samples])
    _tell_files(ground, seconds, results.of_files(seconds))


def shaped(ground: Ground, rounds: int) -> None:
    """Load files of odd shapes and of other formats in turns."""
    _load_shapes(ground, rounds, shapes.ALL)


def very_long(ground: Ground, rounds: int) -> None:
    """Load 20 million rows of three columns once, by the plugin and by hand."""
    del rounds
    _load_shapes(ground, 1, [shapes.LONG])


def _load_shapes(ground: Ground, rounds: int, samples: Sequence[Sample]) -> None:
    turns = [
        Turns(introduce(ground, sample), rounds, ways=("ours", "floor") if sample.comparable else ("ours",))
        for sample in samples
    ]
    seconds = measures.take(ground, turns)
    _tell_files(ground, seconds, results.of_files(seconds))


def _one_shape(sample: Sample) -> Part:
    def part(ground: Ground, rounds: int) -> None:
        _load_shapes(ground, rounds, [sample])

    part.__doc__ = f"Load {sample.name} alone: {sample.rows:,} rows, {sample.columns:,} columns, as {sample.format}."
    return part


def grown_far(ground: Ground, rounds: int) -> None:
    """Load `flights` and a file with 27 times its rows in turns, by the plugin only; memory of the larger one."""
    once, far = (introduce(ground, sample) for sample in (results.ONCE, files.FLIGHTS_X27))
    peaks: list[Peak] = []
    turns = [Turns(once, rounds, ways=("ours",)), Turns(far, rounds, ways=("ours",))]
    seconds = measures.take(ground, turns, peaks)
    _tell_files(ground, seconds, {**results.of_files(seconds), **_memory(far, peaks)})


def others(ground: Ground, rounds: int) -> None:
    """Load `flights` and six rows by XLoader, dlt and csvkit, on the same servers."""
    ratios, seconds = peers.measure(ground, rounds)
    _tell(ground, ratios, seconds)
    _tell_ratios(ratios)


def searchable(ground: Ground, rounds: int) -> None:
    """Load `flights` with a full-text search of all columns, of text columns only, and without one."""
    turns = []
    for choice in ("all", "text", "none"):
        sample = replace(files.FLIGHTS_X1, name=f"flights_search_{choice}")
        turns.append(Turns(introduce(ground, sample, dpp_full_text=choice), rounds, ways=("ours",)))
    seconds = measures.take(ground, turns)
    _tell_files(ground, seconds, {})


def reading(ground: Ground, rounds: int) -> None:
    """Reload `flights` while 8 processes read it."""
    subject = introduce(ground, files.FLIGHTS_X1)
    found = [readers.measure(ground, subject) for _ in range(rounds)]
    at, before = ([wait[side] for wait in found] for side in (0, 1))
    _tell(
        ground,
        {"reader_wait_ms": median(at), "reader_wait_before_ms": median(before)},
        {"reader_wait": at, "reader_wait_before": before},
        unit="ms",
    )


def quick(ground: Ground, rounds: int) -> None:
    """Load six rows from upload to complete, and request the load of an unchanged `flights`."""
    introduce(ground, files.SMALL)
    uploads = [small.uploaded(ground) for _ in range(_MORE * rounds)]
    subject = introduce(ground, files.FLIGHTS_X1)
    unchanged = [small.unchanged(ground, subject) for _ in range(_MORE * rounds)]
    _tell(
        ground,
        {"small_file_s": median(uploads), "unchanged_s": median(unchanged)},
        {"small_file": uploads, "unchanged": unchanged},
    )


def many(ground: Ground, rounds: int) -> None:
    """Load a hundred small files requested at once: first by their upload, then by a submit."""
    resources, uploaded = crowd.uploads(ground)
    print(f"  uploaded: {uploaded:.0f} a minute", flush=True)
    # a hundred files are enough without rounds
    del rounds
    again = crowd.submitted(ground, resources)
    _tell(
        ground,
        {"small_files_per_minute": again, "small_uploads_per_minute": uploaded},
        {"small_files_per_minute": [again], "small_uploads_per_minute": [uploaded]},
        unit="/min",
    )


def portal(ground: Ground, rounds: int) -> None:
    """Create a thousand resources in a loop, then ask for two thousand by the command; wait for their statistics."""
    # once: it takes half an hour
    del rounds
    resources, harvest = crowd.harvested(ground, crowd.HARVESTED)
    after_harvest = crowd.described(ground, resources)
    print(f"  harvested: {harvest:.0f} a minute, all statistics {after_harvest:.0f} s later", flush=True)
    more, _ = crowd.harvested(ground, crowd.COMMANDED - crowd.HARVESTED)
    command = crowd.commanded(ground, resources + more)
    after_command = crowd.described(ground, resources + more)
    _tell(
        ground,
        {
            "harvested_per_minute": harvest,
            "harvested_described_after_s": after_harvest,
            "commanded_per_minute": command,
            "commanded_described_after_s": after_command,
        },
        {"harvested_per_minute": [harvest], "commanded_per_minute": [command]},
        unit="/min",
    )


def neighbours(ground: Ground, rounds: int) -> None:
    """Upload a small file alone, while sixty requests of another organization are queued, and beside hostile input."""
    alone = [crowd.beside(ground, 0) for _ in range(rounds)]
    beside = [crowd.beside(ground, crowd.NEIGHBOURS) for _ in range(min(rounds, 3))]
    _tell(
        ground,
        {"neighbours_over_alone": median(beside) / median(alone)},
        {"alone": alone, "beside_neighbours": beside},
    )
    victims = hostile.victims(ground, rounds)
    _tell(ground, {"victim_s_most": max(max(seconds) for seconds in victims.values())}, victims)


def longer(ground: Ground, rounds: int) -> None:
    """Load `flights` with a tenth more rows at its end: appended to the table, and loaded whole."""
    found = [growing.measure(ground) for _ in range(rounds)]
    added, whole = ([seconds[side] for seconds in found] for side in (0, 1))
    _tell(
        ground,
        {"append_over_whole": median(added) / median(whole)},
        {"append_added": added, "append_whole": whole},
    )


def wide_profile(ground: Ground, rounds: int) -> None:
    """Open the profile page of a table with 1,598 columns: milliseconds to the first byte."""
    found = profile_page.measure(ground, _MORE * rounds)
    _tell(ground, {"profile_ttfb_ms": median(found)}, {"profile_ttfb": found}, unit="ms")


def pictured(ground: Ground, rounds: int) -> None:
    """Look at listings with pictures of resources: requests, queries, time of the page, time to make a picture."""
    del rounds
    figures, taken = pictures.measure(ground)
    _tell(ground, figures, taken, unit="ms")


def described(ground: Ground, rounds: int) -> None:
    """Load `flights` with and without statistics of its columns."""
    _cost(ground, rounds, "statistics", {"statistics": "true"}, {"statistics": "false"})


def screened(ground: Ground, rounds: int) -> None:
    """Load `flights` with and without the search for personal data."""
    _cost(ground, rounds, "pii", {"pii_mode": "report"}, {"pii_mode": "off"})


def indexed(ground: Ground, rounds: int) -> None:
    """Load `flights` with DataPusher+'s automatic indexes, here two, and without any."""
    few = {"auto_index_dates": "true", "auto_index_threshold": "10"}
    _cost(ground, rounds, "indexes", few, {"auto_index_dates": "false"})


def by_method(ground: Ground, rounds: int) -> None:
    """Load `flights` with a full-text index by GIN and by GiST; size, searches and upserts of both."""
    ratios, taken = index_methods.measure(ground, rounds)
    loads = {key: values for key, values in taken.items() if "/" in key}
    _tell_files(ground, loads, {})
    _tell(ground, ratios, {key: values for key, values in taken.items() if key not in loads})
    _tell_ratios(ratios)


def described_by_people(ground: Ground, rounds: int) -> None:
    """Find the next column to describe: by the queue, by views, and by CKAN's own actions."""
    figures, times = words.measure(ground, _MORE * rounds)
    _tell(ground, figures, times, unit="ms")


def _cost(ground: Ground, rounds: int, name: str, given: Mapping[str, str], otherwise: Mapping[str, str]) -> None:
    with_, without = options.measure(ground, rounds, given, otherwise)
    _tell(
        ground,
        {f"{name}_over_without": median(with_) / median(without)},
        {f"with_{name}": with_, f"without_{name}": without},
    )


#: What `make bench` measures without further words.
PARTS: Mapping[str, Part] = {
    "small": quick,
    "many": many,
    "neighbours": neighbours,
    "readers": reading,
    "append": longer,
    "statistics": described,
    "pii": screened,
    "indexes": indexed,
    "flights": flights,
    "index_methods": by_method,
    "files": other,
    "shapes": shaped,
    "search": searchable,
    "growth": growth,
    "profile_page": wide_profile,
    "words": described_by_people,
    "pictures": pictured,
}
#: What is measured only where the command names it.
EXTRA: Mapping[str, Part] = {
    **{sample.name: _one_shape(sample) for sample in shapes.ALL},
    "rows_20m": very_long,
    "growth_x27": grown_far,
    "portal": portal,
    "peers": others,
}


def _memory(subject: Subject, peaks: list[Peak]) -> dict[str, float]:
    """Return the highest memory and disk use of any of the runs."""
    if not peaks:
        return {}
    return {
        "peak_rss_mib": max(peak.rss_mib for peak in peaks),
        "peak_pss_mib": max(peak.pss_mib for peak in peaks),
        "work_folder_over_clean_file": max(peak.folder for peak in peaks) / subject.file.stat().st_size,
    }


def _tell_files(ground: Ground, seconds: measures.Rounds, ratios: dict[str, float]) -> None:
    print(report.files(seconds))
    report.save(ratios, seconds, server=ground.server())


def _tell(ground: Ground, ratios: dict[str, float], rounds: measures.Rounds, unit: str = "s") -> None:
    for name, values in rounds.items():
        print(f"  {report.row(name, values, unit)}")
    report.save(ratios, rounds, server=ground.server())


def _tell_ratios(ratios: Mapping[str, float]) -> None:
    print("  " + "  ".join(f"{key} {value:.2f}" for key, value in ratios.items()))
