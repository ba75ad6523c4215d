"""What a plan carries over, and which changes make a file worth loading again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ckanext.datapusher_plus.core.dictionary.model import Column, Dictionary
from ckanext.datapusher_plus.core.load_plan import LoadRules, load_key, plan_load
from ckanext.datapusher_plus.core.values import FullText, ReadOptions, Strategy
from tests.fix_file import Analyse, ticket

RULES = LoadRules(
    type_mapping={
        "String": "text",
        "Integer": "numeric",
        "Float": "numeric",
        "DateTime": "timestamp",
        "Date": "date",
        "NULL": "text",
    },
    unsafe_prefix="unsafe_",
    reserved_colnames=frozenset({"_id"}),
)
HEIGHT_AS_TEXT = Column(name="height", type="text", comment=' {"_info":{"type_override":"text"}}')
KEPT = Dictionary(columns=(HEIGHT_AS_TEXT,))
LABELLED = Column(name="x", type="text", comment=' {"_info":{"label":"X"}}')


def key(**changed: Any) -> str:
    given: dict[str, Any] = {"file_hash": "00", "resource_format": "CSV", "options": ReadOptions()}
    return load_key(**{**given, "kept": KEPT, "rules": RULES, **changed})


def test_headings_that_are_no_names_are_kept_beside_them(analyse: Analyse, tmp_path: Path) -> None:
    analysed = analyse(b"year, year ,,_x\n1,2,a,b\n")
    made = plan_load(ticket(tmp_path), analysed, kept=None, live=False, file_hash="", rules=RULES)
    assert made.named == (
        ("year", "numeric"),
        ("year_2", "numeric", " year "),
        ("unsafe_", "text", ""),
        ("unsafe__x", "text", "_x"),
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"file_hash": "01"},
        {"resource_format": "TSV"},
        {"options": ReadOptions(sheet="-1")},
        {"options": ReadOptions(full_text=FullText.NONE)},
        {"kept": None},
        {"rules": replace(RULES, type_mapping={**RULES.type_mapping, "Date": "timestamp"})},
        {"rules": replace(RULES, unsafe_prefix="x_")},
        {"rules": replace(RULES, null_values=("NA",))},
        {"rules": replace(RULES, prefer_dmy=True)},
        {"rules": replace(RULES, reserved_colnames=frozenset({"_id", "name"}))},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_changes_the_table_changes_the_key(changed: dict[str, Any]) -> None:
    assert key(**changed) != key()


@pytest.mark.parametrize(
    "changed",
    [
        {"resource_format": " csv "},
        {"rules": replace(RULES, strategy=Strategy.REPLACE)},
        {"kept": replace(KEPT, aliases=("heights",))},
        {"kept": Dictionary(columns=(HEIGHT_AS_TEXT, LABELLED))},
        {"kept": Dictionary(columns=(), removed=(HEIGHT_AS_TEXT,))},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_leaves_the_table_alone_leaves_the_key_alone(changed: dict[str, Any]) -> None:
    assert key(**changed) == key()


def test_a_plan_carries_types_and_comments_by_name(analyse: Analyse, tmp_path: Path) -> None:
    analysed = analyse(b"height,_weight\n1.5,70\n")
    plan = plan_load(ticket(tmp_path), analysed, kept=KEPT, live=True, file_hash="00", rules=RULES)
    assert [(c.name, c.type) for c in plan.columns] == [("height", "text"), ("unsafe__weight", "numeric")]
    assert plan.columns[0].comment == HEIGHT_AS_TEXT.comment
    assert (plan.rows, plan.kept, plan.live, plan.load_key) == (1, KEPT, True, key())
