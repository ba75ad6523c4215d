"""The option `--faults`, the site whose servers are stopped and killed, and the table of the results."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from tests.faults.matrix import MATRIX, Matrix


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the fault tests."""
    parser.addoption("--faults", choices=("some", "all"), default="some", help="how many faults tests/faults tries")
    parser.addoption(
        "--faults-seed", type=int, default=random.randrange(1_000_000), help="what the soak rolls its dice by"
    )


@pytest.fixture(scope="session")
def matrix(request: pytest.FixtureRequest) -> Iterator[Matrix]:
    """The selected cases; they are run when the first test uses one."""
    made = Matrix.of_session(request.session)
    request.config.stash[MATRIX] = made
    yield made
    made.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the table of the results."""
    matrix = config.stash.get(MATRIX, None)
    if matrix is not None:
        for line in matrix.report():
            terminalreporter.write_line(line)
