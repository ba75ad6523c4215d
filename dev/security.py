"""`make security`: run security tools and hostile tests, and print counts; exit status 1 if something needs a look."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from dev.console import bad, good, say, title

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "ckanext" / "datapusher_plus"
NO_OUTSIDE_TEXT = "only constants of the module are put into the SQL; values are parameters"
QUOTED = "columns are numbers, names and values go through core.table_names"
#: Bandit's reviewed findings of medium severity: (rule, file) to (number of findings, reason why they stay).
EXPLAINED: dict[tuple[str, str], tuple[int, str]] = {
    ("B608", "datastore/journal.py"): (11, NO_OUTSIDE_TEXT),
    ("B608", "datastore/selftest.py"): (1, NO_OUTSIDE_TEXT),
    ("B608", "datastore/catalog_queries.py"): (2, NO_OUTSIDE_TEXT),
    ("B608", "migration/datapusher_plus/versions/05_c27d9e48b6a1_history_of_datapusher_plus.py"): (1, NO_OUTSIDE_TEXT),
    ("B608", "migration/datapusher_plus/versions/13_5d8e2b61f0a7_personal_data.py"): (1, NO_OUTSIDE_TEXT),
    ("B608", "migration/annotations.py"): (1, NO_OUTSIDE_TEXT),
    ("B608", "words/probes.py"): (2, NO_OUTSIDE_TEXT),
    ("B608", "words/queue.py"): (1, NO_OUTSIDE_TEXT),
    ("B608", "engines/duckdb_sql.py"): (7, QUOTED),
    ("B608", "engines/duckdb_search.py"): (5, QUOTED),
    ("B608", "engines/duckdb_statistics.py"): (1, QUOTED),
    ("B608", "formats/columnar/parquet.py"): (4, QUOTED),
    ("B608", "formats/spatial/geopackage.py"): (2, QUOTED),
    ("B310", "prefect_server/server.py"): (1, "the address is the operator's own, of Prefect's server"),
    ("B108", "health/folders.py"): (3, "the folders are warned of, and nothing is written there"),
    ("B704", "views/cards.py"): (1, "the picture is drawn by core.plots, which escapes every text in it"),
}
#: Tests of hostile patterns, files, servers and neighbours.
TESTS = [
    "tests/unit/test_patterns.py",
    "tests/unit/test_hostile_files.py",
    "tests/unit/test_hostile_servers.py",
    "tests/unit/test_hostile_answers.py",
    "tests/unit/test_hostile_transfers.py",
    "tests/unit/test_guard.py",
    "tests/unit/test_limited_fork.py",
    "tests/acceptance/test_hostile.py",
]


def main() -> int:
    """Run all checks, and return the exit status."""
    title("Security")
    return int(not all([_bandit(), _audit(), _tests(), _fuzz()]))


def _bandit() -> bool:
    done = _run("-m", "bandit", "-q", "-r", str(PACKAGE), "-f", "json", capture=True)
    found = json.loads(done.stdout)["results"]
    severity = Counter(each["issue_severity"] for each in found)
    medium = Counter(
        (each["test_id"], str(Path(each["filename"]).resolve().relative_to(PACKAGE)))
        for each in found
        if each["issue_severity"] == "MEDIUM"
    )
    new = {key: number for key, number in medium.items() if number > EXPLAINED.get(key, (0, ""))[0]}
    say(f"bandit: {severity['HIGH']} high, {severity['MEDIUM']} medium, {severity['LOW']} low")
    for (rule, file), number in sorted(medium.items()):
        _, why = EXPLAINED.get((rule, file), (0, "not looked at yet: mend it, or say in dev/security.py why it stays"))
        say(f"  {rule} {file} ({number}): {why}")
    return _told("bandit", severity["HIGH"] == 0 and not new)


def _audit() -> bool:
    asked = ["-r", "constraints.txt", "--no-deps", "--disable-pip", "-f", "json", "--progress-spinner", "off"]
    done = _run("-m", "pip_audit", *asked, capture=True)
    lines, fine = audited(done.stdout)
    for line in lines:
        say(line)
    return fine


def audited(reply: str) -> tuple[list[str], bool]:
    """Return what to say about a reply of pip-audit, and whether there is nothing to look at.

    Without its data, pip-audit says of each package that it was not found, or prints no JSON.
    """
    try:
        packages = json.loads(reply)["dependencies"]
    except ValueError:
        packages = []
    known = [each for each in packages if "vulns" in each]
    if not known:
        return ["pip-audit: no package was checked, because its data could not be reached"], True
    hit = {f"{each['name']} {each['version']}": [v["id"] for v in each["vulns"]] for each in known if each["vulns"]}
    counts = f"pip-audit: {len(known)} of {len(packages)} pinned packages were checked, {len(hit)} have known faults"
    return [counts, *(f"  {name}: {', '.join(faults)}" for name, faults in hit.items())], not hit


def _tests() -> bool:
    return _told("hostile tests", _run("-m", "pytest", "-q", *TESTS).returncode == 0)


def _fuzz() -> bool:
    seconds = os.environ.get("SECONDS", "60")
    done = subprocess.run(["make", "fuzz", f"SECONDS={seconds}"], cwd=ROOT, check=False)
    return _told(f"fuzzing for {seconds} s", done.returncode == 0)


def _run(*arguments: str, capture: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, *arguments], cwd=ROOT, capture_output=capture, text=True, check=False)


def _told(what: str, fine: bool) -> bool:
    (good if fine else bad)(f"{what}: {'nothing to look at' if fine else 'look at the above'}")
    return fine


if __name__ == "__main__":
    raise SystemExit(main())
