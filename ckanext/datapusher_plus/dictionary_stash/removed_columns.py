"""The comments of columns that a newer file no longer has, kept until the columns come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..core.dictionary.model import Column, columns_from_json
from . import atomic, format


def remember(resource_id: str, columns: Iterable[Column], *, folder: Path | None = None) -> None:
    """Keep the comments of removed columns in place of those kept before; without columns, remove the file.

    :raises OSError: when it cannot be written; what was kept is unchanged then.
    """
    root, name = format.root(folder), _name(resource_id)
    # this raises when the old file cannot be read, so that it is not replaced; one that cannot be parsed is renamed
    format.load(resource_id, name, folder, _columns, clear=True)
    if kept := [asdict(column) for column in columns]:
        with atomic.entered(root, make=True) as opened:
            atomic.replace(opened, name, format.dump(resource_id, columns=kept))
        return
    with suppress(FileNotFoundError), atomic.entered(root) as opened:
        atomic.remove(opened, name)


def removed(resource_id: str, *, folder: Path | None = None) -> tuple[Column, ...]:
    """Return what is kept about columns that the table no longer has.

    :raises OSError: when the folder or the file cannot be read.
    """
    return format.load(resource_id, _name(resource_id), folder, _columns) or ()


def _columns(found: Mapping[str, Any]) -> tuple[Column, ...]:
    return columns_from_json(found["columns"])


def _name(resource_id: str) -> str:
    return f"{format.checked(resource_id)}.vanished.json"
