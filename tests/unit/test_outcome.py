"""How a run ends, in states and sentences."""

from __future__ import annotations

import pytest
from prefect.exceptions import Pause, TerminationSignal

from ckanext.datapusher_plus.core.errors import FileTooLarge, NothingToLoad
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.flow.outcome import Failure, Outcome, TookTooLong, of_failure, of_success
from ckanext.datapusher_plus.flow.stopping import Reason

STOPPED = TerminationSignal(15)


def ended(error: BaseException, reason: Reason | None = None, lost: str = "") -> Outcome:
    return of_failure(Failure(run_id="r1", error=error, reason=reason, limit=7200, lost=lost))


@pytest.mark.parametrize(
    ("error", "reason", "state", "words"),
    [
        (NothingToLoad("is empty"), None, State.SKIPPED, "nothing to load"),
        (FileTooLarge(5, 9), None, State.ERROR, "at most 5 bytes"),
        (TookTooLong(), None, State.ERROR, "longer than 7,200 s"),
        (Pause(), None, State.CANCELLED, "suspended"),
        (STOPPED, Reason.CANCEL, State.CANCELLED, "cancelled in Prefect"),
        (STOPPED, Reason.DRAIN, State.ERROR, "worker was shut down"),
        (STOPPED, Reason.ORPHANED, State.ERROR, "worker died"),
        (STOPPED, None, State.ERROR, "stopped from outside"),
        (OSError(28, "No space left on device"), None, State.ERROR, "free space in work_dir"),
        (KeyError("secret"), None, State.ERROR, "worker's log under run r1"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_run_that_failed_says_why(error: BaseException, reason: Reason | None, state: State, words: str) -> None:
    end = ended(error, reason)
    assert end.state is state
    assert words in end.message


def test_an_unexpected_error_keeps_its_text_from_publishers() -> None:
    assert "secret" not in ended(KeyError("secret")).message


def test_every_sentence_of_a_stop_says_what_to_do() -> None:
    assert all("Load again" in ended(STOPPED, reason).message for reason in (None, *Reason))


@pytest.mark.parametrize("error", [STOPPED, KeyError(), FileTooLarge(5, 9)])
def test_a_table_that_lost_its_rows_is_not_called_unchanged(error: BaseException) -> None:
    message = ended(error, lost="The table is empty.").message
    assert ("The table is empty." in message, "as it was" in message) == (True, False)


@pytest.mark.parametrize(
    ("error", "warnings", "state", "words"),
    [
        (None, (), State.COMPLETE, "3 rows were loaded."),
        (None, ("No view.",), State.WARNED, "No view."),
        (RuntimeError("x"), (), State.WARNED, "3 rows were loaded and are in the table"),
    ],
)
def test_once_rows_are_in_a_run_never_ends_as_an_error(
    error: Exception | None, warnings: tuple[str, ...], state: State, words: str
) -> None:
    end = of_success(3, error=error, warnings=warnings, run_id="r1")
    assert end.state is state
    assert words in end.message
