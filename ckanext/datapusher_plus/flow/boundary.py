"""The edge of a run: whatever happens inside ends here as a state and a sentence."""

from __future__ import annotations

import logging
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import OperationalError

from .. import settings
from ..core.states import State
from ..core.values import Log, Published, Strategy, Swapped
from ..runs.claim import Claimed
from ..runs.finish import finish
from ..steps.settle import settle
from . import outcome, stopping
from .outcome import Failure, Outcome
from .rollback import WayBack

log = logging.getLogger(__name__)

#: Seconds that the end of a run waits for CKAN's database.
PATIENCE = 60.0


@dataclass
class Landing:
    """Holds the table once it is in place for good; from then on nothing may cost rows."""

    swapped: Swapped | None = None
    warnings: tuple[str, ...] = ()


def carry_out(
    claimed: Claimed,
    told: Log,
    way_back: WayBack,
    load: Callable[[Landing, Path], None],
    publish: Callable[[Landing], None],
) -> Outcome:
    """Load, publish, and finish the run's row whatever happens; only signals and the like are raised on."""
    landing = Landing()
    folder = settings.current().work_dir / claimed.run_id
    error = _attempt(lambda: load(landing, folder))
    if landing.swapped is not None and (error is None or isinstance(error, Exception)):
        error = _attempt(lambda: publish(landing)) or error
    if landing.swapped is None and error is not None:
        way_back()
    end = _end(claimed, landing, error, way_back)
    _leave(claimed, told, end, folder)
    _tell(told, end)
    _finish(claimed.run_id, end, _published(landing))
    if error is not None and not isinstance(error, Exception):
        raise error
    return end


def _finish(run_id: str, end: Outcome, published: Published | None) -> None:
    """Write the end down; the database may be just restarting, and a load that is in place must not be called dead."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            finish(run_id, end.state, message=end.message, error_kind=end.kind, published=published)
        except OperationalError:
            if time.monotonic() > deadline:
                raise
        else:
            return
        time.sleep(1)


def guarded(sentence: str, act: Callable[[], object]) -> str | None:
    """Do something of another plugin's; when that fails, log it and return the sentence."""
    try:
        act()
    except Exception:
        log.exception("%s", sentence)
        return sentence
    return None


def _attempt(work: Callable[[], None]) -> BaseException | None:
    try:
        work()
    except BaseException as error:  # noqa: BLE001 (a signal or a time limit must be told as honestly as an error)
        return error
    return None


def _end(claimed: Claimed, landing: Landing, error: BaseException | None, way_back: WayBack) -> Outcome:
    if error is not None and not isinstance(error, outcome.EXPECTED):
        log.error("run %s of resource %s failed", claimed.run_id, claimed.resource_id, exc_info=error)
    if landing.swapped is not None:
        return outcome.of_success(landing.swapped.rows, error=error, warnings=landing.warnings, run_id=claimed.run_id)
    if error is None:
        raise AssertionError("a load ends with a table or an exception")
    current = settings.current()
    failure = Failure(
        run_id=claimed.run_id,
        error=error,
        reason=stopping.reason(),
        limit=current.flow_timeout,
        lost=" ".join(way_back.done) if current.load_strategy == Strategy.REPLACE.value else "",
    )
    return outcome.of_failure(failure)


def _leave(claimed: Claimed, told: Log, end: Outcome, folder: Path) -> None:
    """Clear up after the run; a failure here is the sweep's to mend."""
    shutil.rmtree(folder, ignore_errors=True)
    if end.state not in (State.COMPLETE, State.WARNED, State.SKIPPED):
        return
    if failure := _attempt(lambda: settle(claimed.resource_id, told)):
        log.error("the dictionary stash of resource %s stays", claimed.resource_id, exc_info=failure)


def _tell(told: Log, end: Outcome) -> None:
    tellers = {State.COMPLETE: told.info, State.SKIPPED: told.info, State.WARNED: told.warning}
    tellers.get(end.state, told.error)(end.message)


def _published(landing: Landing) -> Published | None:
    if landing.swapped is None:
        return None
    plan = landing.swapped.plan
    return Published(
        rows=landing.swapped.rows,
        columns=tuple((column.name, column.type) for column in plan.columns),
        file_hash=plan.file_hash,
        load_key=plan.load_key,
        warnings=landing.warnings,
    )
