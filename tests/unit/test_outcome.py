"""How a run ends, in states and sentences."""

from __future__ import annotations

import errno

import httpx
import psycopg
import pytest
from ckan.lib.search import SearchIndexError
from prefect.exceptions import TerminationSignal
from sqlalchemy.exc import IntegrityError, OperationalError

from ckanext.datapusher_plus.core.errors import (
    DatastoreBusy,
    DatastoreGone,
    DryRun,
    FetchInterrupted,
    FileTooLarge,
    LockLost,
    NothingToLoad,
    ResourceGone,
    Unchanged,
    Vetoed,
)
from ckanext.datapusher_plus.core.outcome import (
    OUT_OF_MEMORY,
    Failure,
    Outcome,
    TookTooLong,
    of_death,
    of_failure,
    of_success,
)
from ckanext.datapusher_plus.core.retries import Retry, Tries
from ckanext.datapusher_plus.core.states import State
from ckanext.datapusher_plus.core.stop_reason import Reason
from ckanext.datapusher_plus.runs.transient import may_pass

STOPPED = TerminationSignal(15)
GONE = DatastoreGone("server closed the connection")
AWAY = OperationalError("SELECT", {}, Exception("secret"))
FIRST = Tries(this=1, retries=2)
LAST = Tries(this=3, retries=2)
NO_RETRIES = Tries(this=1, retries=0)


def ended(error: BaseException, reason: Reason | None = None, lost: str = "", tries: Tries = FIRST) -> Outcome:
    return of_failure(
        Failure(
            run_id="r1",
            error=error,
            reason=reason,
            transient=may_pass(error),
            limit=7200,
            tries=tries,
            lost=lost,
            memory=1 << 29,
        )
    )


@pytest.mark.parametrize(
    ("error", "reason", "state", "words"),
    [
        (NothingToLoad("is empty"), None, State.SKIPPED, "nothing to load"),
        (FileTooLarge(5, 9), None, State.ERROR, "at most 5 bytes"),
        (TookTooLong(), None, State.ERROR, "longer than 7,200 s"),
        (STOPPED, Reason.SUSPEND, State.CANCELLED, "suspended"),
        (STOPPED, Reason.CANCEL, State.CANCELLED, "cancelled in Prefect"),
        (STOPPED, Reason.ASKED, State.CANCELLED, "cancelled by somebody who may edit the resource"),
        (KeyError(), Reason.CANCEL, State.CANCELLED, "cancelled in Prefect"),
        (psycopg.errors.QueryCanceled(), Reason.CANCEL, State.CANCELLED, "cancelled in Prefect"),
        (GONE, Reason.CANCEL, State.CANCELLED, "could not be used"),
        (STOPPED, Reason.DRAIN, State.ERROR, "worker was shut down"),
        (STOPPED, Reason.ORPHANED, State.ERROR, "worker died"),
        (STOPPED, None, State.ERROR, "stopped from outside"),
        (OSError(errno.ENOSPC, "No space left on device"), None, State.ERROR, "free space in work_dir"),
        (AWAY, None, State.ERROR, "did not answer"),
        (MemoryError(), None, State.ERROR, "more than the 512 MiB of memory"),
        (MemoryError(), Reason.CANCEL, State.CANCELLED, "cancelled in Prefect"),
        (TookTooLong(), Reason.CANCEL, State.CANCELLED, "cancelled in Prefect"),
        (KeyError("secret"), None, State.ERROR, "worker's log under run r1"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_run_that_failed_says_why(error: BaseException, reason: Reason | None, state: State, words: str) -> None:
    end = ended(error, reason)
    assert end.state is state
    assert words in end.message


def test_only_a_file_without_rows_ends_in_a_warning() -> None:
    assert ended(NothingToLoad("is empty")).warnings == (str(NothingToLoad("is empty")),)
    assert [ended(error).warnings for error in (Unchanged(), Vetoed("p"), DryRun(1, 1))] == [(), (), ()]


@pytest.mark.parametrize(
    ("error", "reason", "wait"),
    [
        (STOPPED, Reason.DRAIN, 0),
        (STOPPED, Reason.ORPHANED, 0),
        (STOPPED, None, 0),
        (GONE, None, 5),
        (AWAY, None, 5),
        (DatastoreBusy(120), None, 5),
        (LockLost("r"), None, 5),
        (FetchInterrupted("http://a", "no answer"), None, 5),
        (ConnectionResetError(), None, 5),
    ],
    ids=str,
)
def test_what_passes_is_tried_again_by_itself(error: BaseException, reason: Reason | None, wait: float) -> None:
    end = ended(error, reason)
    assert end.retry == Retry(tries=2, wait=wait)
    assert end.message.endswith("It is tried again automatically (try 2 of 3).")
    assert "oad again" not in end.message


@pytest.mark.parametrize("error", [STOPPED, GONE, AWAY])
def test_the_last_try_says_how_many_there_were_and_what_to_do(error: BaseException) -> None:
    end = ended(error, tries=LAST)
    assert end.retry is None
    assert "This was the last of 3 tries." in end.message
    assert "Load again" in end.message


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (STOPPED, Reason.CANCEL),
        (STOPPED, Reason.ASKED),
        (AWAY, Reason.ASKED),
        (GONE, Reason.CANCEL),
        (AWAY, Reason.CANCEL),
        (STOPPED, Reason.SUSPEND),
        (TookTooLong(), None),
        (FileTooLarge(5, 9), None),
        (NothingToLoad("is empty"), None),
        (OSError(errno.ENOSPC, "full"), None),
        (KeyError(), None),
    ],
    ids=str,
)
def test_what_would_fail_again_or_is_not_wanted_is_not_tried_again(error: BaseException, reason: Reason | None) -> None:
    assert ended(error, reason).retry is None


def test_nothing_is_tried_again_where_the_site_does_not_want_it() -> None:
    end = ended(STOPPED, tries=NO_RETRIES)
    assert end.retry is None
    assert end.message.endswith("Load again from the DataStore tab.")


@pytest.mark.parametrize(
    ("error", "passes"),
    [
        (psycopg.OperationalError(), True),
        (psycopg.errors.AdminShutdown(), True),
        (psycopg.errors.UniqueViolation(), False),
        (IntegrityError("INSERT", {}, Exception()), False),
        (SearchIndexError(), True),
        (httpx.ConnectError("refused"), True),
        (TimeoutError(), True),
        (OSError(errno.ESTALE, "Stale file handle"), True),
        (FileNotFoundError(), False),
        (TookTooLong(), False),
        (None, False),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_server_that_is_away_may_come_back(error: BaseException | None, passes: bool) -> None:
    assert may_pass(error) is passes


@pytest.mark.parametrize(
    ("code", "tries", "words"),
    [
        (-9, FIRST, ["killed from outside", "It is tried again automatically (try 2 of 3)."]),
        (-9, LAST, ["killed from outside", "last of 3 tries"]),
        # the next try would take as much
        (OUT_OF_MEMORY, FIRST, ["ran out of memory. The table is as it was before. Split", "worker_limit"]),
        (-11, LAST, ["status -11", "the worker's log"]),
        (None, NO_RETRIES, ["the machine", "Load again"]),
    ],
)
def test_a_run_that_died_says_how_and_what_comes_next(code: int | None, tries: Tries, words: list[str]) -> None:
    message = of_death(code, "The table is as it was before.", tries).message
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize("error", [KeyError("secret"), AWAY])
def test_an_unexpected_error_keeps_its_text_from_publishers(error: Exception) -> None:
    assert "secret" not in ended(error).message
    assert "secret" not in of_success(3, error=error, warnings=(), run_id="r1", transient=may_pass(error)).message


@pytest.mark.parametrize("error", [STOPPED, KeyError(), FileTooLarge(5, 9), GONE])
def test_a_table_that_lost_its_rows_is_not_called_unchanged(error: BaseException) -> None:
    message = ended(error, lost="The table is empty.").message
    assert ("The table is empty." in message, "as it was" in message) == (True, False)


@pytest.mark.parametrize(
    ("error", "warnings", "state", "later", "words"),
    [
        (None, (), State.COMPLETE, False, "3 rows were loaded."),
        (None, ("No view.",), State.WARNED, False, "No view."),
        (RuntimeError("x"), (), State.WARNED, False, "Load again"),
        (SearchIndexError("x"), (), State.WARNED, True, "automatically as soon as possible"),
        (LockLost("r"), (), State.WARNED, True, "lost with its database connection. Nothing is lost."),
        (STOPPED, (), State.WARNED, True, "automatically as soon as possible"),
        (ResourceGone("r"), (), State.COMPLETE, False, "has been deleted since"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_once_rows_are_in_a_run_never_ends_as_an_error(
    error: BaseException | None, warnings: tuple[str, ...], state: State, later: bool, words: str
) -> None:
    end = of_success(3, error=error, warnings=warnings, run_id="r1", transient=may_pass(error))
    assert (end.state, end.unpublished) == (state, later)
    assert words in end.message
