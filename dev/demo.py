"""Demo of the plugin's main task: load two files into tables, and keep the Data Dictionary at each new load."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dev import samples
from dev.console import BOLD, DIM, bad, good, paint, say, table, title
from dev.portal import Portal
from dev.samples import AIRLINES, FLIGHTS, NEW_AIRLINES, Expected
from dev.site import ADMIN
from dev.stack import Stack
from dev.up import down, running, up
from dev.watch import job_of, messages, watch

ORGANIZATION = "new-york-airports"
DATASET = "flights-2013"
DICTIONARY = {
    "carrier": {"label": "Airline code", "notes": "Two characters, as on the ticket (IATA)"},
    "name": {"label": "Airline", "notes": "Name under which it flew in 2013"},
}


def run(stack: Stack, *, once: bool) -> int:
    """Run the demo, and return its exit status: 0 if everything was right.

    :param once: end at once; otherwise keep the servers running until Ctrl-C.
    """
    with _servers(stack):
        demo = Demo(Portal(stack.ckan_url, stack.secret["token"]), stack.folder("samples"))
        demo.play()
        _where_to_look(stack)
        if not once:
            _stay()
    return _verdict(demo)


@contextmanager
def _servers(stack: Stack) -> Iterator[None]:
    """Start the servers, and stop them at the end if the demo has started them."""
    ours = not running(stack)
    try:
        title("Servers")
        up(stack)
        yield
    finally:
        if ours:
            title("Stopping")
            down(stack)


@dataclass
class Demo:
    """The steps of the demo, and the problems found in them."""

    portal: Portal
    files: Path
    problems: list[str] = field(default_factory=list)

    def play(self) -> None:
        """Run all steps in order."""
        title("A dataset")
        self._make_dataset()
        for name, file, expected in (("flights", samples.flights, FLIGHTS), ("airlines", samples.airlines, AIRLINES)):
            title(f"Upload {name}")
            resource = self._load(name, file)
            self._show(resource, expected)
        title("What people write stays")
        self._dictionary_survives(resource)

    def check(self, right: bool, what: str) -> None:
        """Print whether an expectation holds, and add it to ``problems`` if not."""
        if right:
            good(what)
            return
        bad(f"NOT SO: {what}")
        self.problems.append(what)

    def _make_dataset(self) -> None:
        old = self.portal.find("package_show", id=DATASET)
        for resource in old["resources"] if old else []:
            self.portal.find("datastore_delete", resource_id=resource["id"], force=True)
        if old:
            self.portal.act("dataset_purge", id=DATASET)
        if not self.portal.find("organization_show", id=ORGANIZATION):
            self.portal.act("organization_create", name=ORGANIZATION, title="New York airports")
        self.portal.act("package_create", name=DATASET, title="Flights from New York, 2013", owner_org=ORGANIZATION)
        good(f"{ORGANIZATION} / {DATASET}")

    def _load(self, name: str, file: Callable[[Path], Path]) -> dict[str, Any]:
        source = file(self.files)
        say(f"  {source.name}, {source.stat().st_size:,} bytes, by POST /api/3/action/resource_create")
        resource = self.portal.upload("resource_create", source, package_id=DATASET, name=name, format="CSV")
        status = watch(self.portal, resource["id"], name)
        self._expect_complete(status)
        return resource

    def _replace(self, resource: dict[str, Any], file: Path) -> dict[str, Any]:
        before = job_of(self.portal, resource["id"])
        self.portal.upload("resource_patch", file, id=resource["id"])
        return watch(self.portal, resource["id"], resource["name"], before)

    def _show(self, resource: dict[str, Any], expected: Expected) -> None:
        rows = [(name, kind, expected.columns.get(name, "")) for name, kind in self._columns(resource).items()]
        table((name, kind) for name, kind, _ in rows)
        self._expect_table(resource, expected)
        say(f"    {self.portal.url}/dataset/{DATASET}/resource/{resource['id']}")

    def _dictionary_survives(self, airlines: dict[str, Any]) -> None:
        fields = [{"id": name, "type": "text", "info": info} for name, info in DICTIONARY.items()]
        self.portal.act("datastore_create", resource_id=airlines["id"], fields=fields, force=True)
        self.check(self._dictionary(airlines) == DICTIONARY, "the Data Dictionary of airlines has labels and notes")

        say("\n  Now a broken file is uploaded over it:")
        status = self._replace(airlines, samples.broken_airlines(self.files))
        self.check(status["status"] == "error", "the load ends in an error")
        say(paint(f"    “{(status.get('error') or {}).get('message', '')}”", BOLD))
        self._expect_table(airlines, AIRLINES)
        self.check(self._dictionary(airlines) == DICTIONARY, "labels and notes are still there")

        say("\n  And then a good one, with one more airline:")
        self._expect_complete(self._replace(airlines, samples.new_airlines(self.files)))
        self._expect_table(airlines, NEW_AIRLINES)
        self.check(self._dictionary(airlines) == DICTIONARY, "labels and notes are on the new table")
        table((name, info["label"], info["notes"]) for name, info in self._dictionary(airlines).items())

    def _expect_complete(self, status: dict[str, Any]) -> None:
        if status["status"] == "complete":
            return
        message = (status.get("error") or {}).get("message", "no reason given")
        self.check(False, f"the load ends well ({message})")
        for line in messages(status)[-8:]:
            say(paint(f"      {line}", DIM))

    def _expect_table(self, resource: dict[str, Any], expected: Expected) -> None:
        rows = self._count(resource)
        self.check(
            rows == expected.rows, f"{expected.rows:,} rows" + ("" if rows == expected.rows else f", not {rows:,}")
        )
        columns = self._columns(resource)
        self.check(columns == dict(expected.columns), f"{len(expected.columns)} columns of the right types")
        for (column, value), count in expected.counts.items():
            found = self._count(resource, **{column: value})
            if found != count:
                self.check(False, f"{count:,} rows with {column} = {value}, not {found:,}")

    def _columns(self, resource: dict[str, Any]) -> dict[str, str]:
        info = self.portal.find("datastore_info", id=resource["id"]) or {"fields": []}
        return {column["id"]: column["type"] for column in info["fields"]}

    def _dictionary(self, resource: dict[str, Any]) -> dict[str, dict[str, str]]:
        info = self.portal.find("datastore_info", id=resource["id"]) or {"fields": []}
        return {column["id"]: _written(column.get("info") or {}) for column in info["fields"]}

    def _count(self, resource: dict[str, Any], **filters: str) -> int:
        search = {"resource_id": resource["id"], "filters": filters, "limit": 0}
        found = self.portal.find("datastore_search", **search)
        return found["total"] if found else 0


def _written(info: dict[str, Any]) -> dict[str, str]:
    """Return label and notes, without what the load may have added."""
    return {key: info.get(key, "") for key in ("label", "notes")}


def _where_to_look(stack: Stack) -> None:
    title("Look at it")
    table(
        [
            ("Portal", f"{stack.ckan_url}/dataset/{DATASET}"),
            ("Log in", f"{stack.ckan_url}/user/login  as {ADMIN} / {stack.secret['admin']}"),
            ("Prefect", stack.prefect_url),
            ("Logs", str(stack.logs)),
            ("All addresses", str(stack.summary)),
        ],
        indent=2,
    )


def _stay() -> None:
    say(f"\n  {paint('Ctrl-C', BOLD)} ends it.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        while True:
            time.sleep(3600)


def _verdict(demo: Demo) -> int:
    if demo.problems:
        bad(f"{len(demo.problems)} things are not as they should be: " + "; ".join(demo.problems))
        return 1
    good("Everything is as it should be.")
    return 0
