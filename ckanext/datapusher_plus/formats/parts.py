"""Pass the parts that a reader finds in a file on to the run, whatever becomes of the file: by its work folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from ..core.parts import MOST_PARTS, Part, from_json, to_json

_NAME = "parts.json"
#: bytes of the largest list; the process that writes it has read an untrusted file
_LARGEST = 1 << 20


def note(folder: Path, parts: Iterable[Part]) -> None:
    """Write the parts of the file into the run's work folder."""
    (folder / _NAME).write_text(json.dumps(to_json(parts)), encoding="utf-8")


def noted(folder: Path) -> tuple[Part, ...]:
    """Return what ``note`` wrote; nothing if the file has no parts, or if its reader died."""
    try:
        with (folder / _NAME).open(encoding="utf-8") as file:
            found = from_json(json.loads(file.read(_LARGEST)))
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return ()
    # the file was written by a process that has read an untrusted file
    return tuple(replace(part, is_screened=False) for part in found[:MOST_PARTS])
