"""Orders at checkpoints are obeyed by real processes and threads, and cost nothing where none can be given."""

from __future__ import annotations

import errno
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ckanext.datapusher_plus import checkpoint
from ckanext.datapusher_plus.checkpoint import POINTS, reach, works_on
from tests.faults.startup.datapusher_plus_faults import Faults, OrderedFault
from tests.orders import Orders

POINT = "swap.before"


@pytest.fixture
def orders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Orders:
    """The orders that this process and those forked from it obey."""
    file = tmp_path / "faults.json"
    monkeypatch.setattr(checkpoint, "hook", Faults(file))
    return Orders(file)


def in_process(act: Callable[[], object]) -> multiprocessing.Process:
    """Fork a process that carries out ``act``."""
    process = multiprocessing.get_context("fork").Process(target=act)
    process.start()
    return process  # pyright: ignore[reportReturnType]


def test_without_a_hook_nothing_happens(orders: Orders, monkeypatch: pytest.MonkeyPatch) -> None:
    orders.give({POINT: "raise"})
    assert checkpoint.hook
    monkeypatch.setattr(checkpoint, "hook", None)
    reach(POINT)


def test_no_orders_and_orders_elsewhere_do_nothing(orders: Orders) -> None:
    reach(POINT)
    orders.give({"swap.after": "raise"})
    reach(POINT)


def test_an_order_for_an_unknown_point_is_told_at_once(orders: Orders) -> None:
    orders.give({"swap.befor": "raise"})
    with pytest.raises(LookupError, match="no point swap.befor"):
        reach(POINT)


@pytest.mark.parametrize(
    ("order", "error"),
    [
        ("raise", OrderedFault),
        ("raise:builtins:TimeoutError", TimeoutError),
        ("raise:psycopg:OperationalError", __import__("psycopg").OperationalError),
    ],
)
def test_the_ordered_exception_is_raised(orders: Orders, order: str, error: type[Exception]) -> None:
    orders.give({POINT: order})
    with pytest.raises(error, match="ordered at swap.before"):
        reach(POINT)


def test_a_named_error_of_the_system_is_raised_with_its_number(orders: Orders) -> None:
    orders.give({POINT: "raise:ENOSPC"})
    with pytest.raises(OSError, match="No space left") as raised:
        reach(POINT)
    assert raised.value.errno == errno.ENOSPC


def test_an_exception_comes_out_of_a_thread(orders: Orders) -> None:
    orders.give({POINT: "raise"})
    with ThreadPoolExecutor(1) as threads, pytest.raises(OrderedFault):
        threads.submit(reach, POINT).result()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("in_thread", [False, True])
def test_a_signal_ends_the_process(orders: Orders, sign: signal.Signals, *, in_thread: bool) -> None:
    def work() -> None:
        if in_thread:
            with ThreadPoolExecutor(1) as threads:
                threads.submit(reach, POINT).result()
        else:
            reach(POINT)

    orders.give({POINT: sign.name.lower()})
    process = in_process(work)
    process.join(10)
    assert process.exitcode == -sign


def test_a_sleep_lasts_as_long_as_ordered(orders: Orders) -> None:
    orders.give({POINT: "sleep:0.2"})
    started = time.monotonic()
    reach(POINT)
    assert 0.2 <= time.monotonic() - started < 2


def test_an_order_that_counts_is_obeyed_so_often_by_all_processes_together(orders: Orders) -> None:
    orders.give({POINT: "raise:builtins:SystemExit*3"})
    processes = [in_process(lambda: reach(POINT)) for _ in range(8)]
    for process in processes:
        process.join(10)
    # a text as the exit's code means status 1
    assert sorted(process.exitcode or 0 for process in processes) == [0] * 5 + [1] * 3


def test_new_orders_count_anew(orders: Orders) -> None:
    for _ in range(2):
        orders.give({POINT: "raise*1"})
        with pytest.raises(OrderedFault):
            reach(POINT)
        reach(POINT)


def test_a_held_process_tells_where_it_is_and_goes_on_when_let_go(orders: Orders) -> None:
    def work() -> None:
        works_on("a resource")
        reach(POINT)

    orders.give({POINT: "hold"})
    process = in_process(work)
    assert orders.held() == {"point": POINT, "pid": process.pid, "resource_id": "a resource"}
    assert process.is_alive()
    orders.release()
    process.join(10)
    assert process.exitcode == 0


def test_another_order_does_not_let_go(orders: Orders) -> None:
    orders.give({POINT: "hold"})
    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(reach, POINT)
        orders.held()
        orders.give({POINT: "hold", "swap.after": "raise"})
        time.sleep(0.1)
        assert not held.done()
        orders.release()
        held.result(10)


def test_a_held_process_still_obeys_signals(orders: Orders) -> None:
    orders.give({POINT: "hold"})
    process = in_process(lambda: reach(POINT))
    os.kill(orders.held()["pid"], signal.SIGTERM)
    process.join(10)
    assert process.exitcode == -signal.SIGTERM


def test_a_hold_that_counts_lets_others_pass(orders: Orders) -> None:
    orders.give({POINT: "hold*1"})
    with ThreadPoolExecutor(1) as threads:
        held = threads.submit(reach, POINT)
        orders.held()
        reach(POINT)
        orders.release()
        held.result(10)


def test_each_point_has_one_name() -> None:
    assert len(POINTS) == len(set(POINTS))


PROGRAM = f"from ckanext.datapusher_plus.checkpoint import reach; reach({POINT!r})"


def in_program(orders: Orders, **variables: str) -> int:
    """Run a new Python that comes to a point, and return its exit status."""
    environment = {"PATH": os.environ["PATH"], **orders.environment(), **variables}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, check=False)
    return done.returncode


def test_a_program_started_with_the_environment_obeys(tmp_path: Path) -> None:
    orders = Orders(tmp_path / "faults.json")
    orders.give({POINT: "sigkill"})
    assert in_program(orders) == -signal.SIGKILL


def test_no_variable_of_a_program_s_environment_alone_has_faults_obeyed(tmp_path: Path) -> None:
    orders = Orders(tmp_path / "faults.json")
    orders.give({POINT: "sigkill"})
    assert in_program(orders, PYTHONPATH="") == 0
    assert in_program(orders, DATAPUSHER_PLUS_FAULTS="") == 0
