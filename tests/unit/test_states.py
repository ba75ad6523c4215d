"""States move forward only."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ckanext.datapusher_plus.core import states
from ckanext.datapusher_plus.core.states import State

#: states from which a run that has ended moves: it is published late, or a person decides
LATER = {
    State.WARNED: {State.COMPLETE},
    State.WAITING: {State.REJECTED, State.SKIPPED},
    State.REJECTED: {State.SKIPPED},
}


@pytest.mark.parametrize("ended", sorted(set(State) - states.OPEN))
def test_a_run_that_ended_moves_again_only_when_it_is_published_late_or_a_person_decides(ended: State) -> None:
    assert states.MOVES[ended] == LATER.get(ended, set())


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        (State.QUEUED, State.RUNNING, True),
        (State.QUEUED, State.COMPLETE, False),
        (State.RUNNING, State.QUEUED, False),
        (State.RUNNING, State.WARNED, True),
        (State.ERROR, State.RUNNING, False),
        (State.WARNED, State.COMPLETE, True),
        (State.COMPLETE, State.WARNED, False),
    ],
)
def test_only_forward_moves_are_legal(old: State, new: State, allowed: bool) -> None:
    assert (new in states.MOVES[old]) is allowed


def test_sources_are_the_inverse_of_moves() -> None:
    for new in State:
        assert states.sources_of(new) == {old for old in State if new in states.MOVES[old]}


def test_every_state_has_a_word_of_datapusher_plus() -> None:
    assert set(states.PUBLIC) == set(State)
    assert set(states.PUBLIC.values()) <= {"pending", "running", "complete", "error"}


@given(wanted=st.lists(st.sampled_from(State), max_size=30))
def test_whoever_asks_for_what_a_run_goes_forward_only(wanted: list[State]) -> None:
    """Workers, sweeps and people ask in any order, each by an UPDATE that is guarded by the states it may come from."""
    walked = [State.QUEUED]
    for new in wanted:
        if walked[-1] in states.sources_of(new):
            walked.append(new)
    assert len(walked) == len(set(walked))
    for group in (set(State) - states.OPEN, states.GOOD):
        inside = [state in group for state in walked]
        assert inside == sorted(inside), "what has ended stays ended, and what went well stays well"
