"""States move forward only."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core import states
from ckanext.datapusher_plus.core.states import State


@pytest.mark.parametrize("ended", sorted(set(State) - states.OPEN))
def test_a_run_that_ended_never_moves_again_but_to_have_its_warnings_made_up_for(ended: State) -> None:
    assert states.MOVES[ended] <= ({State.COMPLETE} if ended is State.WARNED else frozenset())


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
