"""The documentation says what is there."""

from __future__ import annotations

import inspect
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ckanext.datapusher_plus import settings
from ckanext.datapusher_plus.core import errors

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(settings.__file__).parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


#: Longer cells are hard to read; they become prose, a list, or more rows.
LONGEST_CELL = 200


def options_list() -> str:
    """Render the declared options as docs/operate.md has them."""
    groups = yaml.safe_load(settings.DECLARATION.read_text())["groups"]
    return "\n\n".join(f"### {_title(group)}\n\n{_items(group)}" for group in groups)


def _title(group: dict[str, Any]) -> str:
    return group["annotation"].split(": ")[1].capitalize()


def _items(group: dict[str, Any]) -> str:
    return "\n".join(
        f"- **`{option['key'].removeprefix(settings.PREFIX)}`** ({_default(option['default'])}): "
        f"{option['description'].strip().replace('``', '`')}"
        for option in group["options"]
    )


def _default(value: object) -> str:
    if value == "":
        return "empty"
    return f"`{str(value).lower()}`" if isinstance(value, bool) else f"`{value}`"


def test_every_option_is_documented_as_it_is_declared() -> None:
    documented = (ROOT / "docs/operate.md").read_text().partition("<!-- options -->")[2]
    expected = options_list()
    assert documented.strip() == expected, f"put this at the end of docs/operate.md:\n\n{expected}"


def test_every_error_is_explained() -> None:
    kinds = {name for name, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, Exception)}
    abstract = {"IngestError", "Terminal", "Transient", "Skipped", "RowsRefused", "Held"}
    page = (ROOT / "docs/operate.md").read_text()
    assert {kind for kind in kinds - abstract if f"`{kind}`" not in page} == set()


def test_the_ways_in_which_prefect_stops_a_run_are_explained() -> None:
    from prefect.exceptions import TerminationSignal

    table = (ROOT / "docs/operate.md").read_text()
    assert all(f"`{kind.__name__}`" in table for kind in (TerminationSignal, SystemExit, KeyboardInterrupt))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)", page.read_text()):
        file = (page.parent / target).resolve() if target else page
        assert file.exists(), target
        assert not anchor or anchor in headings(file), f"{target}#{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_modules_in_the_docs_exist(page: Path) -> None:
    # the changelog names modules of the past
    text = "" if page.name == "CHANGELOG.md" else page.read_text()
    named = re.findall(r"`((?:[a-z_0-9]+/)+[a-z_0-9]+\.py)`", text)
    homes = (ROOT, PACKAGE, ROOT / "tests")
    assert [path for path in named if not any((home / path).exists() for home in homes)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_table_cell_is_long(page: Path) -> None:
    rows = [line for line in page.read_text().splitlines() if line.startswith("|")]
    cells = [cell.strip() for row in rows for cell in re.split(r"(?<!\\)\|", row)]
    assert [cell for cell in cells if len(cell) > LONGEST_CELL] == []


def headings(page: Path) -> set[str]:
    """Return the anchors that GitHub gives a page's headings."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_make_targets_in_the_docs_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(), re.MULTILINE))
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_ckan_commands_in_the_docs_exist(page: Path) -> None:
    from ckanext.datapusher_plus.cli import COMMANDS

    gone = {"prefect-deploy", "migrate-from-rq"}
    named = set(re.findall(r"ckan (?:-c \S+ )?datapusher_plus ([a-z-]+)", page.read_text()))
    assert named - gone <= set(COMMANDS)


def test_options_in_the_readme_are_declared() -> None:
    readme = (ROOT / "README.md").read_text()
    table = set(re.findall(r"^\| `(\w+)` \|", readme, re.MULTILINE))
    keys = table | set(re.findall(r"ckanext\.datapusher_plus\.(\w+)", readme))
    assert len(keys) > 5
    assert {settings.PREFIX + key for key in keys} <= set(settings.declared_defaults())


def test_the_systemd_unit_outlives_a_run_that_takes_all_memory(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
    unit = re.search(r"```ini\n(\[Unit\].*?)```", text, re.DOTALL)
    assert unit
    assert {"OOMPolicy=continue", "MemoryMax=2500M", "NoNewPrivileges=yes"} <= set(unit[1].splitlines())
    # the stash is in the temporary folder unless it is set, and web processes must see it
    assert "\nPrivateTmp=" not in unit[1]
    analyse = shutil.which("systemd-analyze")
    if analyse:
        path = tmp_path / "worker.service"
        path.write_text(unit[1].replace("/usr/lib/ckan/default/bin/ckan", sys.executable), encoding="utf-8")
        done = subprocess.run([analyse, "verify", path], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
