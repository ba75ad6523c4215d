"""Asks all legs at once, each with a limit of its own, so that one server that is away keeps nobody waiting."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from dataclasses import dataclass, replace

from .. import waits
from .finding import Finding, State, Verdict, fail, warn
from .wording import listed, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One thing that loading stands on."""

    name: str
    ask: Callable[[], Verdict]
    #: legs that must not have failed for this one to be asked, those that they need among them
    needs: tuple[str, ...] = ()


def examine(legs: Iterable[Leg], *, limit: float = waits.CHECK) -> list[Finding]:
    """Ask all legs and return a finding for each, in their order; seconds ``limit`` hold for one leg."""
    legs = list(legs)
    answers: dict[str, Future[Finding]] = {leg.name: Future() for leg in legs}
    for leg in legs:
        # the caller's context has CKAN's application, which a new thread does not inherit;
        # a thread that hangs, on a dead network file system say, must not keep the process from ending
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(_find_out, leg, answers), name=leg.name, daemon=True).start()
    begun = time.monotonic()
    # those that others wait for first: a leg that is given up lets the ones behind it go on
    for leg in sorted(legs, key=lambda each: _depth(each, legs)):
        _await(leg, answers[leg.name], begun + limit * _depth(leg, legs), limit)
    return [answers[leg.name].result() for leg in legs]


def _depth(leg: Leg, legs: list[Leg]) -> int:
    """Return how many legs come one after another up to this one."""
    return 1 + max((_depth(each, legs) for each in legs if each.name in leg.needs), default=0)


def _await(leg: Leg, answer: Future[Finding], deadline: float, limit: float) -> None:
    try:
        answer.result(timeout=max(0.0, deadline - time.monotonic()))
    except TookTooLong:
        late = fail(f"There was no answer within {limit:g} s.", "See whether the server or disk behind it hangs.")
        _settle(answer, _finding(leg, late, limit))


def _find_out(leg: Leg, answers: dict[str, Future[Finding]]) -> None:
    failed = [need for need in leg.needs if need in answers and answers[need].result().state is State.FAIL]
    begun = time.monotonic()
    verdict = _unknown(failed) if failed else _verdict(leg)
    _settle(answers[leg.name], _finding(leg, verdict, time.monotonic() - begun))


def _unknown(failed: list[str]) -> Verdict:
    return warn(f"Not known while {listed(failed)} {'fails' if len(failed) == 1 else 'fail'}.")


def _verdict(leg: Leg) -> Verdict:
    try:
        return leg.ask()
    except Exception as error:  # noqa: BLE001 (whatever it is, it is this leg's finding, and the others go on)
        return fail(f"This could not be found out: {type(error).__name__}: {reason(error)}.")


def _finding(leg: Leg, verdict: Verdict, seconds: float) -> Finding:
    return Finding(leg=leg.name, state=verdict.state, sentence=verdict.sentence, advice=verdict.advice, seconds=seconds)


def _settle(answer: Future[Finding], finding: Finding) -> None:
    # a leg that answers too late finds its place taken
    with suppress(InvalidStateError):
        answer.set_result(replace(finding, seconds=round(finding.seconds, 3)))
