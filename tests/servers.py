"""The servers for tests: started once, and reused by later sessions."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from dev.stack import REPOSITORY, TEST, TEST_STACK, Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningStack:
    """The content of `stack.json`, and the path of the ini file for CKAN inside pytest."""

    ckan_url: str
    prefect_url: str
    sysadmin_token: str
    datastore_dsn: str
    datastore_read_dsn: str
    ckan_dsn: str
    postgres_dsn: str
    solr_url: str
    redis_url: str
    logs: str
    ckan_ini: str
    test_ini: str


def start() -> RunningStack:
    """Start the servers that do not run; the environment variable STACK names another folder than `.stack-test`."""
    folder = Stack.chosen(TEST_STACK)
    command = [sys.executable, "-m", "dev", "up", "--test-site"]
    done = subprocess.run(command, env={**os.environ, "STACK": str(folder.root)}, cwd=REPOSITORY, check=False)
    if done.returncode:
        pytest.exit("The servers for the tests did not start; see above.", returncode=3)
    return RunningStack(**json.loads(folder.summary.read_text()), test_ini=str(folder.ini(TEST)))


RUNNING = pytest.StashKey[RunningStack]()
