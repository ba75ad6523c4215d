"""``check``: the self-test for operators and monitoring."""

from __future__ import annotations

import json
import shutil
import socket
import sys
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import datetime, timezone
from types import ModuleType
from typing import Any

import click

from ..core.safe_text import one_line
from ..health.finding import CheckState, Finding, worst

_SIGNS = {CheckState.OK: "✓", CheckState.WARN: "!", CheckState.FAIL: "✗"}
#: Replacements for a terminal or a log whose encoding lacks these signs.
_PLAIN = str.maketrans({"✓": "+", "✗": "x", "→": ">"})
_COLOURS = {CheckState.OK: "green", CheckState.WARN: "yellow", CheckState.FAIL: "red"}


_only = click.option("--only", multiple=True, metavar="CHECK", help="Run this check only; may be given several times.")
_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON for other programs.")


@click.command(short_help="Say what is not in order.")
@_only
@_as_json
@click.pass_context
def check(ctx: click.Context, only: Sequence[str], as_json: bool) -> None:
    """Check everything that loading depends on, and say what is wrong and what to do. Nothing is changed.

    Exit status: 1 if a check fails, 0 if all checks are ok or only warn.
    """
    checkup = _checkup(only)
    from ..portal import app

    app.adopt(ctx.obj.app)
    with app.context():
        findings = checkup.checkup(only)
    _report(findings, as_json)


@click.command("check")
@click.option("-c", "--config", required=True, type=click.Path(exists=True, dir_okay=False), help="CKAN's ini file.")
@_only
@_as_json
def alone(config: str, only: Sequence[str], as_json: bool) -> None:
    """Run the self-test when `ckan` itself does not start, for example because a database is not reachable."""
    checkup = _checkup(only)
    started = checkup.start(config)
    _report(checkup.checkup(only, started=started), as_json)


def _checkup(only: Iterable[str]) -> ModuleType:
    """Return the module of the self-test, imported late because printing a report does not need it.

    :raises click.BadParameter: when ``only`` contains a name that no check has.
    """
    from ..health import checkup

    unknown = sorted(set(only) - set(checkup.NAMES))
    if unknown:
        raise click.BadParameter(f"{', '.join(unknown)}: not one of {', '.join(checkup.NAMES)}", param_hint="--only")
    return checkup


def _report(findings: Sequence[Finding], as_json: bool) -> None:
    text = json.dumps(report(findings), indent=2) if as_json else _text(findings)
    click.echo(_printable(text))
    raise SystemExit(int(worst(each.state for each in findings) is CheckState.FAIL))


def _printable(text: str) -> str:
    encoding = sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "replace").decode(encoding)
    return text


def report(findings: Iterable[Finding]) -> dict[str, Any]:
    """Return the findings as documented in docs/operate.md."""
    found = list(findings)
    return {
        "state": worst(each.state for each in found).value,
        "host": socket.gethostname(),
        "checked_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "findings": [_documented(each) for each in found],
    }


def _documented(finding: Finding) -> dict[str, Any]:
    about = asdict(finding)
    # this key keeps its old name because other programs read it
    return {"leg": about.pop("check"), **about, "state": finding.state.value}


def _text(findings: Sequence[Finding]) -> str:
    width = max((len(each.check) for each in findings), default=0)
    counted = Counter(each.state for each in findings)
    total = ", ".join(f"{counted[state]} {state.value}" for state in CheckState)
    return "\n".join([*(_lines(each, width) for each in findings), "", f"{total}."])


def _lines(finding: Finding, width: int) -> str:
    """Return the lines for a check: its state and sentence, and below them the advice."""
    head = f"{_SIGNS[finding.state]} {finding.state.value:4}  {finding.check:{width}}  "
    text = [one_line(part) for part in (finding.sentence, finding.advice and f"→ {finding.advice}") if part]
    indent = " " * len(head)
    lines = [line for part in text for line in _wrapped(part, len(head))]
    # the colour is added last, otherwise its control characters would count in the width
    return click.style(head, fg=_COLOURS[finding.state]) + f"\n{indent}".join(lines)


def _wrapped(text: str, indent: int) -> list[str]:
    # wrap only for a terminal; in a file or a pipe a text stays on one line
    if not sys.stdout.isatty():
        return [text]
    room = max(40, shutil.get_terminal_size().columns - indent)
    return textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)


if __name__ == "__main__":
    alone()
