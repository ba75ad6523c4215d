"""Patterns that a site gives: one regular expression a line, as in DataPusher+'s file, ``(?x)… #Label``."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import BadPatterns
from ..message import say
from .detectors import Detector

#: Most patterns of a file, and most characters of one.
MOST = 200
LONGEST = 1_000
#: Most bytes of a file.
MOST_BYTES = MOST * (LONGEST + 100)
#: Most characters of a label.
_LONGEST_LABEL = 60
_VERBOSE = "(?x)"


def detectors(text: str) -> tuple[Detector, ...]:
    """Return the detectors of a file of patterns; blank lines and lines that begin with ``#`` are left out.

    :raises BadPatterns: when there are none, too many, or one is too long.
    """
    found = tuple(_detectors(text))
    if not found:
        raise BadPatterns(say("it has no patterns"))
    if len(found) > MOST:
        raise BadPatterns(say("it has {count} patterns, and at most {most} are allowed", count=len(found), most=MOST))
    return found


def _detectors(text: str) -> Iterator[Detector]:
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), start=1):
        given = line.strip()
        if not given or given.startswith("#"):
            continue
        if len(given) > LONGEST:
            raise BadPatterns(say("line {number} is longer than {limit} characters", number=number, limit=LONGEST))
        pattern, label = _plain(given.removeprefix(_VERBOSE)) if given.startswith(_VERBOSE) else (given, "")
        if not pattern:
            raise BadPatterns(say("line {number} has no pattern", number=number))
        name = " ".join(label.split())[:_LONGEST_LABEL] or f"pattern {number}"
        yield Detector(name=name, pattern=pattern, line=number)


def _plain(verbose: str) -> tuple[str, str]:
    """Return a verbose pattern without its blanks, and the comment at its end.

    RE2 has no verbose patterns. As in DataPusher+, blanks do not count within ``[…]`` either, unless escaped.
    """
    kept: list[str] = []
    inside, at = False, 0
    while at < len(verbose):
        sign = verbose[at]
        if sign == "\\":
            kept.append(_escaped(verbose[at : at + 2]))
            at += 2
            continue
        if sign == "#" and not inside:
            return "".join(kept), verbose[at + 1 :].strip()
        inside = sign == "[" or (inside and sign != "]")
        kept.append("" if sign.isspace() else sign)
        at += 1
    return "".join(kept), ""


def _escaped(pair: str) -> str:
    # RE2 does not know an escaped blank
    return pair[1] if pair[1:].isspace() else pair
