"""Output in the terminal."""

import os
import sys
from collections.abc import Iterable

BOLD, DIM, GREEN, RED, YELLOW = "1", "2", "32", "31", "33"


def paint(text: str, *codes: str) -> str:
    """Return the text with colour codes for a terminal, unchanged for a file or a pipe."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\033[{';'.join(codes)}m{text}\033[0m"


def say(text: str = "") -> None:
    """Print a line without buffering, so that a program that reads the log gets it at once."""
    print(text, flush=True)


def title(text: str) -> None:
    """Print a heading with an empty line above it."""
    say(f"\n{paint(text, BOLD)}")


def good(text: str) -> None:
    """Print a line that says that something is right."""
    say(f"  {paint('✓', GREEN)} {text}")


def bad(text: str) -> None:
    """Print a line that says that something is wrong."""
    say(f"  {paint('✗', RED)} {text}")


def table(rows: Iterable[tuple[str, ...]], indent: int = 4) -> None:
    """Print rows in columns as wide as their widest cell."""
    cells = list(rows)
    widths = [max(len(cell) for cell in column) for column in zip(*cells, strict=True)]
    for row in cells:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        say(" " * indent + line.rstrip())


def replace_line(text: str) -> None:
    """Overwrite the current line on a terminal; elsewhere print nothing, because a log needs no animation."""
    if sys.stdout.isatty():
        print(f"\r\033[K{text}", end="", flush=True)
