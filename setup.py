"""The settings are in pyproject.toml; this compiles the catalogues of messages into a wheel."""

from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from setuptools import setup
from setuptools.command.build_py import build_py

CATALOGUES = "ckanext/datapusher_plus/i18n/*/LC_MESSAGES/*.po"


class BuildPy(build_py):
    """Build the package with a compiled catalogue (.mo) beside each source (.po)."""

    def run(self) -> None:
        """Build, then compile; a development install gets its files from ``make setup``."""
        super().run()
        if self.editable_mode:
            return
        for source in Path().glob(CATALOGUES):
            target = Path(self.build_lib, source).with_suffix(".mo")
            target.parent.mkdir(parents=True, exist_ok=True)
            with source.open("rb") as read, target.open("wb") as written:
                write_mo(written, read_po(read))


setup(cmdclass={"build_py": BuildPy})
