"""What was written about columns that left the table with a newer file, until they come back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..core.dictionary.model import Column, columns_from_json
from . import atomic, format


def remember(resource_id: str, columns: Iterable[Column], *, folder: Path | None = None) -> None:
    """Keep what was written about vanished columns, in place of what was kept; nothing is left when there are none.

    :raises OSError: when it cannot be written; what was kept is untouched then.
    """
    root, name = format.root(folder), _name(resource_id)
    # what cannot be read now is not replaced; what makes no sense is put aside
    format.load(resource_id, name, folder, _columns, clear=True)
    if kept := [asdict(column) for column in columns]:
        with atomic.entered(root, make=True) as opened:
            atomic.replace(opened, name, format.dump(resource_id, columns=kept))
        return
    with suppress(FileNotFoundError), atomic.entered(root) as opened:
        atomic.remove(opened, name)


def vanished(resource_id: str, *, folder: Path | None = None) -> tuple[Column, ...]:
    """Return what is kept about columns that the table has no more.

    :raises OSError: when nobody can tell, because the folder cannot be read.
    """
    return format.load(resource_id, _name(resource_id), folder, _columns) or ()


def _columns(found: Mapping[str, Any]) -> tuple[Column, ...]:
    return columns_from_json(found["columns"])


def _name(resource_id: str) -> str:
    return f"{format.checked(resource_id)}.vanished.json"
