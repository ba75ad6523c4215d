"""The end of a run whose resource has been deleted: its table is removed, and the run ends as ``ResourceGone``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .. import portal
from ..core.errors import ResourceGone
from ..core.outcome import Outcome
from ..core.states import State
from ..core.values import Log
from ..runs import database
from .remove_table import withdraw

#: Seconds to wait for CKAN's database.
PATIENCE = 60.0
#: ``Outcome.kind`` of such a run.
KIND = ResourceGone.__name__


def unless_gone(resource_id: str, told: Log, end: Outcome, *, check: Callable[[], None] = lambda: None) -> Outcome:
    """Return the end of a run; if its resource has been deleted, remove the table and return ``ResourceGone``.

    An error while it is removed is raised. The run then stays ``running``, and the sweep does the rest.

    :param check: raises an exception when the caller does not hold the resource's lock any more.
    """
    if not database.patiently(partial(portal.is_gone, resource_id), PATIENCE):
        return end
    check()
    withdraw(resource_id, told)
    return Outcome(state=State.ERROR, message=str(ResourceGone(resource_id)), kind=KIND)


def concluded(end: Outcome, unless: Callable[[Outcome], Outcome], finish: Callable[[Outcome], bool]) -> Outcome | None:
    """Finish a run's row and return how the run ended; None when it had ended already.

    The transaction that ends the run looks once more whether CKAN has the resource.

    :param unless: removes the table of a resource that is gone and returns the end of its run.
    """
    end = unless(end)
    try:
        done = finish(end)
    except ResourceGone:
        end = unless(end)
        done = finish(end)
    return end if done else None
