"""States move forward only."""

from __future__ import annotations

import pytest

from ckanext.datapusher_plus.core import states
from ckanext.datapusher_plus.core.states import State


@pytest.mark.parametrize("ended", sorted(set(State) - states.OPEN))
def test_a_run_that_ended_never_moves_again(ended: State) -> None:
    assert states.MOVES[ended] == frozenset()


@pytest.mark.parametrize(
    ("old", "new", "allowed"),
    [
        (State.QUEUED, State.RUNNING, True),
        (State.QUEUED, State.COMPLETE, False),
        (State.RUNNING, State.QUEUED, False),
        (State.RUNNING, State.WARNED, True),
        (State.ERROR, State.RUNNING, False),
    ],
)
def test_only_forward_moves_are_legal(old: State, new: State, allowed: bool) -> None:
    assert states.may_move(old, new) is allowed


def test_sources_are_the_inverse_of_moves() -> None:
    for new in State:
        assert states.sources_of(new) == {old for old in State if states.may_move(old, new)}


def test_every_state_has_a_word_of_datapusher_plus() -> None:
    assert set(states.PUBLIC) == set(State)
    assert set(states.PUBLIC.values()) <= {"pending", "running", "complete", "error"}
