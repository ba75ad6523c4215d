"""Limits that keep the code readable: small functions and modules, named errors, one home for each setting."""

from __future__ import annotations

import ast
from dataclasses import fields
from pathlib import Path

import pytest

from ckanext.datapusher_plus import settings

from .source import PACKAGE, ROOT, Module, functions, modules

BOUNDARIES = (
    "formats.sandbox.limited_fork",
    "health.checkup",
    "health.checks",
    "recovery.dead_runs",
    "recovery.late_publish",
    "recovery.sweep",
)
MODULES = modules()
TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name or "package")
def test_functions_and_modules_stay_small(module: Module) -> None:
    long = [f.name for f in functions(module) if (f.end_lineno or 0) - f.lineno > 60 or body_lines(f) > 50]
    assert long == []
    assert len(module.path.read_text(encoding="utf-8").splitlines()) <= 300


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function below its docstring."""
    first = function.body[1] if ast.get_docstring(function) and len(function.body) > 1 else function.body[0]
    return (function.end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name or "package")
def test_broad_excepts_live_at_boundaries_only(module: Module) -> None:
    # a run must end in words, and so must a forked reader and each check of the self-test, whatever goes wrong in it
    if module.room in ("flow", "worker", "prefect_server") or module.name in BOUNDARIES:
        return
    broad = [node.lineno for node in ast.walk(module.tree) if isinstance(node, ast.ExceptHandler) and is_broad(node)]
    assert broad == []


def is_broad(handler: ast.ExceptHandler) -> bool:
    """Tell whether an except clause catches everything."""
    return handler.type is None or getattr(handler.type, "id", "") in ("Exception", "BaseException")


def test_declared_options_are_the_fields_of_settings() -> None:
    declared = {key.removeprefix(settings.PREFIX) for key in settings.declared_defaults()}
    assert declared == {field.name for field in fields(settings.Settings)}


def test_every_option_is_described() -> None:
    text = (ROOT / "config_declaration.yaml").read_text(encoding="utf-8")
    assert text.count("- key:") == text.count("description:") == len(settings.declared_defaults())


def test_every_setting_is_used() -> None:
    code = "\n".join(m.path.read_text(encoding="utf-8") for m in MODULES if m.name != "settings")
    unused = [field.name for field in fields(settings.Settings) if field.name not in code]
    # load_parallelism is read through Settings.parallelism
    assert unused == ["load_parallelism"]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name or "package")
def test_waits_have_their_names_in_one_module(module: Module) -> None:
    calls = [node for node in ast.walk(module.tree) if isinstance(node, ast.Call)]
    slept = [arg for call in calls if ast.unparse(call.func).endswith("sleep") for arg in call.args]
    timeouts = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "timeout"]
    assert [node.lineno for node in (*slept, *timeouts) if isinstance(node, ast.Constant)] == []


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name or "package")
def test_no_variable_hides_the_module_of_waits(module: Module) -> None:
    if f"{PACKAGE}.waits" in module.imports():
        names = [node for node in ast.walk(module.tree) if isinstance(node, ast.Name) and node.id == "waits"]
        assert [name.lineno for name in names if isinstance(name.ctx, ast.Store)] == []


def test_no_test_replaces_our_own_modules() -> None:
    texts = {path: path.read_text(encoding="utf-8") for path in TESTS.rglob("test_*.py") if path != Path(__file__)}
    assert [str(path) for path, text in texts.items() if "unittest.mock" in text or "mocker" in text] == []


def test_setup_py_repeats_nothing_of_pyproject() -> None:
    shim = ast.parse((ROOT.parents[1] / "setup.py").read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(shim) if isinstance(node, ast.Call) and ast.unparse(node.func) == "setup"]
    assert [[keyword.arg for keyword in call.keywords] for call in calls] == [["cmdclass"]]
