"""What Prefect may show of a load: its state, the kind of an error, ids, and where to look; never a file's values.

Prefect keeps the text of an exception in its states, events and logs, and shows it to everybody who reaches Prefect.
CKAN checks the user's rights on the resource first, so a message that may quote a cell stays in CKAN.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from contextvars import ContextVar
from functools import partial, wraps
from math import inf
from typing import Any, ParamSpec, Protocol, TypeVar

from prefect import Task
from prefect.client.schemas.objects import State as PrefectState
from prefect.client.schemas.objects import TaskRun
from prefect.exceptions import ExternalSignal, PrefectSignal
from prefect.states import Completed, Failed

from ..core.log import Log
from ..core.states import State
from ..waits import retry_until

P = ParamSpec("P")
R = TypeVar("R")

#: Exceptions that end a process or a run and have no text of their own.
_SIGNALS = (CancelledError, ExternalSignal, GeneratorExit, KeyboardInterrupt, PrefectSignal, SystemExit)


#: Whether the steps of this run are tasks of Prefect. Those of a small file may be plain calls (``prefect_tasks``):
#: each task costs Prefect's server three events, and all steps together take less time than that.
as_tasks: ContextVar[bool] = ContextVar("as_tasks", default=True)


class EndedWith(Exception):
    """Replaces another exception where Prefect sees it."""

    def __init__(self, error: BaseException) -> None:
        super().__init__(f"{type(error).__name__}. See CKAN: the DataStore tab of the resource says more.")
        self.error = error


def without_values(work: Callable[P, R]) -> Callable[P, R]:
    """Wrap ``work`` so that it raises ``EndedWith`` in place of every exception except signals."""

    @wraps(work)
    def worked(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return work(*args, **kwargs)
        except _SIGNALS:
            raise
        except BaseException as error:  # noqa: BLE001 (any of them may quote a value; some libraries' are not an Exception)
            ended = EndedWith(error)
        # outside the except clause, else the other exception would be logged as this one's context
        raise ended

    return worked


class Step(Task[P, R]):
    """A task whose exceptions Prefect sees without values, and the flow as they are."""

    def __init__(
        self, work: Callable[P, R], *, passes: Callable[[BaseException], bool] | None = None, **options: Any
    ) -> None:
        """Make the task.

        :param passes: returns whether an exception may be temporary; only then the step is tried again.
        """
        if passes:
            options["retry_condition_fn"] = partial(_may_pass, passes)
        super().__init__(without_values(work), **options)
        self._work, self._passes = work, passes

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Carry out the step, and raise what ``work`` raises; its beginning is reported to the log that it gets."""
        for log in (*args, *kwargs.values()):
            if isinstance(log, Log):
                log.progress(self.name, 0, None)
        if not as_tasks.get():
            return self._plainly(partial(self._work, *args, **kwargs))
        try:
            return super().__call__(*args, **kwargs)
        except EndedWith as ended:
            error = ended.error
        raise error

    def _plainly(self, work: Callable[[], R]) -> R:
        if not self._passes:
            return work()
        pauses: Any = self.retry_delay_seconds
        return retry_until(work, inf, errors=(Exception,), passes=self._passes, pauses=pauses)


def _may_pass(
    passes: Callable[[BaseException], bool], tried: Task[..., object], run: TaskRun, state: PrefectState[object]
) -> bool:
    del tried, run
    error = error_of(state)
    return isinstance(error, BaseException) and passes(error)


class _Maker(Protocol):
    def __call__(self, work: Callable[P, R]) -> Step[P, R]: ...


def step(**options: Any) -> _Maker:
    """Return a decorator that makes tasks with these options."""

    def make(work: Callable[P, R]) -> Step[P, R]:
        return Step(work, **options)

    return make


def error_of(state: PrefectState[object]) -> object:
    """Return the exception that a task failed with."""
    found = state.result(raise_on_failure=False)
    return found.error if isinstance(found, EndedWith) else found


def end(state: State, kind: str | None, *, run_id: str, resource_id: str, besides: str = "") -> PrefectState[None]:
    """Return the Prefect state that shows the end of a run."""
    why = f" ({kind})" if kind else ""
    look = f"See CKAN: the DataStore tab of resource {resource_id}."
    message = " ".join(part for part in (f"Run {run_id}: {state.value}{why}.", besides, look) if part)
    failed = state in (State.ERROR, State.CANCELLED)
    return Failed(message=message) if failed else Completed(name=state.value.title(), message=message)
