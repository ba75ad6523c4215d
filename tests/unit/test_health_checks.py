"""How the checks of the self-test are asked."""

from __future__ import annotations

import threading
import time
from contextvars import ContextVar

import pytest

from ckanext.datapusher_plus.health.checks import Check, examine
from ckanext.datapusher_plus.health.finding import CheckState, Verdict, fail, ok, together, warn, worst


def check(name: str, verdict: Verdict, *needs: str) -> Check:
    return Check(name=name, ask=lambda: verdict, needs=needs)


def blown() -> Verdict:
    raise ZeroDivisionError("by\n  zero.")


def test_findings_come_in_the_order_of_the_legs() -> None:
    found = examine([check("last", ok("a"), "first"), check("first", warn("b", "do"))])
    assert [(each.check, each.state, each.sentence, each.advice) for each in found] == [
        ("last", CheckState.OK, "a", ""),
        ("first", CheckState.WARN, "b", "do"),
    ]


def test_a_leg_that_blows_up_fails_in_one_sentence_and_the_others_go_on() -> None:
    broken, whole = examine([Check(name="broken", ask=blown), check("whole", ok("Fine."))])
    assert broken.state is CheckState.FAIL
    assert broken.sentence == "This could not be found out: ZeroDivisionError: by zero."
    assert whole.state is CheckState.OK


@pytest.mark.parametrize(
    ("needs", "sentence"),
    [
        (("down",), "Not known while down fails."),
        (("down", "broken"), "Not known while down and broken fail."),
        (("uneven",), "Asked."),
        (("not asked this time",), "Asked."),
    ],
)
def test_what_stands_on_a_failed_leg_is_not_asked(needs: tuple[str, ...], sentence: str) -> None:
    checks = [
        check("down", fail("")),
        Check(name="broken", ask=blown),
        check("uneven", warn("")),
        check("on", ok("Asked."), *needs),
    ]
    assert examine(checks)[-1].sentence == sentence


def test_legs_that_hang_cost_their_limit_once() -> None:
    never = threading.Event()

    def hang() -> Verdict:
        never.wait(60)
        return ok("too late")

    begun = time.monotonic()
    found = examine(
        [check("on", ok(""), "a"), *(Check(name=name, ask=hang) for name in "abc"), check("d", ok(""))], limit=0.3
    )
    taken = time.monotonic() - begun
    never.set()
    assert [each.state for each in found] == [
        CheckState.WARN,
        CheckState.FAIL,
        CheckState.FAIL,
        CheckState.FAIL,
        CheckState.OK,
    ]
    assert found[1].sentence == "There was no answer within 0.3 s."
    assert taken < 0.9


def test_a_leg_sees_the_callers_context() -> None:
    inside: ContextVar[str] = ContextVar("inside", default="nothing")
    inside.set("CKAN")
    (found,) = examine([Check(name="context", ask=lambda: ok(inside.get()))])
    assert found.sentence == "CKAN"


def test_several_troubles_make_one_verdict_worst_first() -> None:
    both = together([warn("b.", "do"), fail("a.", "act"), warn("c.", "do")], "fine")
    assert (both.state, both.sentence, both.advice) == (CheckState.FAIL, "a. b. c.", "act do")
    assert together([], "fine") == ok("fine")


@pytest.mark.parametrize(("states", "expected"), [("", "ok"), ("ok warn ok", "warn"), ("warn fail ok", "fail")])
def test_the_worst_state_counts(states: str, expected: str) -> None:
    assert worst(CheckState(name) for name in states.split()) is CheckState(expected)
