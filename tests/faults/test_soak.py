"""Test two hundred uploads during random faults."""

from __future__ import annotations

import pytest

from tests.faults.matrix import Matrix
from tests.faults.soak import Soak


def test_every_resource_holds_the_newest_file_and_all_its_words(matrix: Matrix, pytestconfig: pytest.Config) -> None:
    soak = Soak(matrix.site, pytestconfig.option.faults_seed)
    matrix.soaked = soak
    soak.run()
    assert not soak.findings, f"{soak}: {soak.findings}"
