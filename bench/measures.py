"""Measure ways and files in turns, so that other load on the machine affects all of them equally."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from . import floor, memory, naive, ours, plain, same
from .memory import Peak
from .stack import Ground
from .subject import Subject

Rounds = dict[str, list[float]]

WAYS: Mapping[str, Callable[[Ground, Subject], float]] = {
    "ours": ours.load,
    "floor": floor.load,
    "naive": naive.load,
    "plain": plain.load,
}


@dataclass(frozen=True, slots=True)
class Turns:
    """A file, the ways to load it, and the number of rounds."""

    subject: Subject
    rounds: int
    ways: Sequence[str] = tuple(WAYS)
    #: number of rounds of the ways that are too slow for every round
    fewer: Mapping[str, int] | None = None

    def due(self, number: int) -> Iterator[str]:
        """Yield the ways to measure in a round; rounds count from 1."""
        for way in self.ways:
            if number <= min(self.rounds, (self.fewer or {}).get(way, self.rounds)):
                yield way


def take(ground: Ground, turns: Sequence[Turns], peaks: list[Peak] | None = None) -> Rounds:
    """Load every file in every way, round by round, and return the seconds by ``file/way``.

    :param peaks: list to which the memory use of the plugin's runs of the last file, the largest, is added.
    :raises NotTheSame: when the floor's table differs from the plugin's in any row.
    """
    seconds: Rounds = {}
    for number in range(1, max(turn.rounds for turn in turns) + 1):
        for turn in turns:
            watch = peaks if turn is turns[-1] else None
            for way in turn.due(number):
                took = _once(ground, turn.subject, way, watch)
                seconds.setdefault(f"{turn.subject.sample.name}/{way}", []).append(took)
                if way == "floor":
                    _compare(ground, turn.subject, first=number == 1)
            _tell(number, turn, seconds)
    return seconds


def _once(ground: Ground, subject: Subject, way: str, peaks: list[Peak] | None) -> float:
    ground.settle()
    if way != "ours":
        return WAYS[way](ground, subject)
    if peaks is None:
        took = ours.load(ground, subject)
    else:
        with memory.watched(ground, subject) as peak:
            took = ours.load(ground, subject)
        peaks.append(peak)
    ground.settle(subject.resource_id)
    return took


def _compare(ground: Ground, subject: Subject, *, first: bool) -> None:
    """Compare the floor's table once, and drop it."""
    if first:
        same.check(ground, subject)
    floor.drop(ground)


def _tell(number: int, turn: Turns, seconds: Rounds) -> None:
    name = turn.subject.sample.name
    took = "  ".join(f"{way} {seconds[f'{name}/{way}'][-1]:.2f} s" for way in turn.due(number))
    print(f"  round {number} of {turn.rounds}  {name:12} {took}", flush=True)
