"""A load that waits until somebody has looked at what it changes."""

from __future__ import annotations

from ..message import join, say
from ..states import State
from .personal import Held


class ChangesWait(Held):
    """Somebody has to look at what the load changes first."""

    state = State.WAITING

    def __init__(self) -> None:
        super().__init__(
            say(
                "Nothing is loaded before somebody has looked at what changes. People who may edit the resource can "
                "load or reject the file on the DataStore tab. Until then the table stays as it is."
            ),
            (),
        )


class ChangesRejected(Held):
    """Somebody has rejected the load of this file."""

    state = State.REJECTED
    public = say("What the file would change was rejected, so it is not loaded.")

    def __init__(self, who: str, note: str = "") -> None:
        why = say("What the file would change was rejected by {who}.", who=who)
        said = say("Their note: “{note}”.", note=note) if note else ""
        then = say("It was not loaded, and the table stays as it is. Upload another file, or load again to be asked.")
        super().__init__(join((why, said, then)), ())
