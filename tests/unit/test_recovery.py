"""What recovery does about a table, for every combination of what a dead run can leave."""

from __future__ import annotations

from itertools import product

import pytest

from ckanext.datapusher_plus.core.recovery import Action, Entry, Found, Live, Stashed, decide, rows_matter, which

#: One rule a line. ``any`` stands for every value of its column, ``-`` for a journal without an open entry.
RULES = """
phase        strategy  live            parked  rows  record  stash                      action
-            -         none            yes     any   yes     any                        PUT_BACK
-            -         none            yes     any   no      any                        REPORT_PARKED
-            -         old,new,others  yes     any   any     any                        REPORT_PARKED
-            -         none            no      any   any     usable                     MAKE_FROM_STASH
-            -         none            no      any   any     none,unreadable,committed  NOTHING
-            -         old,new,others  no      any   any     any                        NOTHING
stashed      any       any             any     any   any     any                        NOTHING
destructive  any       old,others      any     any   any     any                        KEEP_OTHERS
destructive  any       none,new        yes     any   yes     any                        PUT_BACK
destructive  any       none,new        yes     any   no      any                        REFUSE
destructive  any       none            no      any   yes     any                        MAKE_EMPTY
destructive  any       none            no      any   no      any                        TAKE_AWAY
destructive  any       new             no      no    yes     any                        MAKE_EMPTY
destructive  any       new             no      no    no      any                        TAKE_AWAY
destructive  any       new             no      yes   yes     any                        KEEP_NEW
destructive  replace,undo  new         no      yes   no      any                        KEEP_NEW
destructive  swap      new             no      yes   no      any                        TAKE_AWAY
"""
PHASES = [("-", "-"), *product(("stashed", "destructive"), ("swap", "replace", "undo"))]
FACTS = product((live.value for live in Live), *3 * [("yes", "no")], (stashed.value for stashed in Stashed))
COMBINATIONS = [(*phase, *facts) for phase, facts in product(PHASES, FACTS)]


def ruled(combination: tuple[str, ...]) -> list[str]:
    """Return the actions of all rules that a combination falls under."""
    rules = [line.split() for line in RULES.strip().splitlines()[1:]]
    return [
        action
        for *rule, action in rules
        if all(
            allowed == "any" or value in allowed.split(",") for value, allowed in zip(combination, rule, strict=True)
        )
    ]


def given(combination: tuple[str, ...]) -> tuple[Entry | None, Found]:
    """Return a combination as the values that are decided on."""
    phase, strategy, live, parked, rows, record, stash = combination
    yes = "yes"
    found = Found(live=Live(live), parked=parked == yes, rows=rows == yes, record=record == yes, stash=Stashed(stash))
    return (None if phase == "-" else entry(phase, strategy)), found


def entry(phase: str, strategy: str, new_oid: int | None = 7) -> Entry:
    return Entry(
        id=1, resource_id="r", run_id="x", strategy=strategy, phase=phase, new_oid=new_oid, parked=None, was=None
    )


def test_each_combination_falls_under_exactly_one_rule() -> None:
    assert len(COMBINATIONS) == 7 * 4 * 2 * 2 * 2 * 4
    assert [combination for combination in COMBINATIONS if len(ruled(combination)) != 1] == []
    assert {ruled(combination)[0] for combination in COMBINATIONS} == {action.name for action in Action}


@pytest.mark.parametrize(("phase", "strategy"), PHASES)
def test_each_combination_has_the_action_of_its_rule(phase: str, strategy: str) -> None:
    decided = {c: decide(*given(c)).name for c in COMBINATIONS if c[:2] == (phase, strategy)}
    assert {c: name for c, name in decided.items() if [name] != ruled(c)} == {}


def test_rows_are_looked_up_only_where_the_action_depends_on_them() -> None:
    looked_up = {combination[:6] for combination in COMBINATIONS if rows_matter(*given(combination))}
    assert looked_up == {
        ("destructive", strategy, "new", "no", rows, record)
        for strategy, record in [
            ("swap", "yes"),
            ("replace", "yes"),
            ("replace", "no"),
            ("undo", "yes"),
            ("undo", "no"),
        ]
        for rows in ("yes", "no")
    }


@pytest.mark.parametrize(
    ("found", "oid", "expected"),
    [
        (None, None, Live.NONE),
        (None, 7, Live.OLD),
        (entry("stashed", "swap", new_oid=None), 7, Live.OLD),
        (entry("destructive", "swap"), None, Live.NONE),
        (entry("destructive", "swap"), 7, Live.NEW),
        (entry("destructive", "swap"), 8, Live.OTHERS),
    ],
)
def test_whose_the_live_table_is(found: Entry | None, oid: int | None, expected: Live) -> None:
    assert which(found, oid) is expected
