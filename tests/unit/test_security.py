"""What `make security` says about the reply of pip-audit."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dev.security import audited

SKIPPED = {"name": "duckdb", "skip_reason": "Dependency not found on PyPI and could not be audited: duckdb (1.4.0)"}
FINE = {"name": "psycopg", "version": "3.2", "vulns": []}
FAULTY = {"name": "lxml", "version": "1.0", "vulns": [{"id": "CVE-2001-1"}, {"id": "CVE-2001-2"}]}
UNREACHABLE = ["pip-audit: no package was checked, because its data could not be reached"]


@pytest.mark.parametrize(
    ("packages", "lines", "fine"),
    [
        ([SKIPPED, SKIPPED], UNREACHABLE, True),
        ([], UNREACHABLE, True),
        ([FINE, SKIPPED], ["pip-audit: 1 of 2 pinned packages were checked, 0 have known faults"], True),
        (
            [FINE, FAULTY],
            [
                "pip-audit: 2 of 2 pinned packages were checked, 1 have known faults",
                "  lxml 1.0: CVE-2001-1, CVE-2001-2",
            ],
            False,
        ),
    ],
)
def test_only_a_known_fault_is_a_failure(packages: list[Any], lines: list[str], fine: bool) -> None:
    assert audited(json.dumps({"dependencies": packages})) == (lines, fine)


@pytest.mark.parametrize("reply", ["", "Traceback"])
def test_a_reply_that_is_not_json_is_no_data(reply: str) -> None:
    assert audited(reply) == (UNREACHABLE, True)
