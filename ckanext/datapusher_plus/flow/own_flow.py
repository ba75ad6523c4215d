"""A site's own flow (``prefect_flow``): a function that carries out the steps of a load in its own way.

It gets the steps as plain functions, each of which takes frozen values and returns the next one. One of them,
``write``, writes the table as in every other load: in the same transaction, with the same ways to recover.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module

from ..core.errors import OwnFlowFailed
from ..core.message import say
from ..core.values import Analysed, CleanCsv, LoadPlan, Log, Source, Ticket

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Steps:
    """The steps of one load.

    Each may raise an ``IngestError`` or a ``Skipped``, which ends the run with its message; let these pass.
    """

    ticket: Ticket
    #: its lines are shown on the DataStore tab
    log: Log
    #: fetch the file; ends the run if the file has not changed since it was loaded
    fetch: Callable[[], Source]
    convert: Callable[[Source], CleanCsv]
    validate: Callable[[CleanCsv], CleanCsv]
    analyse: Callable[[CleanCsv], Analysed]
    #: choose types and names, and screen for personal data; ends a dry run
    plan: Callable[[Source, Analysed], LoadPlan]
    #: put the table in place, completely or not at all; to be called once
    write: Callable[[LoadPlan], None]


OwnFlow = Callable[[Steps], object]


def find(name: str) -> OwnFlow:
    """Return the function that ``module:function`` names; of a Prefect flow the function that it wraps.

    :raises OwnFlowFailed: when there is no such function.
    """
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except Exception as error:
        log.exception("the function that prefect_flow names, %s, cannot be imported", name)
        raise OwnFlowFailed(name, say("could not be imported")) from error
    # as a flow of its own, Prefect would keep its exceptions, which may quote values of the file
    found = getattr(found, "fn", found)
    if not callable(found):
        raise OwnFlowFailed(name, say("is not a function"))
    return found


def carry_out(name: str, steps: Steps) -> None:
    """Carry out a load by the site's own flow.

    :raises OwnFlowFailed: when the flow cannot be used, does not write, or writes something else than this load.
    """
    write = _Once(name, steps)
    find(name)(replace(steps, write=write))
    if write.error is not None:
        # the flow has caught it; the table is as it was
        raise write.error
    if not write.called:
        raise OwnFlowFailed(name, say("ended without a call of write"))


class _Once:
    """The step ``write``: carried out once, for this load only, and with its exception kept."""

    def __init__(self, name: str, steps: Steps) -> None:
        self._name, self._steps = name, steps
        self.called = False
        self.error: BaseException | None = None

    def __call__(self, plan: LoadPlan) -> None:
        if self.called:
            raise OwnFlowFailed(self._name, say("called write twice"))
        self.called = True
        try:
            self._check(plan)
            self._steps.write(plan)
        except BaseException as error:
            self.error = error
            raise

    def _check(self, plan: LoadPlan) -> None:
        ticket = self._steps.ticket
        if (plan.run_id, plan.resource_id) != (ticket.run_id, ticket.resource_id):
            raise OwnFlowFailed(self._name, say("passed write the plan of another load"))
