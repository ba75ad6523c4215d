"""A run's process has one client for Prefect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED, temporary_settings

from ckanext.datapusher_plus.flow import to_prefect


@pytest.fixture
def own() -> Iterator[to_prefect.OneClient]:
    # nothing is sent to this address
    known: Any = {PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED: False}
    with temporary_settings(known), to_prefect.OneClient() as own:
        yield own


def test_functions_of_prefect_take_the_runs_client(own: to_prefect.OneClient) -> None:
    assert get_client(sync_client=True) is own.client


def test_a_thread_gets_a_client_of_its_own(own: to_prefect.OneClient) -> None:
    assert get_client(sync_client=True, httpx_settings=to_prefect.tls()) is not own.client
