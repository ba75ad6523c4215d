"""The option `--faults`, the site whose servers are stopped and killed, and the table of what was tried."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.faults.matrix import MATRIX, Matrix


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how much is tried."""
    parser.addoption("--faults", choices=("some", "all"), default="some", help="how many faults tests/faults tries")
    parser.addoption(
        "--faults-seed", type=int, default=random.randrange(1_000_000), help="what the soak rolls its dice by"
    )


@pytest.fixture(scope="session")
def matrix(request: pytest.FixtureRequest) -> Iterator[Matrix]:
    """The selected cases, tried when the first test asks for one."""
    made = Matrix.of_session(request.session)
    request.config.stash[MATRIX] = made
    yield made
    made.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table."""
    matrix = config.stash.get(MATRIX, None)
    if matrix is not None:
        for line in matrix.report():
            terminalreporter.write_line(line)
