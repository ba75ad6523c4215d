"""The states of a run and the only moves between them; states move forward only."""

from __future__ import annotations

from enum import Enum


class State(str, Enum):
    """The state of a run; the value is stored in the database."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETE = "complete"
    WARNED = "complete_with_warnings"
    SKIPPED = "skipped"
    ERROR = "error"
    CANCELLED = "cancelled"
    #: nothing was loaded, and a person decides: because of personal data, or of what the load changes
    WAITING = "waiting_for_review"
    #: a person has decided that the file is not loaded
    REJECTED = "rejected"


#: Every legal move. A run that has ended does not move again, because a retry is a new run. The exceptions are a run
#: whose table is in place but could not be published in CKAN: it is complete once it is published later; and a run on
#: which a person decides: an approval lets a new run load the file, and may follow a rejection.
MOVES: dict[State, frozenset[State]] = {
    State.QUEUED: frozenset({State.RUNNING, State.SKIPPED, State.ERROR, State.CANCELLED}),
    State.RUNNING: frozenset(
        {
            State.COMPLETE,
            State.WARNED,
            State.SKIPPED,
            State.ERROR,
            State.CANCELLED,
            State.WAITING,
            State.REJECTED,
        }
    ),
    State.COMPLETE: frozenset(),
    State.WARNED: frozenset({State.COMPLETE}),
    State.SKIPPED: frozenset(),
    State.ERROR: frozenset(),
    State.CANCELLED: frozenset(),
    State.WAITING: frozenset({State.REJECTED, State.SKIPPED}),
    State.REJECTED: frozenset({State.SKIPPED}),
}

#: States of a run that has not ended.
OPEN = frozenset({State.QUEUED, State.RUNNING})
#: States of a run that has put its file into the table.
LOADED = frozenset({State.COMPLETE, State.WARNED})
#: States in which the file is in the table, or was rightly not loaded.
GOOD = LOADED | {State.SKIPPED}

#: States of a run that has left the table as it was, without a failure: what was loaded last is still good.
LEFT = frozenset({State.SKIPPED, State.WAITING, State.REJECTED})

#: The statuses that other software reads in ``task_status`` and ``datapusher_status``, named as in DataPusher+.
PUBLIC: dict[State, str] = {
    State.QUEUED: "pending",
    State.RUNNING: "running",
    State.COMPLETE: "complete",
    State.WARNED: "complete",
    State.SKIPPED: "complete",
    State.ERROR: "error",
    State.CANCELLED: "error",
    State.WAITING: "pending",
    State.REJECTED: "error",
}


def sources_of(new: State) -> frozenset[State]:
    """Return the states from which ``new`` can be reached, for a guarded UPDATE."""
    return frozenset(old for old, targets in MOVES.items() if new in targets)
