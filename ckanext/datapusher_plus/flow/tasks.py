"""The steps as Prefect tasks, nothing more. Steps that only decide are not tasks, because each task costs time.

The steps of a small file may be called without Prefect (``shown.as_tasks``).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from prefect.cache_policies import NO_CACHE
from prefect.transactions import Transaction

from .. import portal
from ..core.values import LoadPlan, Log
from ..runs.transient import may_pass
from ..steps import analyse as analyse_step
from ..steps import append as append_step
from ..steps import bring_back as bring_back_step
from ..steps import commit as commit_step
from ..steps import convert as convert_step
from ..steps import fetch as fetch_step
from ..steps import replace as replace_step
from ..steps import stage as stage_step
from ..steps import stash as stash_step
from ..steps import swap as swap_step
from ..steps import validate as validate_step
from . import shown

# Steps retry named transient errors themselves; each run reads its file again, so caching is useless.
_step = partial(shown.step, cache_policy=NO_CACHE, persist_result=False)

fetch = _step(name="fetch")(fetch_step.fetch)
convert = _step(name="convert")(convert_step.convert)
validate = _step(name="validate")(validate_step.validate)
analyse = _step(name="analyse")(analyse_step.analyse)

append = _step(name="append")(append_step.append)
stage = _step(name="stage")(stage_step.stage)
bring_back = _step(name="bring_back")(bring_back_step.bring_back)
swap = _step(name="swap")(swap_step.swap)
replace = _step(name="replace")(replace_step.replace)
commit = _step(name="commit")(commit_step.commit)


def stash_with(hook: Callable[[Transaction], None]) -> shown.Step[[LoadPlan, Log], LoadPlan]:
    """Return the task that saves the dictionary and, when a later step fails, calls ``hook``."""
    stash = _step(name="stash")(stash_step.stash)
    stash.on_rollback(hook)
    return stash


# failures that last longer are left to the sweep
publish = _step(name="publish", retries=2, retry_delay_seconds=[1, 3], passes=may_pass)(portal.publish)
