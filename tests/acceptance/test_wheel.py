"""What people install: a wheel, in an environment that has never seen this repository."""

from __future__ import annotations

import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import ckan
import pytest

ROOT = Path(__file__).resolve().parents[2]
CKAN = Path(str(ckan.__file__)).parents[1]
#: What Python does not need, but CKAN, alembic, webassets and translators do.
DATA = {".css", ".html", ".ini", ".js", ".mako", ".po", ".pot", ".yaml", ".yml"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from what git tracks, so that litter in the work tree cannot help."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    archive = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    names = [name for name in archive.stdout.decode().split("\0") if name and (ROOT / name).exists()]
    subprocess.run(["cp", "--parents", "-P", "-t", source, *names], cwd=ROOT, check=True)
    command = [sys.executable, "-m", "build", "--wheel", "--outdir", target, source]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(target.glob("*.whl"))


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the Python of an environment that holds the wheel and nothing else."""
    place = tmp_path_factory.mktemp("clean")
    venv.create(place, with_pip=True)
    python = place / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel], check=True)
    return python


def tracked() -> set[str]:
    """Return the files below ckanext/ that git tracks."""
    listed = subprocess.run(["git", "ls-files", "-z", "ckanext"], cwd=ROOT, check=True, capture_output=True)
    return {name for name in listed.stdout.decode().split("\0") if name and (ROOT / name).exists()}


def missing_from(wheel: Path) -> set[str]:
    """Return what the repository has below ckanext/ and the wheel has not."""
    with zipfile.ZipFile(wheel) as archive:
        return tracked() - set(archive.namelist())


@pytest.mark.smoke
def test_nothing_is_missing(wheel: Path) -> None:
    assert {Path(name).suffix for name in tracked()} >= DATA
    assert missing_from(wheel) == set()


@pytest.mark.parametrize(
    "name", ["assets/webassets.yml", "config_declaration.yaml", "templates/datapusher/status.html"]
)
def test_a_missing_file_would_be_noticed(wheel: Path, tmp_path: Path, name: str) -> None:
    poorer = tmp_path / wheel.name
    with zipfile.ZipFile(wheel) as whole, zipfile.ZipFile(poorer, "w") as copy:
        for item in whole.infolist():
            if item.filename != f"ckanext/datapusher_plus/{name}":
                copy.writestr(item, whole.read(item))

    assert missing_from(poorer) == {f"ckanext/datapusher_plus/{name}"}


def test_the_wheel_brings_no_litter(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        outside = {name.split("/")[0] for name in archive.namelist()}
    assert {name for name in outside if not name.endswith(".dist-info")} == {"ckanext"}


@pytest.mark.smoke
def test_the_entry_point_resolves(installed: Path) -> None:
    done = subprocess.run([installed, "-W", "ignore", "-c", LOAD], check=False, capture_output=True, text=True, cwd="/")
    assert done.returncode == 0, done.stderr
    name, place = done.stdout.split()[-2:]
    assert name == "DatapusherPlusPlugin"
    assert place.startswith(str(installed.parents[1]))


#: CKAN is lent to the clean environment; the plugin must come from the wheel all the same.
LOAD = f"""
import importlib.metadata, sys
[entry] = [e for e in importlib.metadata.entry_points(group="ckan.plugins") if e.name == "datapusher_plus"]
sys.path.append({str(CKAN)!r})
import ckanext
ckanext.__path__.append({str(CKAN / "ckanext")!r})
plugin = entry.load()
print(plugin.__name__, sys.modules[plugin.__module__].__file__)
"""
