"""The package's source as syntax trees, for tests that hold its shape."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PACKAGE = "ckanext.datapusher_plus"
ROOT = Path(__file__).parents[2] / "ckanext" / "datapusher_plus"


@dataclass(frozen=True)
class Module:
    """One module: its room, its place and its tree."""

    path: Path
    tree: ast.Module

    @property
    def name(self) -> str:
        """Dotted path below the package, such as ``steps.swap``."""
        parts = self.path.relative_to(ROOT).with_suffix("").parts
        return ".".join(part for part in parts if part != "__init__")

    @property
    def room(self) -> str:
        """First folder or module below the package."""
        return self.name.split(".")[0]

    def imports(self) -> Iterator[str]:
        """Yield every module this one imports anywhere, absolute, names of `from` imports included."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = self._absolute(node)
                yield from (f"{base}.{alias.name}" for alias in node.names)

    def _absolute(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        here = [PACKAGE, *self.path.relative_to(ROOT).with_suffix("").parts]
        base = here[: len(here) - node.level]
        return ".".join([*base, *([node.module] if node.module else [])])


def modules() -> list[Module]:
    """Return every module of the package but its migrations, which are frozen history."""
    paths = (path for path in sorted(ROOT.rglob("*.py")) if "migration" not in path.relative_to(ROOT).parts)
    return [Module(path, ast.parse(path.read_text(encoding="utf-8"))) for path in paths]


def functions(module: Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function of a module, nested ones too."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
