"""Run checks in parallel, each with a time limit, so that an unreachable server delays no other check.

Also defines the checks that a worker runs at its start.
"""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import Future, InvalidStateError
from concurrent.futures import TimeoutError as TookTooLong
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from .. import waits
from . import ckan_database, clock, datastore, disk, folders, legacy_options, loaders, portal, solr, web
from .finding import CheckState, Finding, Verdict, fail, warn
from .wording import listed, reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that loading depends on."""

    name: str
    ask: Callable[[], Verdict]
    #: names of the checks that must not fail before this one runs, including those that they need themselves
    needs: tuple[str, ...] = ()


def examine(checks: Iterable[Check], *, limit: float = waits.CHECK) -> list[Finding]:
    """Run all checks, and return a finding for each in the given order; each may take ``limit`` seconds."""
    checks = list(checks)
    answers: dict[str, Future[Finding]] = {check.name: Future() for check in checks}
    for check in checks:
        # A new thread does not inherit the caller's context, which has CKAN's application.
        # Daemon threads: one that hangs, for example on a dead network file system, must not stop the process's exit.
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(_find_out, check, answers), name=check.name, daemon=True).start()
    begun = time.monotonic()
    # in order of depth: when a check times out, the checks that need it can continue
    for check in sorted(checks, key=lambda each: _depth(each, checks)):
        _await(check, answers[check.name], begun + limit * _depth(check, checks), limit)
    return [answers[check.name].result() for check in checks]


def _depth(check: Check, checks: list[Check]) -> int:
    """Return the length of the longest chain of needed checks that ends with this one; 1 without needs."""
    return 1 + max((_depth(each, checks) for each in checks if each.name in check.needs), default=0)


def _await(check: Check, answer: Future[Finding], deadline: float, limit: float) -> None:
    try:
        answer.result(timeout=max(0.0, deadline - time.monotonic()))
    except TookTooLong:
        late = fail(f"There was no answer within {limit:g} s.", "See whether the server or disk behind it hangs.")
        _settle(answer, _finding(check, late, limit))


def _find_out(check: Check, answers: dict[str, Future[Finding]]) -> None:
    failed = [need for need in check.needs if need in answers and answers[need].result().state is CheckState.FAIL]
    begun = time.monotonic()
    verdict = _unknown(failed) if failed else _verdict(check)
    _settle(answers[check.name], _finding(check, verdict, time.monotonic() - begun))


def _unknown(failed: list[str]) -> Verdict:
    return warn(f"Not known while {listed(failed)} {'fails' if len(failed) == 1 else 'fail'}.")


def _verdict(check: Check) -> Verdict:
    try:
        return check.ask()
    except Exception as error:  # noqa: BLE001 (any error becomes this check's finding, and the others continue)
        return fail(f"This could not be found out: {type(error).__name__}: {reason(error)}.")


def _finding(check: Check, verdict: Verdict, seconds: float) -> Finding:
    return Finding(
        check=check.name, state=verdict.state, sentence=verdict.sentence, advice=verdict.advice, seconds=seconds
    )


def _settle(answer: Future[Finding], finding: Finding) -> None:
    # a check that ends after its time limit already has a result
    with suppress(InvalidStateError):
        answer.set_result(replace(finding, seconds=round(finding.seconds, 3)))


#: The checks that a worker runs at its start; none of them calls Prefect.
BEFORE_WORK = (
    Check(name="ckan_database", ask=ckan_database.reachable),
    Check(name="loaders", ask=loaders.alone),
    Check(name="legacy_options", ask=legacy_options.legacy_options),
    Check(name="migrations", ask=ckan_database.migrated, needs=("ckan_database",)),
    Check(name="datastore", ask=datastore.reachable),
    Check(name="datastore_write", ask=datastore.write_role, needs=("datastore",)),
    Check(name="datastore_read", ask=datastore.read_role, needs=("datastore",)),
    Check(name="journal", ask=datastore.journal, needs=("datastore",)),
    Check(name="stash", ask=folders.stash),
    Check(name="work_dir", ask=folders.work_dir),
    Check(name="disk", ask=disk.room, needs=("datastore",)),
    Check(name="uploads", ask=portal.uploads, needs=("ckan_database",)),
    Check(name="solr", ask=solr.search_index),
    Check(name="site_url", ask=portal.site_url),
    Check(name="stash_web", ask=web.stash, needs=("site_url",)),
    Check(name="clock", ask=partial(clock.skew, clock.DATABASES)),
)
