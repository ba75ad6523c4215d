"""Find every regular expression of the package, and how it is used, in the source and in the imported modules."""

from __future__ import annotations

import ast
import importlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import ckanext.datapusher_plus

PACKAGE = Path(ckanext.datapusher_plus.__file__).parent
_NAME = ckanext.datapusher_plus.__name__
#: methods of a pattern, by their kind: a search anywhere in a text costs more than a match at its beginning
_WAYS = {
    "match": "match",
    "fullmatch": "fullmatch",
    **dict.fromkeys(("search", "split", "findall", "finditer", "sub", "subn"), "search"),
}


@dataclass(frozen=True)
class Use:
    """A pattern, and the way it is used."""

    #: for messages
    name: str
    pattern: re.Pattern[Any]
    way: str


@dataclass(frozen=True, order=True)
class Place:
    """A function that builds a pattern from something other than a literal."""

    module: str
    function: str


def of_modules() -> Iterator[Use]:
    """Yield the patterns in the modules' attributes."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if "migration" in path.parts or not _imports_re(tree):
            continue
        module = importlib.import_module(_module_name(path))
        ways = _ways(tree)
        for name, pattern in _held(module):
            for way in ways.get(name) or ways.get("") or ("match", "fullmatch", "search"):
                yield Use(f"{_short(path)} {name} {way}", pattern, way)


def literal() -> Iterator[Use]:
    """Yield the literal patterns in calls such as ``re.sub("…", …)``."""
    for path, _, call in _calls():
        made = call.args[0] if call.args else None
        if isinstance(made, ast.Constant) and call.func.attr != "compile":  # pyright: ignore[reportAttributeAccessIssue]
            way = _WAYS[call.func.attr]  # pyright: ignore[reportAttributeAccessIssue]
            yield Use(f"{_short(path)}:{call.lineno} {way}", re.compile(made.value), way)  # pyright: ignore


def built() -> set[Place]:
    """Return the functions that build patterns from something other than literals."""
    return {
        Place(_short(path), function)
        for path, function, call in _calls()
        if function and not (call.args and isinstance(call.args[0], ast.Constant))
    }


def _calls() -> Iterator[tuple[Path, str, ast.Call]]:
    """Yield (file, enclosing function, call) of each call of a function of ``re`` that takes a pattern."""
    for path in sorted(PACKAGE.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        within = {
            id(node): function.name
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            for node in ast.walk(function)
        }
        for node in ast.walk(tree):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Name(id="re"), attr=attr)) if attr in {"compile", *_WAYS}:
                    yield path, within.get(id(node), ""), node


def _ways(tree: ast.Module) -> dict[str, set[str]]:
    """Return the ways in which the module's patterns are used, by name; for foreign names under the empty string."""
    own = {target.id for node in tree.body for target in _targets(node)}
    found: dict[str, set[str]] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if attr in _WAYS and name != "re":
                found.setdefault(name if name in own else "", set()).add(_WAYS[attr])
    return found


def _targets(node: ast.stmt) -> list[ast.Name]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return [target for target in targets if isinstance(target, ast.Name)]


def _held(module: ModuleType) -> Iterator[tuple[str, re.Pattern[Any]]]:
    for name, value in vars(module).items():
        for pattern in _within(value):
            yield name, pattern


def _within(value: Any) -> Iterator[re.Pattern[Any]]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from _within(each)
    elif isinstance(value, dict):
        yield from _within(list(value.items()))


def _imports_re(tree: ast.Module) -> bool:
    return any(isinstance(node, ast.Import) and node.names[0].name == "re" for node in tree.body)


def _module_name(path: Path) -> str:
    return ".".join((_NAME, *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")


def _short(path: Path) -> str:
    return str(path.relative_to(PACKAGE))
