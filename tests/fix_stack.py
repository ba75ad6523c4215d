"""Fixture of the running servers."""

import pytest

from tests.servers import RUNNING, RunningStack, start


@pytest.fixture(scope="session")
def stack(pytestconfig: pytest.Config) -> RunningStack:
    """The running servers: their addresses, and a sysadmin's token for the portal that runs as a separate process."""
    if RUNNING not in pytestconfig.stash:
        pytestconfig.stash[RUNNING] = start()
    return pytestconfig.stash[RUNNING]
