"""Start the process that runs are forked from, itself a fork of the worker while that has only one thread.

`multiprocessing` starts its fork server as a new program, which loads again all that the worker has loaded: 130 MB and
some seconds. Here the fork server runs in a fork of the worker, so that both share what is loaded. If that process
dies, `multiprocessing` starts a new one in its own way.
"""

from __future__ import annotations

import gc
import logging
import multiprocessing
import os
import signal
import socket
import threading
from multiprocessing import connection, forkserver, resource_tracker
from typing import Any

from . import ready

log = logging.getLogger(__name__)

context = multiprocessing.get_context("forkserver")
context.set_forkserver_preload(["ckanext.datapusher_plus.worker.preload"])


def begin() -> None:
    """Load everything and start the process that runs are forked from.

    :raises RuntimeError: when runs cannot be forked here.
    """
    if threading.active_count() == 1:
        ready.make_ready()
        _fork_server()
    else:
        # another thread may hold a lock, which nothing would release in the fork
        log.info("this process has threads already, so what is loaded here is loaded once more for runs")
    _rehearse()


def end() -> None:
    """Undo ``gc.freeze`` so that the worker exits as any program does: libraries warn of objects left at the end."""
    gc.unfreeze()


def _fork_server() -> None:
    resource_tracker.ensure_running()
    with socket.socket(socket.AF_UNIX) as listener:
        address = connection.arbitrary_address("AF_UNIX")  # pyright: ignore[reportAttributeAccessIssue]
        listener.bind(address)
        listener.listen()
        alive, held_while_alive = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(held_while_alive)
            _serve(listener.fileno(), alive)
        os.close(alive)
    # there is no public way to pass a running fork server to `multiprocessing`
    server: Any = forkserver._forkserver  # pyright: ignore[reportAttributeAccessIssue]
    server._forkserver_address = address
    server._forkserver_alive_fd = held_while_alive
    server._forkserver_pid = pid


def _serve(listener: int, alive: int) -> None:
    """Fork runs until the worker is gone, then exit at once: the worker's own exit handlers must not run here."""
    try:
        # A service manager may signal the whole group; this process must end with its worker, not before its runs.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        forkserver.main(listener, alive, [])
    finally:
        os._exit(0)


def _rehearse() -> None:
    """Fork a process that does nothing, so that the first run finds everything prepared."""
    process: Any = context.Process(target=ready.nothing)
    try:
        process.start()
        process.join()
    except (OSError, EOFError) as error:
        raise RuntimeError("The process that runs are forked from has ended; its messages are above.") from error
    if process.exitcode != 0:
        raise RuntimeError(f"A process forked from the preloaded one ended with status {process.exitcode}.")
