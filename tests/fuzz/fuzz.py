"""Guided by coverage, look for a file that ends in neither a plan nor a sentence: `make fuzz`.

The first byte of an input says what the file is called, the rest is the file. Any error but those of `core.errors`
stops the search, and the input is kept. Files that a site reads in a process of its own are read in this one.
"""

from __future__ import annotations

import gzip
import importlib
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

atheris: Any = importlib.import_module("atheris")

with atheris.instrument_imports(include=["ckanext.datapusher_plus.core", "ckanext.datapusher_plus.formats"]):
    from ckanext.datapusher_plus.core.errors import IngestError, Skipped
    from ckanext.datapusher_plus.core.values import Source
    from ckanext.datapusher_plus.formats.sandbox.sandboxed import Apart
    from ckanext.datapusher_plus.steps import analyse, convert, plan, quarantine, validate

from tests import books  # noqa: E402
from tests.fix_file import Said, ticket  # noqa: E402

NAMES = ("t.csv", "t.tsv", "t.txt", "t.json", "t.ndjson", "t.geojson", "t.kml", "t.xlsx", "t.ods", "t.zip", "t.csv.gz")
SEEDS = (
    ("t.csv", b"name,age,since\nAda,36,2026-01-02\nBob,,2026-02-03\n"),
    ("t.csv", b'sep=;\n"a";"b"\n"x\ny";1,5\n;"q""q"\n'),
    ("t.csv", "Überschrift\n\nstadt,zahl\nKöln,1.234\nBonn,2.345\n".encode("windows-1252")),
    ("t.tsv", "a\tb\r\n1\t2\r\n".encode("utf-16")),
    ("t.txt", b"# note\nid|v\n1|yes\n2|no\n"),
    ("t.json", b'{"data": [{"a": 1, "b": [1, {"c": null}]}, {"a": "x", "b": true}]}'),
    ("t.json", b'{"a": {"0": 1, "1": 2}, "b": {"0": "x", "1": "y"}}'),
    ("t.ndjson", b'{"a": 1}\n{"a": 2, "b": 1e5}\n'),
    (
        "t.geojson",
        b'{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"a": 1},'
        b' "geometry": {"type": "Point", "coordinates": [1, 2]}}]}',
    ),
    (
        "t.kml",
        b'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Placemark><name>a</name>'
        b"<Point><coordinates>1,2</coordinates></Point></Placemark></kml>",
    ),
    ("t.xlsx", books.xlsx(books.rows(("a", "b"), ("1", "2")))),
    ("t.ods", books.ods(books.table("one", books.cell("a"), books.cell("1")))),
    ("t.zip", books.zipped({"t.csv": b"a,b\n1,2\n"})),
    ("t.csv.gz", gzip.compress(b"a,b\n1,2\n", mtime=0)),
)


def try_out(data: bytes) -> None:
    """Read one file; whatever is raised but the errors that have a sentence is a find."""
    if not data:
        return
    name = NAMES[data[0] % len(NAMES)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "source"
        path.write_bytes(data[1:])
        source = Source(path=path, filename=name, size=len(data) - 1, hash="00", content_type=None)
        asked, said = ticket(Path(folder), format=name.partition(".")[2]), Said()
        try:
            csv = validate.validate(convert.convert(asked, source, said), said)
            plan.decide(asked, analyse.analyse(csv, said), None, live=False, file_hash="", log=said)
        except (IngestError, Skipped) as expected:
            assert str(expected)  # noqa: PT017


def _in_this_process(read: Callable[[Any], Any], log: Any, **_: Any) -> Any:
    """Stand in for the fork that reads texts, in which nobody would see what code is reached."""
    return read(log)


def main() -> None:
    """Fuzz with the options of libFuzzer, from files that have everything."""
    Apart.convert = lambda self, source, work: self.read(source, work)
    for step in (convert, validate, quarantine):
        vars(step)["limited"] = _in_this_process
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, content) in enumerate(SEEDS):
            (Path(folder) / str(number)).write_bytes(bytes([NAMES.index(name)]) + content)
        atheris.Setup([*sys.argv, folder], try_out)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
