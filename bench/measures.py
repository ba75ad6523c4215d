"""Ways and files in turns: what else the machine does meanwhile hits all of them alike."""

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
    """A file, the ways in which it is loaded, and how often."""

    subject: Subject
    rounds: int
    ways: Sequence[str] = tuple(WAYS)
    #: ways that take too long for every round, and how often they are done
    fewer: Mapping[str, int] | None = None

    def due(self, number: int) -> Iterator[str]:
        """Yield the ways of the round, from 1."""
        for way in self.ways:
            if number <= min(self.rounds, (self.fewer or {}).get(way, self.rounds)):
                yield way


def take(ground: Ground, turns: Sequence[Turns], peaks: list[Peak] | None = None) -> Rounds:
    """Load every file in every way, round by round, and return the seconds by ``file/way``.

    :param peaks: gets what the plugin's runs of the last file, the largest, took of the machine.
    :raises NotTheSame: when the floor's table is not the plugin's, row by row.
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
