"""Test for every fault at every point: nothing is lost, nothing is left over, and no manual action is needed."""

from __future__ import annotations

import pytest

from tests.faults.cases import Case, all_cases, few_cases, some_cases
from tests.faults.matrix import Matrix


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    option = metafunc.config.option
    some = few_cases if option.smoke else some_cases
    cases = all_cases() if option.faults == "all" else some()
    metafunc.parametrize("case", cases, ids=[case.id for case in cases])


def test_nothing_is_lost(matrix: Matrix, case: Case) -> None:
    trial = matrix.outcome(case)
    assert not trial.findings, f"{trial.findings}; {trial.ended}"
