"""What Prefect's transaction needs in order to undo: nothing in it retries, caches, submits, catches or suspends."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from .source import modules

FLOW = {module.name: module.tree for module in modules() if module.room in ("flow", "worker")}
INGEST = FLOW["flow.ingest"]
TASKS = FLOW["flow.tasks"]
WRITING = ("append", "bring_back", "stage", "swap", "replace", "commit")
FORBIDDEN_CALLS = {"submit", "map", "delay", "suspend_flow_run", "pause_flow_run", "set", "acquire"}
FORBIDDEN_OPTIONS = {
    "retries",
    "retry_delay_seconds",
    "return_state",
    "cache_key_fn",
    "result_storage",
    "tags",
    "timeout_seconds",
}


def transactions(tree: ast.AST) -> list[ast.With]:
    """Return the blocks `with transaction():` of a module."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.With)]
    return [block for block in blocks if "transaction(" in ast.unparse(block.items[0].context_expr)]


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def called(call: ast.Call) -> str:
    return ast.unparse(call.func).rpartition(".")[2]


BLOCK = transactions(INGEST)[0]


def test_there_is_one_transaction() -> None:
    assert {name: len(transactions(tree)) for name, tree in FLOW.items() if transactions(tree)} == {"flow.ingest": 1}


def test_the_transaction_holds_all_writing_steps_and_nothing_else() -> None:
    assert sorted(re.findall(r"tasks\.(\w+)", ast.unparse(BLOCK))) == sorted(("stash_with", *WRITING))


def test_the_stash_task_carries_the_hook_too() -> None:
    assert "tasks.stash_with(run.rollback.hook)(" in ast.unparse(BLOCK)
    assert "stash = _step(name='stash')(stash_step.stash)\n    stash.on_rollback(hook)" in ast.unparse(TASKS)


def test_the_way_back_is_on_the_transaction_before_its_first_task() -> None:
    assert ast.unparse(BLOCK.body[0]) == "undoable.stage(None, on_rollback_hooks=[run.rollback.hook])"


def test_nothing_in_the_transaction_catches() -> None:
    assert [node.lineno for node in ast.walk(BLOCK) if isinstance(node, ast.Try)] == []


def test_nothing_in_the_transaction_submits_or_suspends() -> None:
    assert {called(call) for call in calls(BLOCK)} & FORBIDDEN_CALLS == set()


def test_no_call_in_the_transaction_has_an_option_that_breaks_it() -> None:
    assert {word.arg for call in calls(BLOCK) for word in call.keywords} & FORBIDDEN_OPTIONS == set()


@pytest.mark.parametrize("name", WRITING)
def test_writing_tasks_neither_retry_nor_cache(name: str) -> None:
    made = {target.id: node.value for node in TASKS.body if isinstance(node, ast.Assign) for target in assigned(node)}
    assert ast.unparse(made[name]) == f"_step(name='{name}')({name}_step.{name})"
    assert ast.unparse(made["_step"]) == "partial(shown.step, cache_policy=NO_CACHE, persist_result=False)"


def assigned(node: ast.Assign) -> list[ast.Name]:
    return [target for target in node.targets if isinstance(target, ast.Name)]


def test_the_flow_itself_does_not_retry() -> None:
    flow = next(node for node in INGEST.body if isinstance(node, ast.FunctionDef) and node.name == "ingest")
    options = {word.arg for decorator in flow.decorator_list for call in calls(decorator) for word in call.keywords}
    assert options == {"name", "persist_result", "on_crashed", "on_cancellation"}


def test_hooks_have_the_signature_that_prefect_calls_by_name() -> None:
    hook = next(
        n for n in ast.walk(FLOW["flow.rollback"]) if isinstance(n, ast.FunctionDef) and n.name == "after_crash"
    )
    assert [argument.arg for argument in hook.args.args] == ["flow", "flow_run", "state"]
