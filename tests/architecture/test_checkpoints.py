"""The names of all checkpoints and the places where a run comes to them are the same."""

from __future__ import annotations

import ast
from collections import Counter

from ckanext.datapusher_plus.checkpoint import POINTS

from .source import modules


def calls_of_reach() -> list[ast.Call]:
    """Return every call of `reach` in the package."""
    nodes = [node for module in modules() for node in ast.walk(module.tree)]
    return [node for node in nodes if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("reach")]


def test_each_point_is_reached_in_exactly_one_place() -> None:
    assert Counter(ast.literal_eval(call.args[0]) for call in calls_of_reach()) == Counter(POINTS)


def test_nothing_in_the_package_sets_the_hook() -> None:
    names = [
        (m.name, node) for m in modules() for node in ast.walk(m.tree) if isinstance(node, ast.Name | ast.Attribute)
    ]
    writes = [name for name, node in names if isinstance(node.ctx, ast.Store) and ast.unparse(node).endswith("hook")]
    assert writes == ["checkpoint"]
