"""What docstrings and comments name of the package is there under that name."""

from __future__ import annotations

import ast
import re

import pytest

from .source import Module, modules

MODULES = modules()
ROOMS = {module.room for module in MODULES if module.room}
#: ``room.module``, ``module.Class`` and ``Class.attribute``; and room/module
_DOTTED = re.compile(r"``([A-Za-z_]+(?:\.[A-Za-z_]+)+)``")
_PATH = re.compile(rf"(?<![\w/.])((?:{'|'.join(sorted(ROOMS))})/[a-z_/]+)\b")


def defined(tree: ast.AST) -> set[str]:
    """Return the names that a module or a class defines, those within its classes among them."""
    found = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    return found | {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


NAMES = {module.name: defined(module.tree) for module in MODULES}
CLASSES = {
    node.name: defined(node) for module in MODULES for node in ast.walk(module.tree) if isinstance(node, ast.ClassDef)
}


def exists(name: str) -> bool:
    """Tell whether a dotted name is one of the package: a module, or something in one, or in a class."""
    head, _, last = name.rpartition(".")
    places = [module for module in NAMES if f".{module}".endswith(f".{head}")]
    return any(f".{module}".endswith(f".{name}") for module in NAMES) or any(
        last in found for found in [*(NAMES[place] for place in places), CLASSES.get(head, set())]
    )


def is_ours(name: str) -> bool:
    """Tell whether a dotted name can only be one of the package: by its room, or because it names a class."""
    first, _, rest = name.partition(".")
    return first in ROOMS or first in CLASSES or rest[0].isupper()


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name or "package")
def test_what_a_text_names_of_the_package_exists(module: Module) -> None:
    text = module.path.read_text(encoding="utf-8")
    named = [name for name in _DOTTED.findall(text) if is_ours(name)]
    paths = [path.strip("/").replace("/", ".") for path in _PATH.findall(text)]
    assert [name for name in [*named, *paths] if not exists(name)] == []
