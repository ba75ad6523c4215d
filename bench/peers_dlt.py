"""Load a CSV file with dlt into PostgreSQL: ``python peers_dlt.py FILE WORD-FOR-NULL DSN FOLDER``, run by dlt's Python.

The file is read as Arrow tables, which is the fastest way that dlt's documentation describes for PostgreSQL.
"""

import sys
from collections.abc import Iterator
from typing import Any

import dlt  # pyright: ignore[reportMissingImports]
import pyarrow.csv


def main(file: str, null: str, dsn: str, folder: str) -> None:
    """Replace the table ``bench_dlt.loaded``."""

    def tables() -> Iterator[Any]:
        convert = pyarrow.csv.ConvertOptions(null_values=["", null])
        yield pyarrow.csv.read_csv(file, convert_options=convert)

    pipeline = dlt.pipeline(
        "bench", destination=dlt.destinations.postgres(dsn), dataset_name="bench_dlt", pipelines_dir=folder
    )
    print(pipeline.run(dlt.resource(tables, name="loaded", write_disposition="replace")))


if __name__ == "__main__":
    main(*sys.argv[1:])
