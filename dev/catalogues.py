"""The catalogues of messages: bring them up to date with the texts of the package, and compile them.

``python -m dev.catalogues update`` writes the template (.pot) and adds new texts to each language (.po), untranslated;
texts that are gone are removed. ``python -m dev.catalogues compile`` writes the files that CKAN reads (.mo).
``python -m dev.catalogues missing`` lists the texts that a language lacks.
"""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "ckanext/datapusher_plus"
DOMAIN = "ckanext-datapusher_plus"
FOLDER = ROOT / PACKAGE / "i18n"
TEMPLATE = FOLDER / f"{DOMAIN}.pot"
LANGUAGES = ("ar", "de", "es", "fr")


def extract(target: Path) -> None:
    """Write the template with all texts of code and pages."""
    options = [
        "-F",
        "pyproject.toml",
        "--no-location",
        "--omit-header",
        "-k",
        "say",
        "-k",
        "say_n:1,2",
        "-o",
        str(target),
    ]
    command = [sys.executable, "-m", "babel.messages.frontend", "-q", "extract", *options, PACKAGE]
    subprocess.run(command, cwd=ROOT, check=True)


def po_file(language: str) -> Path:
    """Return the path of a language's catalogue."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def read(path: Path, language: str | None = None) -> Catalog:
    """Return the catalogue of a file; an empty one when there is no file."""
    if not path.exists():
        team = "ckanext-datapusher_plus"
        return Catalog(language, header_comment="", project=team, last_translator=team, language_team=team)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    """Write the template, and the texts that are new to it into each language."""
    extract(TEMPLATE)
    for language in LANGUAGES:
        catalogue = read(po_file(language), language)
        header = (catalogue.header_comment, catalogue.creation_date, catalogue.revision_date)
        catalogue.update(read(TEMPLATE), no_fuzzy_matching=True, update_creation_date=False)
        catalogue.header_comment, catalogue.creation_date, catalogue.revision_date = header
        catalogue.fuzzy = False
        written = BytesIO()
        write_po(written, catalogue, width=120, no_location=True, ignore_obsolete=True)
        po_file(language).parent.mkdir(parents=True, exist_ok=True)
        po_file(language).write_bytes(written.getvalue())


def compile_into(folder: Path) -> None:
    """Write the compiled catalogue of each language below ``folder``, where CKAN looks for it."""
    for language in LANGUAGES:
        target = folder / language / "LC_MESSAGES" / f"{DOMAIN}.mo"
        if target.exists() and target.stat().st_mtime > po_file(language).stat().st_mtime:
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        made = BytesIO()
        write_mo(made, read(po_file(language), language))
        target.write_bytes(made.getvalue())


def missing(language: str) -> list[str]:
    """Return the texts of a language that are not translated."""
    return [
        message.id if isinstance(message.id, str) else message.id[0]
        for message in read(po_file(language), language)
        if message.id and not all(message.string if isinstance(message.string, (list, tuple)) else [message.string])
    ]


def main(command: str) -> None:
    """Carry out a command."""
    if command == "update":
        update()
    elif command == "compile":
        compile_into(FOLDER)
    for language in LANGUAGES if command in ("update", "missing") else ():
        lacking = missing(language)
        print(f"{language}: {len(lacking)} texts to translate")
        if command == "missing":
            print(*(f"  {text!r}" for text in lacking), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1])
