"""The result of a check of the self-test."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class CheckState(str, Enum):
    """State of what was checked, from good to bad."""

    OK = "ok"
    #: loading works, but something needs attention
    WARN = "warn"
    #: loads fail, wait for ever, or are less safe than intended
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Result of a check: state, a sentence about it, and advice how to repair it (empty when all is well)."""

    state: CheckState
    sentence: str
    advice: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The verdict of one check, with the check's name and duration."""

    check: str
    state: CheckState
    sentence: str
    advice: str = ""
    #: duration of the check
    seconds: float = 0.0


def ok(sentence: str) -> Verdict:
    """Return a verdict with state OK."""
    return Verdict(state=CheckState.OK, sentence=sentence)


def warn(sentence: str, advice: str = "") -> Verdict:
    """Return a verdict with state WARN."""
    return Verdict(state=CheckState.WARN, sentence=sentence, advice=advice)


def fail(sentence: str, advice: str = "") -> Verdict:
    """Return a verdict with state FAIL."""
    return Verdict(state=CheckState.FAIL, sentence=sentence, advice=advice)


def worst(states: Iterable[CheckState]) -> CheckState:
    """Return the worst of some states, OK when there are none."""
    return max(states, key=list(CheckState).index, default=CheckState.OK)


def together(verdicts: Iterable[Verdict], otherwise: str) -> Verdict:
    """Return one verdict for several troubles, the worst first; without troubles OK with the sentence ``otherwise``."""
    found = sorted(verdicts, key=lambda each: list(CheckState).index(each.state), reverse=True)
    if not found:
        return ok(otherwise)
    advice = dict.fromkeys(each.advice for each in found if each.advice)
    return Verdict(state=found[0].state, sentence=" ".join(each.sentence for each in found), advice=" ".join(advice))
