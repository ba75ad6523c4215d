"""A table of the files in a ZIP archive."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from zipfile import ZipInfo

from ...core.safe_text import printable

COLUMNS = (
    "filename",
    "compressed_size",
    "file_size",
    "compression_ratio",
    "date_time",
    "create_system",
    "create_version",
    "extract_version",
    "flag_bits",
    "internal_attr",
    "external_attr",
    "CRC",
    "compress_type",
)
#: characters that spreadsheet programs take for the beginning of a formula
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_UTF_8 = 0x800


def write_manifest(files: Iterable[ZipInfo], target: Path) -> None:
    """Write one row for each file; the compression ratio is in percent of the file's size."""
    with target.open("w", encoding="utf-8", newline="") as out:
        write = csv.writer(out, lineterminator="\n").writerow
        write(COLUMNS)
        for info in files:
            write(_row(info))


def name_of(info: ZipInfo) -> str:
    """Return a file's name as its author meant it, without characters that cannot be shown."""
    name = info.filename
    if not info.flag_bits & _UTF_8:
        # many programs write UTF-8 without setting the flag; Python then decodes it as CP437
        with suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return printable(name.replace("\\", "/"), "\ufffd")


def _row(info: ZipInfo) -> tuple[object, ...]:
    name = name_of(info)
    return (
        f"'{name}" if info.filename.startswith(_FORMULA) else name,
        info.compress_size,
        info.file_size,
        round(100 * info.compress_size / info.file_size, 2) if info.file_size else 0,
        _written_at(info),
        info.create_system,
        info.create_version,
        info.extract_version,
        info.flag_bits,
        info.internal_attr,
        info.external_attr,
        info.CRC,
        info.compress_type,
    )


def _written_at(info: ZipInfo) -> str:
    try:
        return datetime(*info.date_time).isoformat()  # noqa: DTZ001 (an archive's times are those of its maker's clock)
    except ValueError:
        return ""
