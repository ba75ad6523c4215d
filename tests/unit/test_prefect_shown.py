"""What Prefect is shown of a failure: its kind, and no word of the file."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Iterator

import pytest
from prefect.exceptions import Pause, TerminationSignal
from prefect.states import Failed

from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.flow import shown

SECRET = "Alice Smith SSN 123-45-6789"


class Panic(BaseException):
    """What a library in another language raises."""


def failing(error: BaseException, secret: str) -> None:
    """Fail as steps do: in the midst of another failure, with the value in both."""
    try:
        {}[secret]
    except KeyError as first:
        raise error from first


@pytest.mark.parametrize("error", [ValueError(SECRET), Panic(SECRET)])
def test_an_exception_is_shown_by_its_kind(error: BaseException) -> None:
    with pytest.raises(shown.EndedWith) as caught:
        shown.without_values(failing)(error, SECRET)
    text = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
    assert (SECRET in text, type(error).__name__ in text, caught.value.error) == (False, True, error)


@pytest.mark.parametrize(
    "signal", [SystemExit(3), KeyboardInterrupt(), TerminationSignal(15), asyncio.CancelledError(), Pause()]
)
def test_what_ends_a_run_stays_what_it_is(signal: BaseException) -> None:
    with pytest.raises(type(signal)):
        shown.without_values(failing)(signal, SECRET)


def test_prefect_s_hooks_find_out_what_it_was() -> None:
    error = ValueError(SECRET)
    assert shown.error_of(Failed(data=shown.EndedWith(error))) is error


@pytest.mark.parametrize(
    ("state", "kind", "type_"),
    [(State.COMPLETE, None, "COMPLETED"), (State.ERROR, "ValueDoesNotFit", "FAILED"), (State.CANCELLED, "x", "FAILED")],
)
def test_the_end_of_a_run_has_ids_and_where_to_look(state: State, kind: str | None, type_: str) -> None:
    end = shown.end(state, kind, run_id="r1", resource_id="r2")
    why = f" ({kind})" if kind else ""
    said = f"Run r1: {state.value}{why}. See CKAN: the DataStore tab of resource r2."
    assert (end.type.value, end.message) == (type_, said)


@pytest.fixture
def plainly() -> Iterator[None]:
    """A run whose steps are plain calls; without a server of Prefect, a task could not run here."""
    before = shown.as_tasks.set(False)
    yield
    shown.as_tasks.reset(before)


def test_a_plain_step_raises_what_it_raises(plainly: None) -> None:
    step = shown.step(name="failing")(failing)
    with pytest.raises(ValueError, match=SECRET):
        step(ValueError(SECRET), SECRET)


@pytest.mark.parametrize(("passes", "calls"), [(True, 3), (False, 1)])
def test_a_plain_step_is_tried_again_as_the_task_is(plainly: None, passes: bool, calls: int) -> None:
    called: list[None] = []

    def publish() -> None:
        called.append(None)
        raise ValueError(SECRET)

    step = shown.step(name="publish", retries=2, retry_delay_seconds=[0, 0], passes=lambda error: passes)(publish)
    with pytest.raises(ValueError, match=SECRET):
        step()
    assert len(called) == calls
