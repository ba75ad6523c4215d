"""What a check of the self-test found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class CheckState(str, Enum):
    """How bad it is."""

    OK = "ok"
    #: loading works, but something should be seen to
    WARN = "warn"
    #: loads fail, wait for ever, or are not as safe as they were meant to be
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is so, and what to do about it; nothing when all is well."""

    state: CheckState
    sentence: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The verdict on one check."""

    check: str
    state: CheckState
    sentence: str
    advice: str = ""
    #: how long it took to find out
    seconds: float = 0.0


def ok(sentence: str) -> Verdict:
    """Return that all is well."""
    return Verdict(state=CheckState.OK, sentence=sentence)


def warn(sentence: str, advice: str = "") -> Verdict:
    """Return that something should be seen to."""
    return Verdict(state=CheckState.WARN, sentence=sentence, advice=advice)


def fail(sentence: str, advice: str = "") -> Verdict:
    """Return that something is broken."""
    return Verdict(state=CheckState.FAIL, sentence=sentence, advice=advice)


def worst(states: Iterable[CheckState]) -> CheckState:
    """Return the worst of some states, OK when there are none."""
    return max(states, key=list(CheckState).index, default=CheckState.OK)


def together(verdicts: Iterable[Verdict], otherwise: str) -> Verdict:
    """Return one verdict for several troubles, the worst ones first, and ``otherwise`` when there are none."""
    found = sorted(verdicts, key=lambda each: list(CheckState).index(each.state), reverse=True)
    if not found:
        return ok(otherwise)
    advice = dict.fromkeys(each.advice for each in found if each.advice)
    return Verdict(state=found[0].state, sentence=" ".join(each.sentence for each in found), advice=" ".join(advice))
