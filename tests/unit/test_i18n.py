"""Translators get every word that people see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "ckanext/datapusher_plus/i18n/ckanext-datapusher_plus.pot"


def test_the_catalogue_is_up_to_date(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.pot"
    options = ["-F", "pyproject.toml", "--no-location", "--omit-header", "-o", fresh]
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", *options, "ckanext/datapusher_plus"]
    subprocess.run(command, cwd=ROOT, check=True)
    assert CATALOGUE.read_text() == fresh.read_text(), "CONTRIBUTING.md has the command that brings it up to date"


def test_the_catalogue_has_words_of_code_and_templates() -> None:
    assert {'msgid "Left as it was"', 'msgid "newest first"'} <= set(CATALOGUE.read_text().splitlines())
