"""What Prefect is shown of a failure: its kind, and no word of the file."""

from __future__ import annotations

import asyncio
import traceback

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
