"""Choose the indexes that a table gets automatically."""

from __future__ import annotations

from dataclasses import replace

from ..core.automatic_indexes import MOST, Counted, IndexRules, candidates
from ..core.automatic_indexes import choose as chosen
from ..core.errors import EngineFailed
from ..core.log import warn
from ..core.message import say, say_n
from ..core.values import LoadPlan, Log
from ..engines import Can
from .analyse import engine_for, first_rows

_NOT_COUNTED = Counted(values={})


def choose(plan: LoadPlan, rules: IndexRules, log: Log) -> LoadPlan:
    """Return the plan with its automatic indexes; if values cannot be counted, that is a warning."""
    try:
        counted = _counted(plan, rules)
    except (EngineFailed, OSError) as error:
        warn(log, say("The different values of the columns could not be counted, so some indexes are missing."), error)
        counted = _NOT_COUNTED
    found, left_out = chosen(plan.resource_id, plan.columns, plan.kept, rules, counted)
    if left_out:
        log.info(
            say_n(
                "{n} more column could have an index, but a table gets at most {most} automatically.",
                "{n} more columns could have an index, but a table gets at most {most} automatically.",
                left_out,
                most=MOST,
            )
        )
    return replace(plan, automatic_indexes=found)


def _counted(plan: LoadPlan, rules: IndexRules) -> Counted:
    if not rules.counts:
        return _NOT_COUNTED
    positions = candidates([*first_rows(plan.csv)], plan.columns, rules)
    values = engine_for(plan.csv.path.parent, Can.DISTINCT).distinct(plan.csv, positions)
    names = (plan.columns[position].name for position in positions)
    return Counted(rows=plan.rows, values=dict(zip(names, values, strict=True)))
