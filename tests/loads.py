"""Run the steps of a load one after another, as the flow does, for tests that need no Prefect."""

from __future__ import annotations

import hashlib
import os
import signal
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core.values import LoadPlan, ReadOptions, Source, Strategy, Swapped, Ticket
from ckanext.datapusher_plus.steps import (
    analyse,
    append,
    commit,
    convert,
    detect_append,
    plan,
    stage,
    stash,
    swap,
    validate,
)
from ckanext.datapusher_plus.steps import replace as replacing
from tests.fix_file import Said


@dataclass(frozen=True, kw_only=True)
class Loader:
    """Loads files into one resource's table."""

    resource_id: str
    work_dir: Path
    said: Said

    def plan(
        self,
        content: bytes,
        strategy: Strategy = Strategy.SWAP,
        *,
        name: str = "table.csv",
        format: str = "CSV",
        options: ReadOptions | None = None,
        ignore_hash: bool = False,
    ) -> LoadPlan:
        """Run the steps up to the load plan, and return the plan."""
        run_id = str(uuid.uuid4())
        folder = self.work_dir / run_id
        folder.mkdir()
        path = folder / "source"
        path.write_bytes(content)
        source = Source(
            path=path, filename=name, size=len(content), hash=hashlib.sha256(content).hexdigest(), content_type=None
        )
        ticket = replace(
            self._ticket(run_id, folder), format=format, options=options or ReadOptions(), ignore_hash=ignore_hash
        )
        csv = validate.validate(convert.convert(ticket, source, self.said), self.said)
        settings.use(replace(settings.current(), load_strategy=strategy.value))
        made = plan.plan(ticket, source, analyse.analyse(csv, self.said, ticket.options), self.said)
        return detect_append.grow(ticket, source, made, self.said)

    def write(self, made: LoadPlan) -> Swapped:
        """Run the steps from the stash to the commit."""
        stash.stash(made, self.said)
        if made.append_range:
            return commit.commit(append.append(made, self.said), self.said)
        if made.strategy is Strategy.REPLACE:
            return commit.commit(replacing.replace(made, self.said), self.said)
        return commit.commit(swap.swap(stage.stage(made, self.said), self.said), self.said)

    def load(self, content: bytes, strategy: Strategy = Strategy.SWAP) -> Swapped:
        """Load a file, from the first step to the commit."""
        return self.write(self.plan(content, strategy))

    def _ticket(self, run_id: str, folder: Path) -> Ticket:
        return Ticket(
            run_id=run_id,
            resource_id=self.resource_id,
            package_id="",
            name="a table",
            url="http://example.org/table.csv",
            url_type="",
            format="CSV",
            mimetype="",
            ignore_hash=False,
            dry_run=False,
            requested_at=datetime.now(timezone.utc),
            work_dir=folder,
        )


def in_child(act: Callable[[], object]) -> int:
    """Call ``act`` in a forked process, as the worker does, and return its exit status (negative: a signal)."""
    return end_of(forked(act))


def forked(act: Callable[[], object]) -> int:
    """Start ``act`` in a forked process, and return its pid."""
    from ckan import model
    from ckanext.datastore.backend import postgres

    # otherwise the child would end a transaction of this process
    model.Session.remove()
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        for engine in (*postgres._engines.values(), model.ensure_engine()):
            # the child shares the sockets with its parent, and must not close the connections
            engine.dispose(close=False)
        act()
        code = 0
    except SystemExit as stopped:
        code = stopped.code if isinstance(stopped.code, int) else 1
    finally:
        os._exit(code)


def end_of(child: int, patience: float = 60) -> int:
    """Wait for a forked process, and return its exit status (negative: a signal); kill it after ``patience`` seconds.

    :raises AssertionError: when it was killed for that.
    """
    deadline = time.monotonic() + patience
    while (ended := os.waitpid(child, os.WNOHANG))[0] == 0:
        if time.monotonic() > deadline:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            raise AssertionError(f"the process did not end within {patience} s")
        time.sleep(0.005)
    return os.waitstatus_to_exitcode(ended[1])
