"""Run a batch of cases: hold the runs at their points, cause the faults, and judge the results."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from dev.stack import MAIN
from tests.faults import verdict
from tests.faults.cases import COMMITTED, GONE, Case
from tests.faults.files import CHANGES, File
from tests.faults.site import Site, until
from tests.faults.tables import Resource, make, renew
from tests.orders import Orders

#: Seconds within which everything must be recovered once servers and workers run again; and seconds after which the
#: test stops waiting, which is longer, to report how long it took on a busy machine.
PROMISED = 60.0
PATIENCE = 180.0
#: Seconds to wait for an action during a run before the fault occurs; the action may have to wait for a lock.
PAUSE = 1.5

DURING: dict[str, Callable[[Resource], object]] = {
    "upload": lambda resource: resource.publish(File(version=resource.files[-1].version + 1)),
    "edit": lambda resource: resource.edit_dictionary(),
    "table-deleted": lambda resource: resource.portal.act("datastore_delete", resource_id=resource.id, force=True),
    "resource-deleted": lambda resource: resource.portal.act("resource_delete", id=resource.id),
    "resource-left-out": lambda resource: resource.portal.act("package_patch", id=resource.package_id, resources=[]),
    "dataset-deleted": lambda resource: resource.portal.act("package_delete", id=resource.package_id),
    "dataset-purged": lambda resource: resource.portal.act("dataset_purge", id=resource.package_id),
}
#: Situations that do not change the table's columns, so that its resource can be reused.
WEARING = ("reload", "plain-steps", "retry", "retry-of-retry", "two-workers", "upload", "edit", "ckan-restarted")


@dataclass
class Trial:
    """One case while it is tested, and its result."""

    case: Case
    resource: Resource
    orders: Orders
    pid: int = 0
    settled_in: float = 0.0
    rows: str = ""
    ended: str = ""
    findings: list[str] = field(default_factory=list)

    def hold(self) -> None:
        """Order the run to be held at the point of the case."""
        self.orders.give({**self.case.before, self.case.point: "hold"})

    def struck(self) -> bool:
        """Return whether the run has obeyed the order for the fault."""
        return Path(f"{self.orders.file}.{self.case.point}.1").exists()

    def held(self) -> bool:
        """Return whether a new process is held at the point, and keep its pid."""
        try:
            found = json.loads(Path(f"{self.orders.file}.held").read_text())
        except FileNotFoundError:
            return False
        if found["point"] != self.case.point or found["pid"] == self.pid:
            return False
        self.pid = found["pid"]
        return True


def try_all(site: Site, cases: Sequence[Case]) -> list[Trial]:
    """Test the cases of one group together."""
    site.work_as(cases[0].setup)
    tables = site.tables_on_small_disk() if cases[0].fault.small_tables else nullcontext()
    with tables, ThreadPoolExecutor(max_workers=4) as threads:
        trials = list(threads.map(lambda case: _begin(site, case), cases))
        held = _wait_until_held(site, trials)
        for deaths in (1, 2):
            again = [trial for trial in held if trial.case.deaths >= deaths and trial.case.point not in COMMITTED]
            _die(site, again)
            held = [trial for trial in held if trial not in again] + _wait_until_held(site, again)
        meanwhile = [threads.submit(DURING[t.case.situation], t.resource) for t in held if t.case.situation in DURING]
        wait(meanwhile, timeout=PAUSE)
        _wait_until_deleted(site, [trial.resource.id for trial in held if trial.case.situation in GONE])
        _go_wrong(site, held)
        _join(meanwhile)
        _settle(site, trials)
        list(threads.map(lambda trial: verdict.judge(site, trial), trials))
    _keep(site, trials)
    return trials


def _begin(site: Site, case: Case) -> Trial:
    resource = _resource(site, case)
    trial = Trial(case=case, resource=resource, orders=site.orders(resource.id))
    if case.situation == "undo":
        _load_once(site, resource)
        trial.hold()
        resource.undo()
        return trial
    trial.hold()
    change = case.situation if case.situation in CHANGES else ""
    version = max((file.version for file in resource.files), default=0) + 1
    resource.publish(File(version=version, change=change, rows=20_000 if case.point == "copy.block" else 120))
    return trial


def _load_once(site: Site, resource: Resource) -> None:
    """Load a second file, so that the load can be undone."""
    resource.publish(File(version=2))
    until(lambda: resource.id in verdict.over(site, [resource.id]), PATIENCE, lambda: "the load before the undo")
    resource.before = resource.look()


def _resource(site: Site, case: Case) -> Resource:
    """Return a resource that earlier cases left intact, or create one."""
    quick = case.point.startswith("fill.") or case.point == "copy.block"
    for resource in list(site.spare):
        if case.situation in WEARING and resource.trigger != quick:
            with suppress(ValueError):  # another thread has taken it
                site.spare.remove(resource)
                return renew(resource)
    return make(site, table=case.situation != "first", trigger=not quick)


def _keep(site: Site, trials: Sequence[Trial]) -> None:
    """Keep intact resources for later cases: a table must survive many faults."""
    worn = [trial for trial in trials if trial.case.situation in WEARING and not trial.findings]
    site.spare.extend(trial.resource for trial in worn if trial.rows in ("old", "new"))


def _wait_until_held(site: Site, trials: Sequence[Trial]) -> list[Trial]:
    """Wait for all runs, and return the held ones; a run that does not reach its point becomes a finding."""
    waiting, held = list(trials), []
    deadline = time.monotonic() + PATIENCE
    while waiting and time.monotonic() < deadline:
        over = verdict.over(site, [trial.resource.id for trial in waiting])
        for trial in list(waiting):
            if trial.held():
                held.append(trial)
            elif trial.resource.id in over:
                trial.findings.append("the point was not reached")
            else:
                continue
            waiting.remove(trial)
        time.sleep(0.1)
    for trial in waiting:
        trial.findings.append(f"the run did not come to the point within {PATIENCE:.0f} s")
        trial.orders.release()
    return held


def _die(site: Site, trials: Sequence[Trial]) -> None:
    """Kill runs at their point, so that the next run at the point is a retry."""
    for trial in trials:
        trial.orders.give({trial.case.point: "sigkill"})
    for trial in trials:
        until(lambda trial=trial: not psutil.pid_exists(trial.pid), 10)
        trial.hold()


def _wait_until_deleted(site: Site, resources: Sequence[str]) -> None:
    """Wait until CKAN has committed the deletions: a run that ends before them correctly leaves its table to CKAN."""
    query = (
        "SELECT count(*) FROM resource JOIN package ON package.id = package_id"
        " WHERE resource.id = ANY(%s) AND resource.state = 'active' AND package.state = 'active'"
    )
    until(lambda: site.query(MAIN.ckan_db, query, list(resources)) == [(0,)], 60, lambda: "deletions")


def _go_wrong(site: Site, trials: Sequence[Trial]) -> None:
    if not trials:
        return
    restarted = any(trial.case.situation == "ckan-restarted" for trial in trials)
    if restarted:
        site.ckan.stop()
        site.ckan.launch()
    for trial in trials:
        if order := trial.case.fault.order:
            trial.orders.give({trial.case.point: f"{order}*1"})
    for trial in trials:
        if trial.case.fault.order:
            until(trial.struck, 10, lambda trial=trial: trial.case.id)
    for kind in {trial.case.fault.name: trial.case.fault for trial in trials}.values():
        if kind.act:
            kind.act(site, [trial for trial in trials if trial.case.fault is kind])
    if restarted:
        site.ckan.wait()


def _join(meanwhile: Sequence[Future[object]]) -> None:
    """Wait for the actions that were started during the runs; their errors, caused by the fault, are ignored."""
    for one in meanwhile:
        one.exception(timeout=60)


def _settle(site: Site, trials: Sequence[Trial]) -> None:
    """Wait until nothing is left of any run; the time counts from the moment when all workers run again."""
    left = {trial.resource.id: ["never looked"] for trial in trials}
    gone = {trial.resource.id for trial in trials if trial.case.situation in GONE}
    back = time.monotonic()
    while left and time.monotonic() < back + PATIENCE:
        if site.revive():
            back = time.monotonic()
        left = {resource: ends for resource, ends in verdict.open_ends(site, list(left), gone).items() if ends}
        for trial in trials:
            if trial.resource.id not in left and not trial.settled_in:
                trial.settled_in = time.monotonic() - back
        time.sleep(0.1)
    for trial in trials:
        if ends := left.get(trial.resource.id):
            trial.settled_in = time.monotonic() - back
            trial.findings += [f"orphan: {end}" for end in ends]
        elif trial.settled_in > PROMISED:
            trial.findings.append(f"slow: all was well only after {trial.settled_in:.0f} s")
